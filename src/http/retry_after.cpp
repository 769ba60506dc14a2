#include "lines.hpp"
#include <holysheep/http/date.hpp>
#include <holysheep/http/retry_after.hpp>

#include <algorithm>
#include <charconv>

namespace holysheep::http {
namespace {

using namespace std::chrono;

/// A plain decimal number: from_chars alone would also take "inf" and "nan".
std::optional<double> decimal(std::string_view text) noexcept {
  if (text.empty() || text.find_first_not_of("-.0123456789") != text.npos) return std::nullopt;
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (read.ptr != end) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range) return text.front() == '-' ? 0.0 : 1e300;
  if (read.ec != std::errc{}) return std::nullopt;
  return number;
}

Duration saturated(double nanoseconds) noexcept {
  if (nanoseconds <= 0) return Duration::zero();
  if (nanoseconds >= static_cast<double>(Duration::max().count())) return Duration::max();
  return Duration(static_cast<Duration::rep>(nanoseconds));
}

/// Counted in seconds first: a date may be further off than nanoseconds can tell.
Duration time_until(sys_seconds when, system_clock::time_point now) noexcept {
  const sys_seconds this_second = floor<seconds>(now);
  if (when <= this_second) return Duration::zero();
  const seconds wait = when - this_second;
  if (wait >= duration_cast<seconds>(Duration::max())) return Duration::max();
  return duration_cast<Duration>(wait - (now - this_second));
}

std::optional<Duration> wait_in_ms(std::string_view value) noexcept {
  if (const auto ms = decimal(value)) return saturated(*ms * 1e6);
  return std::nullopt;
}

std::optional<Duration> wait_in_seconds_or_date(std::string_view value,
                                                system_clock::time_point now) noexcept {
  if (const auto s = decimal(value)) return saturated(*s * 1e9);
  if (const auto date = parse_http_date(value, floor<seconds>(now))) return time_until(*date, now);
  return std::nullopt;
}

}  // namespace

std::optional<Duration> advised_wait(const HeaderBlock& fields, system_clock::time_point now) noexcept {
  std::optional<Duration> wait;
  for (const Field& field : fields) {
    if (field.id == FieldName::retry_after_ms) {
      if (const auto precise = wait_in_ms(field.value)) return precise;
    } else if (field.id == FieldName::retry_after && !wait) {
      wait = wait_in_seconds_or_date(field.value, now);
    }
  }
  return wait;
}

std::optional<bool> should_retry(const HeaderBlock& fields) noexcept {
  for (const Field& field : fields) {
    if (field.id != FieldName::x_should_retry) continue;
    if (equal_ignoring_case(field.value, "true")) return true;
    if (equal_ignoring_case(field.value, "false")) return false;
  }
  return std::nullopt;
}

void append_retry_after(std::string& out, Duration wait) {
  wait = std::clamp(wait, Duration(1), Duration::max() - Duration(1s));
  append_line(out, "Retry-After", static_cast<std::uint64_t>(ceil<seconds>(wait).count()));
  append_line(out, "retry-after-ms", static_cast<std::uint64_t>(ceil<milliseconds>(wait).count()));
}

}  // namespace holysheep::http
