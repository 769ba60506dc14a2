#pragma once

#include <atomic>
#include <cstdint>

namespace holysheep {

/// A number that one thread changes and any thread reads: a load and a store, no read-modify-write.
class OwnCount {
 public:
  /// `by` may be negative. The owner's thread only.
  void add(std::int64_t by) noexcept { value_.store(get() + by, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

}  // namespace holysheep
