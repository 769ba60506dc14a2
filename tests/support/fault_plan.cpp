#include "support/fault_plan.hpp"

#include <algorithm>
#include <random>
#include <tuple>

namespace holysheep::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Certificates stay valid within it.
constexpr std::int64_t farthest_jump = 12 * 3600;

/// Draws that are the same with every standard library, which its distributions are not.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}

  /// From 0 to `limit` - 1.
  std::int64_t below(std::int64_t limit) {
    return limit > 0 ? static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit)) : 0;
  }
  /// From `least` to `most`.
  std::int64_t between(std::int64_t least, std::int64_t most) { return least + below(most - least + 1); }

  template <typename List>
  void shuffle(List& list) {
    for (std::size_t i = list.size(); i > 1; --i)
      std::swap(list[i - 1], list[static_cast<std::size_t>(below(static_cast<std::int64_t>(i)))]);
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace

std::string_view name_of(Disturbance what) {
  switch (what) {
    case Disturbance::names_lost:
      return "names lost";
    case Disturbance::names_moved:
      return "names moved";
    case Disturbance::handshakes_closed:
      return "handshakes closed";
    case Disturbance::handshakes_stalled:
      return "handshakes stalled";
    case Disturbance::accepting_paused:
      return "accepting paused";
    case Disturbance::connections_short:
      return "connections short";
    case Disturbance::trust_lost:
      return "trust lost";
    case Disturbance::descriptors_short:
      return "descriptors short";
    case Disturbance::memory_hogged:
      return "memory hogged";
    case Disturbance::hung_up:
      return "hung up";
    case Disturbance::key_rotated:
      return "key rotated";
    case Disturbance::trust_rotated:
      return "trust rotated";
    case Disturbance::clients_rotated:
      return "clients rotated";
    case Disturbance::files_spoilt:
      return "files spoilt";
    case Disturbance::connections_closed:
      return "connections closed";
    case Disturbance::clock_jumped:
      return "clock jumped";
  }
  return "unknown";
}

std::vector<PlannedFault> plan_of_faults(milliseconds length, std::uint64_t seed) {
  Chance chance(seed);
  std::vector<PlannedFault> plan;
  const std::int64_t edge = length.count() / 20;
  auto order = lasting_disturbances;
  chance.shuffle(order);
  const std::int64_t slot = (length.count() - 2 * edge) / static_cast<std::int64_t>(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    // From a third to two thirds of its slot, anywhere in it.
    const std::int64_t lasts = chance.between(slot / 3, slot * 2 / 3);
    const std::int64_t at = edge + static_cast<std::int64_t>(i) * slot + chance.below(slot - lasts);
    plan.push_back({order[i], milliseconds{at}, milliseconds{std::max<std::int64_t>(lasts, 1)}, seconds{0}});
  }
  for (const Disturbance what : sudden_disturbances) {
    for (int i = 0; i < 2; ++i) {
      PlannedFault fault{what, milliseconds{chance.between(edge, length.count() - edge)}, {}, {}};
      if (what == Disturbance::clock_jumped)
        fault.amount = seconds{chance.between(-farthest_jump, farthest_jump)};
      plan.push_back(fault);
    }
  }
  std::ranges::sort(plan, {},
                    [](const PlannedFault& fault) { return std::tuple(fault.at, fault.what, fault.amount); });
  return plan;
}

}  // namespace holysheep::testing
