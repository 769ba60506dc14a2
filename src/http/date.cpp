#include <holysheep/http/date.hpp>

#include <algorithm>
#include <cstring>

namespace holysheep::http {
namespace {

using namespace std::chrono;

constexpr std::string_view days = "SunMonTueWedThuFriSat";
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::array<std::string_view, 7> long_days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};

void put_digits(char* at, int width, int number) noexcept {
  for (char* next = at + width; next != at; number /= 10) *--next = static_cast<char>('0' + number % 10);
}

/// Takes a date apart from its front. After the first mismatch nothing more is taken.
class Cursor {
 public:
  explicit Cursor(std::string_view text) noexcept : rest_(text) {}

  void literal(std::string_view expected) noexcept {
    if (!good_ || !rest_.starts_with(expected)) return fail();
    rest_.remove_prefix(expected.size());
  }

  /// The index of one of the three-letter names in `names`.
  unsigned name(std::string_view names) noexcept {
    if (!good_ || rest_.size() < 3) return fail(), 0;
    for (std::size_t at = 0; at < names.size(); at += 3) {
      if (names.substr(at, 3) != rest_.substr(0, 3)) continue;
      rest_.remove_prefix(3);
      return static_cast<unsigned>(at / 3);
    }
    return fail(), 0;
  }

  void long_day() noexcept {
    const auto* day =
        std::ranges::find_if(long_days, [this](std::string_view known) { return rest_.starts_with(known); });
    if (day == long_days.end()) return fail();
    rest_.remove_prefix(day->size());
  }

  int digits(std::size_t width) noexcept {
    if (!good_ || rest_.size() < width) return fail(), 0;
    int number = 0;
    for (const char digit : rest_.substr(0, width)) {
      if (digit < '0' || digit > '9') return fail(), 0;
      number = number * 10 + (digit - '0');
    }
    rest_.remove_prefix(width);
    return number;
  }

  /// Two places, the first of them perhaps a space.
  int padded_day() noexcept {
    if (!rest_.starts_with(' ')) return digits(2);
    literal(" ");
    return digits(1);
  }

  /// hh:mm:ss; a leap second is the next minute's first.
  seconds time_of_day() noexcept {
    const int hour = digits(2);
    literal(":");
    const int minute = digits(2);
    literal(":");
    const int second = digits(2);
    if (hour > 23 || minute > 59 || second > 60) fail();
    return hours(hour) + minutes(minute) + seconds(second);
  }

  [[nodiscard]] bool finished() const noexcept { return good_ && rest_.empty(); }

 private:
  void fail() noexcept { good_ = false; }

  std::string_view rest_;
  bool good_ = true;
};

std::optional<sys_seconds> assembled(const Cursor& cursor, int y, unsigned m, int d, seconds time) noexcept {
  const year_month_day date{year(y), month(m + 1), day(static_cast<unsigned>(d))};
  if (!cursor.finished() || !date.ok()) return std::nullopt;
  return sys_days(date) + time;
}

std::optional<sys_seconds> parse_imf_fixdate(std::string_view text) noexcept {
  Cursor cursor(text);
  cursor.name(days);
  cursor.literal(", ");
  const int d = cursor.digits(2);
  cursor.literal(" ");
  const unsigned m = cursor.name(months);
  cursor.literal(" ");
  const int y = cursor.digits(4);
  cursor.literal(" ");
  const seconds time = cursor.time_of_day();
  cursor.literal(" GMT");
  return assembled(cursor, y, m, d, time);
}

int full_year(int two_digits, sys_seconds now) noexcept {
  const int this_year = static_cast<int>(year_month_day(floor<std::chrono::days>(now)).year());
  const int candidate = this_year - this_year % 100 + two_digits;
  return candidate > this_year + 50 ? candidate - 100 : candidate;
}

std::optional<sys_seconds> parse_rfc850(std::string_view text, sys_seconds now) noexcept {
  Cursor cursor(text);
  cursor.long_day();
  cursor.literal(", ");
  const int d = cursor.digits(2);
  cursor.literal("-");
  const unsigned m = cursor.name(months);
  cursor.literal("-");
  const int y = full_year(cursor.digits(2), now);
  cursor.literal(" ");
  const seconds time = cursor.time_of_day();
  cursor.literal(" GMT");
  return assembled(cursor, y, m, d, time);
}

std::optional<sys_seconds> parse_asctime(std::string_view text) noexcept {
  Cursor cursor(text);
  cursor.name(days);
  cursor.literal(" ");
  const unsigned m = cursor.name(months);
  cursor.literal(" ");
  const int d = cursor.padded_day();
  cursor.literal(" ");
  const seconds time = cursor.time_of_day();
  cursor.literal(" ");
  const int y = cursor.digits(4);
  return assembled(cursor, y, m, d, time);
}

}  // namespace

std::string_view HttpDate::at(system_clock::time_point now) noexcept {
  const sys_seconds second = floor<seconds>(now);
  const std::string_view text(text_.data(), text_.size());
  if (second == second_) return text;
  second_ = second;
  const sys_days day = floor<std::chrono::days>(second);
  const year_month_day date(day);
  const hh_mm_ss time(second - day);
  std::memcpy(text_.data(), "Xxx, 00 Xxx 0000 00:00:00 GMT", text_.size());
  days.copy(text_.data(), 3, std::size_t{weekday(day).c_encoding()} * 3);
  put_digits(text_.data() + 5, 2, static_cast<int>(static_cast<unsigned>(date.day())));
  months.copy(text_.data() + 8, 3, (std::size_t{static_cast<unsigned>(date.month())} - 1) * 3);
  put_digits(text_.data() + 12, 4, static_cast<int>(date.year()));
  put_digits(text_.data() + 17, 2, static_cast<int>(time.hours().count()));
  put_digits(text_.data() + 20, 2, static_cast<int>(time.minutes().count()));
  put_digits(text_.data() + 23, 2, static_cast<int>(time.seconds().count()));
  return text;
}

std::optional<sys_seconds> parse_http_date(std::string_view text, sys_seconds now) noexcept {
  if (text.size() < 4) return std::nullopt;
  if (text[3] == ',') return parse_imf_fixdate(text);
  if (text[3] == ' ') return parse_asctime(text);
  return parse_rfc850(text, now);
}

}  // namespace holysheep::http
