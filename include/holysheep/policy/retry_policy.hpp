#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/core/fault.hpp>

#include <optional>

namespace holysheep {

/// How an attempt ended, as far as a retry depends on it.
struct AttemptEnd {
  Fault fault = Fault::none;  ///< none: upstream answered with `status`
  int status = 0;
  std::optional<Duration> advised_wait{};  ///< upstream's `Retry-After` or `retry-after-ms`
  std::optional<bool> should_retry{};      ///< upstream's `x-should-retry`
  bool body_replayable = true;             ///< the request can be sent again
  bool paused_too_long = false;            ///< not made: upstream's own pause outlasts the deadline
  bool context_too_long = false;           ///< a 400 `context_length_exceeded`: a larger model may do
  bool out_of_time = false;                ///< the deadline has passed
};

struct RetryState {
  unsigned retries = 0;  ///< made already
  unsigned max_retries = 0;
  unsigned client_retries = 0;  ///< `X-Stainless-Retry-Count`: an SDK is retrying too
  TimePoint now;
  TimePoint deadline;
  double random = 0;  ///< in [0, 1)
};

enum class RetryVerdict : unsigned char {
  retry,
  not_retryable,   ///< it would end the same way, or may not be repeated
  told_not_to,     ///< upstream said `x-should-retry: false`
  not_replayable,  ///< its body has gone
  attempts_spent,
  no_time,  ///< the wait would outlast the deadline
};

struct RetryDecision {
  RetryVerdict verdict;
  Duration wait{};

  [[nodiscard]] bool retry() const noexcept { return verdict == RetryVerdict::retry; }
};

/// Whether and when to try again (spec.md "Retry and breaker"); the budget is asked after this. The wait is
/// upstream's advice, else full jitter over 100 ms, doubling, at most 8 s. Pure.
RetryDecision decide(const AttemptEnd& end, const RetryState& state) noexcept;

/// 408, 429, 500, 502, 503, 504, 529.
bool retryable_status(int status) noexcept;
/// Does this status say that the model behind it is sick? 5xx, 529 among them; never a 4xx.
bool feeds_breaker(int status) noexcept;

}  // namespace holysheep
