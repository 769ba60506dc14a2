#include <holysheep/policy/token_bucket.hpp>

#include <algorithm>
#include <cmath>

namespace holysheep {
namespace {

std::int64_t ns(TimePoint time) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

TokenBucket::TokenBucket(double rate_per_second, double burst) noexcept
    // Rounded so that the rate is never exceeded: intervals up, the burst's worth of them down.
    : interval_(rate_per_second > 0
                    ? static_cast<std::int64_t>(std::ceil(std::min(1e9 / rate_per_second, 1e17)))
                    : 0),
      tolerance_(static_cast<std::int64_t>(std::min(static_cast<double>(interval_) * (burst - 1), 4e18))) {}

std::optional<TokenBucket::Taken> TokenBucket::take(TimePoint now) noexcept {
  if (unlimited()) return Taken{0};
  const std::int64_t at = ns(now);
  std::int64_t full = full_at_.load(std::memory_order_relaxed);
  for (;;) {
    const std::int64_t from = std::max(full, at);
    if (from - at > tolerance_) return std::nullopt;
    if (full_at_.compare_exchange_weak(full, from + interval_, std::memory_order_relaxed))
      return Taken{from + interval_};
  }
}

void TokenBucket::give_back(Taken taken) noexcept {
  if (unlimited()) return;
  full_at_.compare_exchange_strong(taken.full_at, taken.full_at - interval_, std::memory_order_relaxed);
}

Duration TokenBucket::time_until(TimePoint now, std::uint64_t ahead) const noexcept {
  if (unlimited()) return Duration::zero();
  const std::int64_t at = ns(now);
  const std::int64_t full = std::max(full_at_.load(std::memory_order_relaxed), at);
  const double wait = static_cast<double>(full - at - tolerance_) +
                      static_cast<double>(ahead) * static_cast<double>(interval_);
  return Duration(static_cast<std::int64_t>(std::clamp(wait, 0.0, 4e18)));
}

double TokenBucket::available(TimePoint now) const noexcept {
  if (unlimited()) return INFINITY;
  const std::int64_t at = ns(now);
  const std::int64_t ahead = std::max(full_at_.load(std::memory_order_relaxed), at) - at;
  return static_cast<double>(tolerance_ + interval_ - ahead) / static_cast<double>(interval_);
}

}  // namespace holysheep
