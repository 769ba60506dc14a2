#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace holysheep::http {

// Classes of bytes that HTTP's grammar speaks of, each one load away.

using CharacterClass = std::array<bool, 256>;

constexpr CharacterClass characters(std::string_view extra) {
  CharacterClass set{};
  for (unsigned c = '0'; c <= '9'; ++c) set[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) set[c] = set[c - 'a' + 'A'] = true;
  for (const char c : extra) set[static_cast<unsigned char>(c)] = true;
  return set;
}

/// `tchar`, RFC 9110 §5.6.2.
inline constexpr CharacterClass token_characters = characters("!#$%&'*+-.^_`|~");
/// `unreserved` and `sub-delims` of a registered name, RFC 3986 §3.2.2, its `%` taken apart elsewhere.
inline constexpr CharacterClass host_characters = characters("-._~!$&'()*+,;=%");

constexpr bool is_in(const CharacterClass& set, char c) noexcept {
  return set[static_cast<unsigned char>(c)];
}

/// `field-vchar`, space and tab (RFC 9110 §5.5): everything but the other control characters.
constexpr bool is_value_character(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

/// 0 to 15, or -1.
constexpr int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

constexpr bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

constexpr std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// The first byte in [p, end) that may not stand in a field value, or `end`. Eight bytes at a time: most of
/// a head's bytes are values.
inline const char* skip_value(const char* p, const char* end) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t tops = 0x8080808080808080;
  for (;;) {
    for (; end - p >= 8; p += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, p, sizeof word);
      const std::uint64_t del = word ^ (ones * 0x7f);
      const std::uint64_t low = (word - ones * 0x20) & ~word;
      if (((low | ((del - ones) & ~del)) & tops) != 0) break;
    }
    for (const char* const stop = end - p >= 8 ? p + 8 : end; p < stop; ++p) {
      if (!is_value_character(*p)) return p;
    }
    if (p == end) return end;  // else those eight held a tab
  }
}

}  // namespace holysheep::http
