#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace holysheep {

/// A number that one thread changes and any thread reads: a load and a store, no read-modify-write.
class OwnCount {
 public:
  /// `by` may be negative. The owner's thread only.
  void add(std::int64_t by) noexcept { value_.store(get() + by, std::memory_order_relaxed); }
  /// The owner's thread only.
  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// One of those that an OwnCount counts, counted as long as this lives. The owner's thread only.
class Counted {
 public:
  Counted() = default;
  explicit Counted(OwnCount& count) noexcept : count_(&count) { count.add(1); }
  Counted(Counted&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  Counted& operator=(Counted&& other) noexcept {
    std::swap(count_, other.count_);
    return *this;
  }
  ~Counted() {
    if (count_ != nullptr) count_->add(-1);
  }

 private:
  OwnCount* count_ = nullptr;
};

}  // namespace holysheep
