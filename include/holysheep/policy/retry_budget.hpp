#pragma once

#include <holysheep/policy/held_count.hpp>

#include <algorithm>
#include <optional>

namespace holysheep {

using RequestInFlight = HeldCount<struct RequestInFlightTag>;
using RetryPermit = HeldCount<struct RetryPermitTag>;

/// Keeps a failing upstream from being met by a retry storm: retries in flight, those that wait for their
/// turn included, are at most a share of the requests in flight, and never fewer than 3 are allowed. A permit
/// pays for one attempt: it goes back when that attempt has ended, and the next one is asked for anew. Shared
/// by all event loops without a lock.
class RetryBudget {
 public:
  static constexpr std::int64_t floor = 3;

  explicit RetryBudget(unsigned percent) noexcept : percent_(percent) {}

  RequestInFlight enter() noexcept {
    requests_.fetch_add(1, std::memory_order_relaxed);
    return RequestInFlight(requests_);
  }
  std::optional<RetryPermit> try_retry() noexcept {
    const auto share = requests_.load(std::memory_order_relaxed) * percent_ / 100;
    if (retries_.fetch_add(1, std::memory_order_relaxed) < std::max(floor, share))
      return RetryPermit(retries_);
    retries_.fetch_sub(1, std::memory_order_relaxed);
    return std::nullopt;
  }

  [[nodiscard]] std::int64_t requests() const noexcept { return requests_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t retries() const noexcept { return retries_.load(std::memory_order_relaxed); }

 private:
  const std::int64_t percent_;
  std::atomic<std::int64_t> requests_{0};
  std::atomic<std::int64_t> retries_{0};
};

}  // namespace holysheep
