#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace holysheep::http {

/// A client's `X-Request-Id` is used when it is 1 to 128 visible ASCII characters (0x21 to 0x7e).
bool valid_request_id(std::string_view id) noexcept;

/// A made-up request id: 32 lower-case hexadecimal digits.
struct RequestId {
  std::array<char, 32> digits;
  [[nodiscard]] std::string_view view() const noexcept { return {digits.data(), digits.size()}; }
};

/// Makes request ids that do not repeat, in this process or another: 128 bits of xoshiro256**, seeded by the
/// kernel. Not cryptographic: who has seen enough of them can foretell the next, so they grant nothing.
/// One per event loop, not thread-safe; no allocation, no system call after construction.
class RequestIds {
 public:
  /// Throws std::system_error where the kernel gives no randomness.
  RequestIds();
  /// Four words, not all zero.
  explicit RequestIds(const std::array<std::uint64_t, 4>& seed) noexcept : state_(seed) {}

  RequestId next() noexcept;

 private:
  std::uint64_t next_word() noexcept;

  std::array<std::uint64_t, 4> state_{};
};

/// The trace id (32 lower-case hexadecimal digits) within a W3C `traceparent`, a view into it; empty where
/// it is not a valid one (https://www.w3.org/TR/trace-context/ §3.2.2).
std::string_view trace_id(std::string_view traceparent) noexcept;

}  // namespace holysheep::http
