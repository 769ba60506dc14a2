#include <holysheep/policy/upstream_pause.hpp>

#include <algorithm>

namespace holysheep {

void UpstreamPauses::pause(std::string_view model, TimePoint until, TimePoint now) {
  until = std::min(until, after(now, longest_));
  if (until <= now) return;
  const std::scoped_lock lock(mutex_);
  std::erase_if(until_, [&](const auto& entry) { return entry.second <= now; });
  auto known = until_.find(std::string(model));
  if (known == until_.end() && until_.size() < most_models) {
    known = until_.emplace(model, others_).first;  // it may have been paused among the others until now
  }
  TimePoint& slot = known == until_.end() ? others_ : known->second;
  slot = std::max(slot, until);
  const auto latest = std::max(latest_.load(std::memory_order_relaxed), until.time_since_epoch().count());
  latest_.store(latest, std::memory_order_release);
}

TimePoint UpstreamPauses::paused_until(std::string_view model, TimePoint now) const {
  if (!any(now)) return TimePoint::min();
  const std::scoped_lock lock(mutex_);
  const auto known = until_.find(std::string(model));
  // A model without an entry of its own may have come when there was no more room for one.
  return known == until_.end() ? others_ : known->second;
}

}  // namespace holysheep
