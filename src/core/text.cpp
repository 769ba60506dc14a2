#include <holysheep/core/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace holysheep {
namespace {

using Byte = unsigned char;
constexpr std::string_view cut_mark = "…";
constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view hex = "0123456789abcdef";

enum class Form { json, printable };

template <Form form>
constexpr bool is_plain(Byte byte) {
  if (byte < 0x20 || byte >= 0x7f) return false;
  return form == Form::printable || (byte != '"' && byte != '\\');
}

constexpr std::uint64_t eight(Byte byte) {
  return 0x0101010101010101ULL * byte;
}
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - eight(1)) & ~word & eight(0x80);
}

/// Not zero where one of eight bytes is not plain: which one, the caller finds out byte by byte.
template <Form form>
std::uint64_t special_bytes(std::uint64_t word) {
  auto found = (word & eight(0x80)) | ((word - eight(0x20)) & ~word & eight(0x80));
  found |= zero_bytes(word ^ eight(0x7f));
  if (form == Form::json) found |= zero_bytes(word ^ eight('"')) | zero_bytes(word ^ eight('\\'));
  return found;
}

/// How many bytes from the front of `text` can be copied as they are.
template <Form form>
std::size_t plain_run(std::string_view text) {
  std::size_t length = 0;
  for (std::uint64_t word = 0; length + sizeof word <= text.size(); length += sizeof word) {
    std::memcpy(&word, text.data() + length, sizeof word);
    if (special_bytes<form>(word) != 0) break;
  }
  while (length < text.size() && is_plain<form>(static_cast<Byte>(text[length]))) ++length;
  return length;
}

/// Length of the well-formed multi-byte character at the front of `text`, 0 where there is none: the ranges
/// of Unicode's table 3-7, so no overlong form, no surrogate, nothing past U+10FFFF.
std::size_t multibyte_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<Byte>(text[i]) : Byte{0}; };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0) == 0x80; };
  const Byte lead = at(0);
  const Byte second = at(1);
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const Byte low = lead == 0xE0 ? 0xA0 : 0x80;
    const Byte high = lead == 0xED ? 0x9F : 0xBF;
    return second >= low && second <= high && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const Byte low = lead == 0xF0 ? 0x90 : 0x80;
    const Byte high = lead == 0xF4 ? 0x8F : 0xBF;
    return second >= low && second <= high && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

/// What one character is rendered as, and how many bytes of the input it takes.
struct Rendered {
  std::array<char, 6> bytes;
  std::size_t size = 0;
  std::size_t taken = 1;

  explicit Rendered(std::string_view text) : bytes{} { assign(text); }
  void assign(std::string_view text) {
    size = std::min(text.size(), bytes.size());
    std::copy_n(text.begin(), size, bytes.begin());
  }
};

Rendered escape(Byte byte) {
  switch (byte) {
    case '\n':
      return Rendered("\\n");
    case '\r':
      return Rendered("\\r");
    case '\t':
      return Rendered("\\t");
    case '"':
      return Rendered("\\\"");
    case '\\':
      return Rendered("\\\\");
    default:
      break;
  }
  Rendered escaped("\\u0000");
  escaped.bytes[4] = hex[byte >> 4];
  escaped.bytes[5] = hex[byte & 0xF];
  return escaped;
}

/// U+0080 to U+009F: control characters too, some terminals obey them.
bool is_c1_control(std::string_view text) {
  return static_cast<Byte>(text[0]) == 0xC2 && static_cast<Byte>(text[1]) < 0xA0;
}

/// Renders the character at the front of `text`, which is not empty.
template <Form form>
Rendered render(std::string_view text) {
  const auto byte = static_cast<Byte>(text[0]);
  if (is_plain<form>(byte)) return Rendered(text.substr(0, 1));
  if (byte < 0x80) return escape(byte);
  const auto length = multibyte_length(text);
  if (length == 0) return Rendered(replacement);
  auto character =
      is_c1_control(text) ? escape(static_cast<Byte>(text[1])) : Rendered(text.substr(0, length));
  character.taken = length;
  return character;
}

template <Form form>
void append_escaped(std::string& out, std::string_view text, std::size_t room) {
  const auto begin = out.size();
  auto cut_at = begin;  // the last end of a character after which the mark still fits
  while (!text.empty()) {
    const auto run = plain_run<form>(text);
    const auto used = out.size() - begin;
    const auto left = room > used + cut_mark.size() ? room - used - cut_mark.size() : 0;
    if (run > 0 && left > 0) {
      const auto copied = std::min(run, left);
      out.append(text.substr(0, copied));
      text.remove_prefix(copied);
      cut_at = out.size();
      continue;
    }
    const auto character = render<form>(text);
    if (character.size > room - used) {
      out.resize(cut_at);
      out.append(cut_mark);
      return;
    }
    out.append(character.bytes.data(), character.size);
    text.remove_prefix(character.taken);
    if (used + character.size + cut_mark.size() <= room) cut_at = out.size();
  }
}

void write_digits(char* to, unsigned value, int count) {
  for (int i = count - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

struct SecondText {
  std::chrono::sys_seconds second = std::chrono::sys_seconds::min();
  std::array<char, 20> text{};  // "2026-11-24T08:45:34."

  void set(std::chrono::sys_seconds to) {
    const auto day = std::chrono::floor<std::chrono::days>(to);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(to - day);
    std::memcpy(text.data(), "0000-00-00T00:00:00.", text.size());
    write_digits(text.data(), static_cast<unsigned>(static_cast<int>(date.year())), 4);
    write_digits(text.data() + 5, static_cast<unsigned>(date.month()), 2);
    write_digits(text.data() + 8, static_cast<unsigned>(date.day()), 2);
    write_digits(text.data() + 11, static_cast<unsigned>(clock.hours().count()), 2);
    write_digits(text.data() + 14, static_cast<unsigned>(clock.minutes().count()), 2);
    write_digits(text.data() + 17, static_cast<unsigned>(clock.seconds().count()), 2);
    second = to;
  }
};

}  // namespace

void append_json_string(std::string& out, std::string_view text, std::size_t room) {
  out.push_back('"');
  append_escaped<Form::json>(out, text, std::max(room, cut_mark.size()));
  out.push_back('"');
}

void append_printable(std::string& out, std::string_view text, std::size_t room) {
  append_escaped<Form::printable>(out, text, std::max(room, cut_mark.size()));
}

void append_timestamp(std::string& out, std::chrono::system_clock::time_point time) {
  thread_local SecondText kept;
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second != kept.second) kept.set(second);
  const auto part = std::chrono::floor<std::chrono::milliseconds>(time - second).count();
  std::array<char, 4> tail{'0', '0', '0', 'Z'};
  write_digits(tail.data(), static_cast<unsigned>(part), 3);
  out.append(kept.text.data(), kept.text.size()).append(tail.data(), tail.size());
}

void append_number(std::string& out, unsigned long long number) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

}  // namespace holysheep
