#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace holysheep {

/// This pod's memory for request bodies held to be sent again (`REPLAY_BUFFER_MB`): an account in bytes,
/// shared by all event loops without a lock.
class ReplayMemory {
 public:
  explicit ReplayMemory(std::uint64_t bytes) noexcept : limit_(bytes) {}
  [[nodiscard]] std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }

 private:
  friend class BodyReservation;
  bool take(std::uint64_t bytes) noexcept {
    const auto before = used_.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= limit_) return true;
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  void give_back(std::uint64_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  const std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
};

/// What one body has taken of it; given back when it goes.
class BodyReservation {
 public:
  explicit BodyReservation(ReplayMemory& memory) noexcept : memory_(&memory) {}
  BodyReservation(BodyReservation&& other) noexcept
      : memory_(other.memory_), bytes_(std::exchange(other.bytes_, 0)) {}
  BodyReservation& operator=(BodyReservation&&) = delete;
  ~BodyReservation() { shrink(bytes_); }

  /// False: the pod's memory does not take so much more. Nothing is taken then.
  bool grow(std::uint64_t bytes) noexcept {
    if (!memory_->take(bytes)) return false;
    bytes_ += bytes;
    return true;
  }
  void shrink(std::uint64_t bytes) noexcept {
    if (bytes == 0) return;
    memory_->give_back(bytes);
    bytes_ -= bytes;
  }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  ReplayMemory* memory_;
  std::uint64_t bytes_ = 0;
};

}  // namespace holysheep
