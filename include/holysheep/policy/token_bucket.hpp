#pragma once

#include <holysheep/core/clock.hpp>

#include <atomic>
#include <cstdint>
#include <optional>

namespace holysheep {

/// The pod's rate: over any window of T seconds at most `rate × T + burst` takes. Shared by all event loops
/// without a lock: GCRA (the virtual scheduling form of ITU-T I.371) is one atomic, the time at which the
/// bucket would be full again.
class TokenBucket {
 public:
  /// `rate_per_second` 0: no limit. `burst` at least 1.
  TokenBucket(double rate_per_second, double burst) noexcept;

  bool try_take(TimePoint now) noexcept { return take(now).has_value(); }
  /// A take, told apart from all others so that it can be given back.
  struct Taken {
    std::int64_t full_at;
  };
  std::optional<Taken> take(TimePoint now) noexcept;
  /// For who could not use it after all. Lost when somebody has taken since: a token may be lost so, but
  /// never two be made of one.
  void give_back(Taken taken) noexcept;
  /// Until there is a token for someone with `ahead` takers before him; zero: now.
  [[nodiscard]] Duration time_until(TimePoint now, std::uint64_t ahead = 0) const noexcept;
  /// Tokens in the bucket.
  [[nodiscard]] double available(TimePoint now) const noexcept;
  [[nodiscard]] bool unlimited() const noexcept { return interval_ == 0; }

 private:
  std::int64_t interval_;   // nanoseconds a token takes to come
  std::int64_t tolerance_;  // how far ahead of now the bucket may be drawn
  std::atomic<std::int64_t> full_at_{INT64_MIN};
};

}  // namespace holysheep
