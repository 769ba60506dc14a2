#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace holysheep {

/// What memory is held for clients' sake. Each kind is one account.
enum class MemoryUse : std::uint8_t {
  request_bodies,  ///< held so that they can be sent again (`REPLAY_BUFFER_MB`)
  relay,           ///< on their way in either direction: buffers lent by the event loops' pools
  coalescing,      ///< answers that several clients read while they come
  cache,           ///< kept answers, bookkeeping included (`CACHE_SIZE_MB`)
  compression,     ///< encoders at work
  queue,           ///< requests that wait for their turn
};
inline constexpr std::size_t memory_use_count = 6;

/// Every byte held for clients, in one place. Shared by all event loops without a lock; each account by
/// itself is exact, a total taken while others change is not.
class MemoryAccounts {
 public:
  /// `bytes` may be negative. What is held then.
  std::int64_t add(MemoryUse use, std::int64_t bytes) noexcept {
    return held_[static_cast<std::size_t>(use)].fetch_add(bytes, std::memory_order_relaxed) + bytes;
  }
  [[nodiscard]] std::int64_t held(MemoryUse use) const noexcept {
    return held_[static_cast<std::size_t>(use)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::int64_t>, memory_use_count> held_{};
};

/// Bytes charged to one account as long as this lives.
class MemoryCharge {
 public:
  MemoryCharge(MemoryAccounts& accounts, MemoryUse use) noexcept : accounts_(&accounts), use_(use) {}
  MemoryCharge(MemoryCharge&& other) noexcept
      : accounts_(other.accounts_), use_(other.use_), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryCharge& operator=(MemoryCharge&&) = delete;
  ~MemoryCharge() { set(0); }

  void set(std::int64_t bytes) noexcept {
    if (bytes == bytes_) return;
    accounts_->add(use_, bytes - bytes_);
    bytes_ = bytes;
  }
  void grow(std::int64_t bytes) noexcept { set(bytes_ + bytes); }
  [[nodiscard]] std::int64_t bytes() const noexcept { return bytes_; }

 private:
  MemoryAccounts* accounts_;
  MemoryUse use_;
  std::int64_t bytes_ = 0;
};

}  // namespace holysheep
