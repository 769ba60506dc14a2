#pragma once

#include <holysheep/policy/retry_policy.hpp>

namespace holysheep {

/// Where a request is on its way from one upstream to the next, and what is left to try.
struct FallbackState {
  enum class Stage : unsigned char { first_upstream, second_upstream, other_models };

  Stage stage = Stage::first_upstream;
  bool second_upstream = false;  ///< there is one
  bool models = false;           ///< other models may still be asked
  bool once = false;             ///< the retries are spent: the second upstream gets one attempt
};

/// What comes after an attempt that did not succeed.
enum class NextStep : unsigned char {
  stop,                  ///< the client gets what there is
  retry,                 ///< the same again, after the retry policy's wait
  second_upstream,       ///< the same at `FALLBACK_BASE_URL`, at once, with the retries that are left
  second_upstream_once,  ///< the same there, once: the retries were for the first
  next_model,            ///< the next of `MODEL_FALLBACKS`, at once
};

/// Spec.md "Retry and breaker", "Fallback": an upstream that cannot be reached, is silent, or pauses beyond
/// the deadline is left at once, any other retryable outcome after its retries; other models come last, one
/// attempt each. `retry` is the retry policy's verdict on that attempt, `retry_granted` whether the budget
/// allowed it. Pure.
NextStep next_step(const AttemptEnd& end, RetryVerdict retry, bool retry_granted,
                   const FallbackState& state) noexcept;

}  // namespace holysheep
