#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace holysheep::http {

/// Whether an event stream tells of an error anywhere on its way: a member `"error"` that is an object, or
/// `"type":"error"`, as the providers' error events have them. What a model says is inside a JSON string,
/// where quotes are escaped, and so never looks like either. Fed with the bytes as they pass, in any cutting.
/// Not thread-safe.
class ErrorEventScan {
 public:
  void feed(std::string_view bytes) noexcept;
  [[nodiscard]] bool found() const noexcept { return found_; }

 private:
  std::array<std::uint8_t, 2> matched_{};  // of each pattern
  bool found_ = false;
};

}  // namespace holysheep::http
