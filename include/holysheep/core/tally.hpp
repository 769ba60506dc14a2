#pragma once

#include <atomic>
#include <cstdint>

namespace holysheep {

/// A count that only grows: one thread adds, any thread reads. A load and a store, no read-modify-write.
class Tally {
 public:
  /// The owner's thread only.
  void add(std::uint64_t count) noexcept { value_.store(get() + count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace holysheep
