#include "json_string.hpp"

#include "characters.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace holysheep::http {
namespace {

constexpr std::uint32_t malformed = 0xffffffff;

std::uint32_t take_hex4(std::string_view& raw) noexcept {
  if (raw.size() < 4) return malformed;
  std::uint32_t unit = 0;
  for (const char c : raw.substr(0, 4)) {
    const int digit = hex_digit(c);
    if (digit < 0) return malformed;
    unit = unit * 16 + static_cast<std::uint32_t>(digit);
  }
  raw.remove_prefix(4);
  return unit;
}

constexpr bool is_high_surrogate(std::uint32_t unit) noexcept {
  return unit >= 0xd800 && unit < 0xdc00;
}
constexpr bool is_low_surrogate(std::uint32_t unit) noexcept {
  return unit >= 0xdc00 && unit < 0xe000;
}

// What follows `\u`, with its other half where it is one of a pair.
std::uint32_t take_code_point(std::string_view& raw) noexcept {
  const std::uint32_t first = take_hex4(raw);
  if (first == malformed || is_low_surrogate(first)) return malformed;
  if (!is_high_surrogate(first)) return first;
  if (!raw.starts_with("\\u")) return malformed;
  raw.remove_prefix(2);
  const std::uint32_t second = take_hex4(raw);
  if (second == malformed || !is_low_surrogate(second)) return malformed;
  return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

// What an escape stands for; `raw` begins after the backslash. Those of control characters are refused here.
std::uint32_t take_escape(std::string_view& raw) noexcept {
  if (raw.empty()) return malformed;
  const char c = raw.front();
  raw.remove_prefix(1);
  if (c == 'u') return take_code_point(raw);
  return c == '"' || c == '\\' || c == '/' ? static_cast<std::uint32_t>(c) : malformed;
}

void append_utf8(std::uint32_t point, std::string& text) {
  const auto continuation = [&](unsigned shift) {
    text.push_back(static_cast<char>(0x80 | ((point >> shift) & 0x3f)));
  };
  if (point < 0x80) {
    text.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    text.push_back(static_cast<char>(0xc0 | (point >> 6)));
    continuation(0);
  } else if (point < 0x10000) {
    text.push_back(static_cast<char>(0xe0 | (point >> 12)));
    continuation(6);
    continuation(0);
  } else {
    text.push_back(static_cast<char>(0xf0 | (point >> 18)));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

bool decode_string(std::string_view raw, std::size_t cap, std::string& text) {
  text.clear();
  while (!raw.empty()) {
    std::uint32_t point = static_cast<unsigned char>(raw.front());
    const bool plain = raw.front() != '\\';
    raw.remove_prefix(1);
    if (!plain) point = take_escape(raw);
    if (point < 0x20 || point == 0x7f || point == malformed) return false;
    if (plain) {
      text.push_back(static_cast<char>(point));
    } else {
      append_utf8(point, text);
    }
    if (text.size() > cap) return false;
  }
  return true;
}

bool has_escape(std::string_view raw) noexcept {
  return raw.find('\\') != std::string_view::npos;
}

}  // namespace

const char* find_closing_quote(const char* p, const char* end) noexcept {
  for (const char* from = p; from < end;) {
    const void* hit = std::memchr(from, '"', static_cast<std::size_t>(end - from));
    if (hit == nullptr) return nullptr;
    const char* const quote = static_cast<const char*>(hit);
    const char* slashes = quote;
    while (slashes > from && slashes[-1] == '\\') --slashes;
    if ((quote - slashes) % 2 == 0) return quote;
    from = quote + 1;
  }
  return nullptr;
}

bool ends_in_escape(std::string_view inside) noexcept {
  const std::size_t other = inside.find_last_not_of('\\');
  const std::size_t slashes = other == std::string_view::npos ? inside.size() : inside.size() - other - 1;
  return slashes % 2 == 1;
}

bool spells(std::string_view raw, std::string_view text) {
  if (!has_escape(raw)) return raw == text;
  std::string decoded;
  return decode_string(raw, text.size(), decoded) && decoded == text;
}

std::optional<std::string_view> text_of(std::string_view raw, std::string& decoded, std::size_t cap) {
  if (has_escape(raw)) {
    if (!decode_string(raw, cap, decoded)) return std::nullopt;
    return decoded;
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (raw.size() > cap || std::any_of(raw.begin(), raw.end(), is_control)) return std::nullopt;
  return raw;
}

}  // namespace holysheep::http
