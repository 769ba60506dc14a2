#include <holysheep/core/rfc3339.hpp>

#include <cstddef>
#include <cstdint>

namespace holysheep {
namespace {

using std::chrono::sys_seconds;
using std::chrono::system_clock;

/// Takes a text apart from its front; once something was not there, it stays failed.
class TimeText {
 public:
  explicit TimeText(std::string_view text) noexcept : rest_(text) {}

  /// As many digits as `digits`; 0 after a failure.
  int number(std::size_t digits, int most) noexcept {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (i >= rest_.size() || rest_[i] < '0' || rest_[i] > '9') return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    if (value > most) return fail();
    rest_.remove_prefix(digits);
    return value;
  }
  /// Whether one of `choices` stood there; it is taken.
  bool take(std::string_view choices) noexcept {
    if (rest_.empty() || choices.find(rest_.front()) == choices.npos) return false;
    taken_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view choices) noexcept {
    if (!take(choices)) fail();
  }
  int fail() noexcept {
    failed_ = true;
    rest_ = {};
    return 0;
  }
  [[nodiscard]] char taken() const noexcept { return taken_; }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  std::string_view rest_;
  char taken_ = '\0';
  bool failed_ = false;
};

sys_seconds date_from(TimeText& text) noexcept {
  using namespace std::chrono;
  const int y = text.number(4, 9999);
  text.expect("-");
  const int m = text.number(2, 12);
  text.expect("-");
  const int d = text.number(2, 31);
  const year_month_day date{year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
  if (text.failed() || !date.ok()) {
    text.fail();
    return {};
  }
  return sys_days(date);
}

std::chrono::seconds clock_from(TimeText& text) noexcept {
  const int hours = text.number(2, 23);
  text.expect(":");
  const int minutes = text.number(2, 59);
  text.expect(":");
  return std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(text.number(2, 60));
}

/// What stands behind a point, where one does; digits beyond the ninth do not count.
std::chrono::nanoseconds fraction_from(TimeText& text) noexcept {
  if (!text.take(".")) return {};
  std::chrono::nanoseconds fraction{};
  std::int64_t unit = 100'000'000;
  text.expect("0123456789");
  do {
    fraction += std::chrono::nanoseconds((text.taken() - '0') * unit);
    unit /= 10;
  } while (!text.failed() && text.take("0123456789"));
  return fraction;
}

std::chrono::seconds offset_from(TimeText& text) noexcept {
  if (text.take("Zz")) return {};
  text.expect("+-");
  const int sign = text.taken() == '-' ? -1 : 1;
  const int hours = text.number(2, 23);
  text.expect(":");
  return sign * (std::chrono::hours(hours) + std::chrono::minutes(text.number(2, 59)));
}

system_clock::time_point held(sys_seconds second, std::chrono::nanoseconds fraction) noexcept {
  using Time = system_clock::time_point;
  constexpr auto first = std::chrono::ceil<std::chrono::seconds>(Time::min());
  constexpr auto last = std::chrono::floor<std::chrono::seconds>(Time::max());
  if (second < first) return Time::min();
  if (second >= last) return Time::max();
  return Time(second) + std::chrono::duration_cast<Time::duration>(fraction);
}

}  // namespace

std::optional<system_clock::time_point> parse_rfc3339(std::string_view text) noexcept {
  TimeText rest(text);
  auto second = date_from(rest);
  std::chrono::nanoseconds fraction{};
  if (!rest.at_end()) {
    rest.expect("Tt");
    second += clock_from(rest);
    fraction = fraction_from(rest);
    second -= offset_from(rest);
  }
  if (rest.failed() || !rest.at_end()) return std::nullopt;
  return held(second, fraction);
}

}  // namespace holysheep
