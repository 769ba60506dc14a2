#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/core/result.hpp>
#include <holysheep/core/settings.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holysheep {

// The forms that a setting's text may have, as pure functions from text to value. Nothing is trimmed; a sign,
// an exponent, an empty text and what does not fit the type give nullopt.

/// `60`, digits only.
std::optional<std::uint64_t> parse_whole(std::string_view text);
/// `50`, `0.25`: digits, and at most one point between digits.
std::optional<double> parse_decimal(std::string_view text);
/// `500ms`, `5s`, `2m`, `1.5s`; a bare number is seconds. What is not zero never becomes zero by rounding.
std::optional<Duration> parse_duration(std::string_view text);
/// `4k`, `50m`, `1g` in either case, powers of 1024; a bare number is bytes. Whole numbers only.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// `true/false/1/0/on/off/yes/no`, in any case.
std::optional<bool> parse_boolean(std::string_view text);
/// `20` or `20%`, 0 to 100.
std::optional<unsigned> parse_percent(std::string_view text);
/// An IPv4 or IPv6 address, the latter with brackets or without: the address without them.
std::optional<std::string> parse_address(std::string_view text);
/// A credential that can stand in a header: visible ASCII, no spaces. A line end at its end is not part of
/// it.
std::optional<std::string> parse_key(std::string_view text);
/// `http(s)://host[:port][/path]` without user, query or fragment. Host in lower case, slashes at the end of
/// the path dropped (RFC 3986 §3).
std::optional<BaseUrl> parse_base_url(std::string_view text);
/// `{"model":["next","another"]}`; every list has at least one name, no name is empty.
std::optional<std::map<std::string, std::vector<std::string>>> parse_model_fallbacks(std::string_view text);

/// The shortest text that parse_duration reads back as the same value.
std::string show_duration(Duration duration);
std::string show_size(std::uint64_t bytes);
std::string show_decimal(double number);
std::string show_model_fallbacks(const std::map<std::string, std::vector<std::string>>& fallbacks);

/// `localhost`, 127.0.0.0/8 or ::1.
bool is_loopback(std::string_view host);
/// `::` or `0.0.0.0`.
bool is_wildcard(std::string_view address);

/// ASCII only, any locale.
std::string to_lower(std::string_view text);
/// No control characters.
bool is_one_line(std::string_view text);

}  // namespace holysheep
