#pragma once

#include <chrono>
#include <thread>

namespace holysheep::testing {

using Clock = std::chrono::steady_clock;

/// How much longer things may take than in a release build: sanitizers cost time, promises in milliseconds
/// are multiplied by this. `HOLYSHEEP_TEST_TIME_SCALE` raises it on slow machines.
int time_scale();

/// True where this build runs under AddressSanitizer or ThreadSanitizer: memory figures mean nothing there.
constexpr bool sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return true;
#else
  return false;
#endif
#else
  return false;
#endif
}

/// `HOLYSHEEP_LONG_TESTS=1`: stories of outages are told in the times that users see, too. They take minutes.
bool long_tests();

/// The usual limit of one wait in a test: long enough never to be met by a machine that is merely busy.
inline std::chrono::milliseconds patience() {
  return std::chrono::seconds{10} * time_scale();
}

/// Milliseconds left until `deadline`, rounded up, never negative: what poll(2) takes.
int milliseconds_until(Clock::time_point deadline);

/// Asks `condition` again and again until it is true or `limit` has passed; what it last said.
template <typename Condition>
bool eventually(Condition&& condition, std::chrono::milliseconds limit = patience()) {
  const auto deadline = Clock::now() + limit;
  while (!condition()) {
    if (Clock::now() >= deadline) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

}  // namespace holysheep::testing
