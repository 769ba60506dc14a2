#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holysheep::http {

/// The end of the JSON string whose opening quote is just before `p`: its closing quote, or nullptr when
/// that is not in [p, end).
const char* find_closing_quote(const char* p, const char* end) noexcept;

/// Is the byte behind `inside`, the beginning of a JSON string's inside, taken by a backslash at its end?
bool ends_in_escape(std::string_view inside) noexcept;

/// Is `raw`, the inside of a JSON string, a spelling of `text`? An escaped one is the same text to whoever
/// reads the body next.
bool spells(std::string_view raw, std::string_view text);

/// What the inside of a JSON string says without its escapes (RFC 8259 §7), in UTF-8; a view of `raw`, or of
/// `decoded` where it holds escapes. Nothing: malformed, a lone surrogate, a control character (escaped ones
/// too), or more than `cap` bytes.
std::optional<std::string_view> text_of(std::string_view raw, std::string& decoded, std::size_t cap);

constexpr bool is_json_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

}  // namespace holysheep::http
