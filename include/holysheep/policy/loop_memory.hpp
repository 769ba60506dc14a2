#pragma once

#include <holysheep/core/own_count.hpp>

#include <atomic>
#include <cstdint>
#include <limits>
#include <utility>

namespace holysheep {

/// What a client connection costs, in bytes, the kernel's part included: 2.2 KiB of ours and 3.8 KiB of the
/// kernel's for one that rests.
inline constexpr std::int64_t connection_cost = 6 * 1024;
/// What a forwarded request costs beyond its connection and the body held for it: 40 KiB for a stream that
/// runs, of which 4 KiB are the kernel's, and ...
inline constexpr std::int64_t running_cost = 40 * 1024;
/// ... what it may grow by when its reader stops: the block it is relayed through, what OpenSSL holds of a
/// record, 16 KiB each, and an event that waits for its end.
inline constexpr std::int64_t stall_cost = 40 * 1024;
/// That block: what is held of it shows among what the pools have lent.
inline constexpr std::int64_t relay_block = 16 * 1024;
/// What the kernel holds of an answer then, between upstream and us: a receive buffer of 128 KiB. Version 2
/// of cgroups charges that to us, version 1 does not.
inline constexpr std::int64_t socket_stall_cost = 144 * 1024;
inline constexpr std::int64_t request_cost = running_cost + stall_cost;

/// How far one event loop may go until it is told anew: limits on `LoopMemory::committed`, in bytes.
struct MemoryGrant {
  static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();
  std::int64_t forward = unlimited;
  std::int64_t hold = unlimited;
  std::int64_t connect = unlimited;
  std::int64_t request = request_cost;  ///< what one more request counts as
};

/// One event loop's part of the pod's memory: what its clients may come to hold by its promises so far, and
/// how far it may promise on. Whoever watches the memory grants that anew many times a second; in between
/// each loop sees to its own limit, so that no burst outruns the watch. Changed by the loop's own thread
/// alone, but for `grant`; asking costs one relaxed load, and nothing here is a read-modify-write.
class LoopMemory {
 public:
  LoopMemory() = default;
  LoopMemory(const LoopMemory&) = delete;
  LoopMemory& operator=(const LoopMemory&) = delete;

  [[nodiscard]] bool may_forward() const noexcept {
    return within(request_.load(std::memory_order_relaxed), forward_);
  }
  /// Another connection, or so many bytes more for one that is there.
  [[nodiscard]] bool may_connect(std::int64_t bytes = connection_cost) const noexcept {
    return within(bytes, connect_);
  }
  /// Of an answer that the cache will take: older ones can make room for it.
  [[nodiscard]] bool may_keep(std::int64_t bytes) const noexcept { return within(bytes, forward_); }
  [[nodiscard]] bool may_hold(std::int64_t bytes) const noexcept { return within(bytes, hold_); }

  /// `change` may be negative.
  void connections(int change) noexcept {
    connections_.add(change);
    committed_.add(change * connection_cost);
  }
  void hold(std::int64_t change) noexcept { committed_.add(change); }

  /// Bytes that are held, for as long as this lives.
  class Held {
   public:
    explicit Held(LoopMemory& memory, std::int64_t bytes = 0) noexcept : memory_(memory) { set(bytes); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() { set(0); }
    void set(std::int64_t bytes) noexcept { memory_.hold(bytes - std::exchange(bytes_, bytes)); }

   private:
    LoopMemory& memory_;
    std::int64_t bytes_ = 0;
  };

  /// A request that is forwarded, for as long as this lives.
  class Forwarded {
   public:
    explicit Forwarded(LoopMemory& memory) noexcept
        : memory_(memory), cost_(memory.request_.load(std::memory_order_relaxed)) {
      memory_.forwarded(1, cost_);
    }
    Forwarded(const Forwarded&) = delete;
    Forwarded& operator=(const Forwarded&) = delete;
    ~Forwarded() { memory_.forwarded(-1, -cost_); }

   private:
    LoopMemory& memory_;
    const std::int64_t cost_;
  };

  /// Any thread.
  void grant(const MemoryGrant& grant) noexcept {
    forward_.store(grant.forward, std::memory_order_relaxed);
    hold_.store(grant.hold, std::memory_order_relaxed);
    connect_.store(grant.connect, std::memory_order_relaxed);
    request_.store(grant.request, std::memory_order_relaxed);
  }
  [[nodiscard]] std::int64_t committed() const noexcept { return committed_.get(); }
  [[nodiscard]] std::int64_t requests() const noexcept { return requests_.get(); }
  [[nodiscard]] std::int64_t connections() const noexcept { return connections_.get(); }

 private:
  void forwarded(int change, std::int64_t bytes) noexcept {
    requests_.add(change);
    committed_.add(bytes);
  }
  [[nodiscard]] bool within(std::int64_t more, const std::atomic<std::int64_t>& limit) const noexcept {
    const auto most = limit.load(std::memory_order_relaxed);
    return most == MemoryGrant::unlimited || committed_.get() + more <= most;
  }

  OwnCount committed_;  // bytes
  OwnCount requests_;
  OwnCount connections_;
  std::atomic<std::int64_t> forward_{MemoryGrant::unlimited};
  std::atomic<std::int64_t> hold_{MemoryGrant::unlimited};
  std::atomic<std::int64_t> connect_{MemoryGrant::unlimited};
  std::atomic<std::int64_t> request_{request_cost};
};

}  // namespace holysheep
