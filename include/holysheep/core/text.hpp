#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace holysheep {

/// In UTF-8. What a text may begin with, and who reads it passes over (RFC 8259 §8.1, WHATWG HTML §9.2.6).
inline constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// "As long as it is", for the `room` of the functions below.
inline constexpr std::size_t unbounded = static_cast<std::size_t>(-1);

/// Appends `text` as one JSON string, quotes included (RFC 8259 §7). What is not UTF-8 becomes U+FFFD, so the
/// result is valid JSON whatever the bytes were. Between the quotes stand at most `room` bytes (3 at least);
/// a text that does not fit is cut between two characters and ends in "…". Any thread.
void append_json_string(std::string& out, std::string_view text, std::size_t room = unbounded);

/// Appends `text` for people: as above, but without quotes, and only control characters are escaped, so that
/// one line stays one line and a terminal is not steered by what a client sent. Any thread.
void append_printable(std::string& out, std::string_view text, std::size_t room = unbounded);

/// Appends `2026-11-24T08:45:34.123Z` (RFC 3339, UTC, milliseconds rounded down; years 0 to 9999). The part
/// above the second is kept per thread, so that a busy thread pays for the calendar once a second.
void append_timestamp(std::string& out, std::chrono::system_clock::time_point time);

/// Appends a whole number in decimal.
void append_number(std::string& out, unsigned long long number);

}  // namespace holysheep
