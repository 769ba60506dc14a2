#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/policy/loop_memory.hpp>

#include <cstdint>
#include <optional>

namespace holysheep {

/// Up to where memory may go, in bytes. Without either there is nothing to guard.
struct MemoryCeilings {
  /// `MEMORY_THRESHOLD_MB` where it was set: judged on resident memory.
  std::optional<std::uint64_t> threshold;
  /// The cgroup's limit: its 90 % is a threshold too, judged on the larger of resident memory and what the
  /// cgroup is charged.
  std::optional<std::uint64_t> limit;
  /// What one request may still come to hold when its reader stops.
  std::int64_t stall = stall_cost;

  /// What one more request may come to.
  [[nodiscard]] std::int64_t request() const noexcept { return running_cost + stall; }
};

/// One look at the memory, in bytes but for the counts.
struct MemoryState {
  std::uint64_t resident = 0;
  std::uint64_t charged = 0;  ///< by the cgroup, without page cache; 0 where there is none
  std::int64_t requests = 0;  ///< forwarded ones in flight
  std::int64_t connections = 0;
  std::int64_t relay = 0;      ///< lent by the event loops' pools
  std::int64_t cache = 0;      ///< what can be dropped at the next look
  std::int64_t accounts = 0;   ///< all that is held for clients, `relay` included
  std::int64_t waiting = 0;    ///< requests that have not begun to grow: their turn has not come
  std::int64_t loops = 1;      ///< event loops that share what is granted
  std::int64_t newcomers = 0;  ///< nominal cost of who came since the last look: not all of it shows yet
};

/// What follows from it.
struct MemoryVerdict {
  /// New requests are refused: less is free than one of them may take on each event loop. It ends with twice
  /// that free again, and at least 2 % of the lowest threshold.
  bool refuse = false;
  std::uint64_t over = 0;  ///< so much of the cache is to go first: down to 5 % below the lowest threshold
  /// How much may be taken until the next look, over all event loops, in bytes: by new requests; by bodies
  /// held for them, which end at 75 %, the cache not counted, so that they leave requests room; by new
  /// connections, which go on until 97 % of the cgroup's limit, so that they hear why they are refused.
  /// Negative: nothing.
  std::int64_t forward = 0;
  std::int64_t hold = 0;
  std::int64_t connect = 0;
  bool bounded = false;  ///< false: there are no ceilings, and the numbers above say nothing
  bool close = false;    ///< more than half of what is allowed is used: look again soon
};

/// Arithmetic, no state. `refusing`: the last verdict's.
///
/// Two things decide: what memory is held now, against the thresholds; and against 93 % of the cgroup's
/// limit, past which the process is killed, what the requests in flight may still come to hold when their
/// readers stop. So those that were let in can live on, whatever their clients do.
MemoryVerdict judge_memory(const MemoryCeilings& ceilings, const MemoryState& state, bool refusing) noexcept;

/// Says when the allocator holds so much that nobody uses that giving it back is worth the work:
/// milliseconds, and the page faults of taking it again.
class SlackWatch {
 public:
  /// The process is idle and holds this.
  void first(const MemoryState& idle) noexcept { base_on(idle); }
  /// It is too much, at the latest after 3 s (200 ms where memory is urgently needed) have passed since the
  /// last time. Or what was too much was given back a while ago: who left with it may have let go of the rest
  /// only since. That is tried again after 3, 6, 12, 24 and 48 s.
  [[nodiscard]] bool due(const MemoryState& state, bool urgent, TimePoint now) const noexcept;
  /// Memory was given back; this is what is left.
  void gave_back(const MemoryState& state, TimePoint now) noexcept;

 private:
  /// More than what the clients account for and what was left over the last time: by an eighth of what is
  /// resident, and at least 1 MiB, which is enough where memory is urgently needed. Or half of those who were
  /// there the last time have left.
  [[nodiscard]] bool too_much(const MemoryState& state, bool urgent) const noexcept;
  void base_on(const MemoryState& state) noexcept;
  static std::int64_t in_use(const MemoryState& state) noexcept;
  std::int64_t base_ = 0;  // left over the last time
  std::int64_t used_ = 0;  // by clients, the last time
  TimePoint last_ = TimePoint::min();
  Duration again_ = Duration::max();  // after the last time
};

}  // namespace holysheep
