#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

namespace holysheep::http {

/// Wall time as a `Date` field has it (IMF-fixdate, RFC 9110 §5.6.7), formatted once a second. One per event
/// loop, not thread-safe; no allocation.
class HttpDate {
 public:
  /// Valid until the next call. Years 0 to 9999.
  std::string_view at(std::chrono::system_clock::time_point now) noexcept;

 private:
  std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
  std::array<char, 29> text_{};
};

/// Any of the three forms of RFC 9110 §5.6.7: IMF-fixdate, RFC 850, asctime. The name of the day must be one
/// but need not fit the date. A two-digit year more than 50 years after `now` is of the century before.
/// Nothing for what is no date.
std::optional<std::chrono::sys_seconds> parse_http_date(
    std::string_view text, std::chrono::sys_seconds now = std::chrono::floor<std::chrono::seconds>(
                               std::chrono::system_clock::now())) noexcept;

}  // namespace holysheep::http
