#pragma once

#include <holysheep/core/fault.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holysheep::proxy {

/// How an attempt ended, for metrics.
enum class AttemptOutcome : std::uint8_t {
  status_1xx,
  status_2xx,
  status_3xx,
  status_4xx,
  status_429,
  status_5xx,
  dns_error,
  connect_error,
  timeout,
  tls_error,
  protocol_error,
  too_large,
  client_gone,  ///< or the client's request went wrong while it was passed on
};
inline constexpr std::size_t attempt_outcome_count = 13;

/// `fault` none: upstream answered with `status`.
AttemptOutcome attempt_outcome(Fault fault, unsigned status) noexcept;
/// `2xx`, `429`, `upstream_timeout`, … Static text.
std::string_view name(AttemptOutcome outcome) noexcept;

/// What a retry was for: the statuses that are retried, and what goes wrong before an answer.
enum class RetryReason : std::uint8_t {
  status_408,
  status_429,
  status_500,
  status_502,
  status_503,
  status_504,
  status_529,
  dns_error,
  connect_error,
  timeout,
  tls_error,
  protocol_error,
  other,  ///< another status, whose answer asked for it with `x-should-retry`
};
inline constexpr std::size_t retry_reason_count = 13;

/// `fault` none: upstream answered with `status`.
RetryReason retry_reason(Fault fault, unsigned status) noexcept;
/// `503`, `upstream_timeout`, … Static text.
std::string_view name(RetryReason reason) noexcept;

}  // namespace holysheep::proxy
