#include <holysheep/policy/memory_guard.hpp>

#include <algorithm>

namespace holysheep {
namespace {

/// Memory is given back at most once in this time,
constexpr Duration interval = std::chrono::seconds(3);
constexpr Duration urgent_interval = std::chrono::milliseconds(200);
/// and tried again until this long after.
constexpr Duration last_interval = std::chrono::seconds(48);

std::int64_t percent(std::uint64_t of, std::uint64_t percent) {
  return static_cast<std::int64_t>(of / 100 * percent);
}

}  // namespace

MemoryVerdict judge_memory(const MemoryCeilings& ceilings, const MemoryState& state, bool refusing) noexcept {
  MemoryVerdict verdict;
  if (!ceilings.threshold && !ceilings.limit) return verdict;
  verdict.bounded = true;
  verdict.forward = verdict.hold = verdict.connect = MemoryGrant::unlimited;
  const auto resident = static_cast<std::int64_t>(state.resident);
  const auto charged = std::max(resident, static_cast<std::int64_t>(state.charged));
  std::int64_t lowest = MemoryGrant::unlimited;
  std::int64_t free = MemoryGrant::unlimited;
  const auto unborn = state.newcomers + state.waiting * running_cost;  // held soon
  const auto judge = [&](std::int64_t threshold, std::int64_t used) {
    lowest = std::min(lowest, threshold);
    free = std::min(free, threshold - used);
    const auto forward = threshold - used - unborn;
    const auto hold = threshold / 4 * 3 - used - unborn + state.cache;
    verdict.forward = std::min(verdict.forward, forward + state.cache);
    verdict.hold = std::min({verdict.hold, hold, forward});
    verdict.close = verdict.close || used + unborn > threshold / 2;
  };
  if (ceilings.threshold) judge(static_cast<std::int64_t>(*ceilings.threshold), resident);
  if (ceilings.limit) {
    judge(percent(*ceilings.limit, 90), charged);
    // What one holds of its block already is none of the others'.
    const auto blocks = std::min(state.relay, state.requests * relay_block);
    const auto to_come = state.requests * ceilings.stall - blocks;
    const auto used = charged + to_come + unborn;
    verdict.forward = std::min(verdict.forward, percent(*ceilings.limit, 93) - used);
    verdict.connect = percent(*ceilings.limit, 97) - used;
    free = std::min(free, percent(*ceilings.limit, 93) - used + state.newcomers);
  }
  // Where none of the event loops could let one in, all refuse; so that it is said, and the cache goes.
  // Twice that, since others come meanwhile.
  const auto least = 2 * state.loops * (ceilings.request() + connection_cost);
  verdict.refuse = free < (refusing ? std::max(lowest / 50, 2 * least) : least);
  if (verdict.refuse) {
    verdict.over =
        static_cast<std::uint64_t>(std::max(lowest / 20, 2 * least) - std::min<std::int64_t>(free, 0));
    verdict.forward = verdict.hold = -1;
  }
  return verdict;
}

std::int64_t SlackWatch::in_use(const MemoryState& state) noexcept {
  return state.connections * connection_cost + state.requests * running_cost + state.accounts;
}

bool SlackWatch::due(const MemoryState& state, bool urgent, TimePoint now) const noexcept {
  if (last_ == TimePoint::min()) return too_much(state, urgent);
  const Duration since = now - last_;
  return since >= again_ || (since >= (urgent ? urgent_interval : interval) && too_much(state, urgent));
}

void SlackWatch::gave_back(const MemoryState& state, TimePoint now) noexcept {
  const bool again = last_ != TimePoint::min() && now - last_ >= again_;
  again_ = !again ? interval : again_ < last_interval ? again_ * 2 : Duration::max();
  last_ = now;
  base_on(state);
}

void SlackWatch::base_on(const MemoryState& state) noexcept {
  used_ = in_use(state);
  base_ = static_cast<std::int64_t>(state.resident) - used_;
}

bool SlackWatch::too_much(const MemoryState& state, bool urgent) const noexcept {
  constexpr std::int64_t least = std::int64_t{1} << 20;
  const std::int64_t used = in_use(state);
  if (used_ > least && used < used_ / 2) return true;
  const std::int64_t slack = static_cast<std::int64_t>(state.resident) - used - base_;
  return slack > least && (urgent || slack > static_cast<std::int64_t>(state.resident / 8));
}

}  // namespace holysheep
