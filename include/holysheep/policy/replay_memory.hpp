#pragma once

#include <holysheep/policy/loop_memory.hpp>
#include <holysheep/policy/memory_accounts.hpp>

#include <cstdint>
#include <utility>

namespace holysheep {

/// This pod's memory for request bodies held to be sent again (`REPLAY_BUFFER_MB`), in bytes: the limit on
/// one of the accounts. Shared by all event loops without a lock.
class ReplayMemory {
 public:
  ReplayMemory(MemoryAccounts& accounts, std::uint64_t bytes) noexcept
      : accounts_(accounts), limit_(static_cast<std::int64_t>(bytes)) {}
  [[nodiscard]] std::uint64_t used() const noexcept {
    return static_cast<std::uint64_t>(accounts_.held(MemoryUse::request_bodies));
  }
  [[nodiscard]] std::uint64_t limit() const noexcept { return static_cast<std::uint64_t>(limit_); }

 private:
  friend class BodyReservation;
  bool take(std::int64_t bytes) noexcept {
    if (accounts_.add(MemoryUse::request_bodies, bytes) <= limit_) return true;
    give_back(bytes);
    return false;
  }
  void give_back(std::int64_t bytes) noexcept { accounts_.add(MemoryUse::request_bodies, -bytes); }

  MemoryAccounts& accounts_;
  const std::int64_t limit_;
};

/// What one body has taken of it, on one event loop; given back when it goes.
class BodyReservation {
 public:
  BodyReservation(ReplayMemory& memory, LoopMemory& loop) noexcept : memory_(&memory), loop_(&loop) {}
  BodyReservation(BodyReservation&& other) noexcept
      : memory_(other.memory_), loop_(other.loop_), bytes_(std::exchange(other.bytes_, 0)) {}
  BodyReservation& operator=(BodyReservation&&) = delete;
  ~BodyReservation() { release(); }

  /// Whether anything is held at all.
  [[nodiscard]] bool possible() const noexcept { return memory_->limit() > 0; }
  /// Whether so many bytes could be held, were nothing else.
  [[nodiscard]] bool possible(std::uint64_t bytes) const noexcept {
    return possible() && bytes <= memory_->limit();
  }
  /// False: the pod's memory does not take so much more. Nothing is taken then.
  bool grow(std::int64_t bytes) noexcept {
    if (!loop_->may_hold(bytes) || !memory_->take(bytes)) return false;
    loop_->hold(bytes);
    bytes_ += bytes;
    return true;
  }
  void release() noexcept {
    if (bytes_ == 0) return;
    memory_->give_back(bytes_);
    loop_->hold(-bytes_);
    bytes_ = 0;
  }
  [[nodiscard]] std::int64_t bytes() const noexcept { return bytes_; }

 private:
  ReplayMemory* memory_;
  LoopMemory* loop_;
  std::int64_t bytes_ = 0;
};

}  // namespace holysheep
