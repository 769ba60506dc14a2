#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holysheep::http {

/// The end of the JSON string whose opening quote is just before `p`: its closing quote, or nullptr when
/// that is not in [p, end).
const char* find_closing_quote(const char* p, const char* end) noexcept;

/// Takes the escapes off the inside of a JSON string (RFC 8259 §7) into `text`, in UTF-8. False: malformed,
/// a lone surrogate, a control character (escaped ones too), or more than `cap` bytes.
bool decode_string(std::string_view raw, std::size_t cap, std::string& text);

}  // namespace holysheep::http
