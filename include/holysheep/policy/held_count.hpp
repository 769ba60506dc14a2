#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace holysheep {

/// One of many counted things, counted as long as this lives. Tagged, so that one kind is not taken for
/// another.
template <class Tag>
class HeldCount {
 public:
  HeldCount() = default;
  /// Takes over one that was counted already.
  explicit HeldCount(std::atomic<std::int64_t>& counted) noexcept : count_(&counted) {}
  HeldCount(HeldCount&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  HeldCount& operator=(HeldCount&& other) noexcept {
    std::swap(count_, other.count_);
    return *this;
  }
  ~HeldCount() {
    if (count_) count_->fetch_sub(1, std::memory_order_relaxed);
  }
  explicit operator bool() const noexcept { return count_ != nullptr; }

 private:
  std::atomic<std::int64_t>* count_ = nullptr;
};

}  // namespace holysheep
