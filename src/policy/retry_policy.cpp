#include <holysheep/policy/retry_policy.hpp>

#include <algorithm>

namespace holysheep {
namespace {

constexpr Duration first_wait = std::chrono::milliseconds(100);
constexpr Duration longest_wait = std::chrono::seconds(8);

Duration backoff(unsigned retries, double random) noexcept {
  // 100 ms doubled seven times is past 8 s.
  const Duration most = std::min(longest_wait, first_wait * (1 << std::min(retries, 7u)));
  return std::chrono::duration_cast<Duration>(most * random);
}

}  // namespace

bool retryable_status(int status) noexcept {
  switch (status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
    case 529:
      return true;
    default:
      return false;
  }
}

bool feeds_breaker(int status) noexcept {
  return status >= 500 && status <= 599;
}

RetryDecision decide(const AttemptEnd& end, const RetryState& state) noexcept {
  const bool answered = end.fault == Fault::none;
  // A 400, content filters' refusals among them, is never retried, whatever its headers say.
  if (answered && (end.status < 400 || end.status == 400)) return {RetryVerdict::not_retryable};
  if (answered && end.should_retry == false) return {RetryVerdict::told_not_to};
  const bool retryable =
      answered ? end.should_retry.value_or(retryable_status(end.status)) : traits(end.fault).retryable;
  if (!retryable) return {RetryVerdict::not_retryable};
  if (!end.body_replayable) return {RetryVerdict::not_replayable};
  const unsigned most = state.client_retries > 0 ? state.max_retries / 2 : state.max_retries;
  if (state.retries >= most) return {RetryVerdict::attempts_spent};
  const Duration wait = end.advised_wait.value_or(backoff(state.retries, state.random));
  if (after(state.now, wait) >= state.deadline) return {RetryVerdict::no_time};
  return {RetryVerdict::retry, wait};
}

}  // namespace holysheep
