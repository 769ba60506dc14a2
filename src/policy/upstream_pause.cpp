#include <holysheep/policy/upstream_pause.hpp>

#include <algorithm>

namespace holysheep {

namespace {

void raise_to(std::atomic<Duration::rep>& latest, TimePoint time) noexcept {
  const auto most = std::max(latest.load(std::memory_order_relaxed), time.time_since_epoch().count());
  latest.store(most, std::memory_order_release);
}

}  // namespace

void UpstreamPauses::pause(std::string_view model, TimePoint asked, TimePoint now) {
  const TimePoint until = std::min(asked, after(now, longest_));
  if (until <= now) return;
  const std::scoped_lock lock(mutex_);
  std::erase_if(pauses_, [&](const auto& entry) { return entry.second.asked <= now; });
  auto known = pauses_.find(std::string(model));
  if (known == pauses_.end() && pauses_.size() < most_models) {
    known = pauses_.emplace(model, others_).first;  // it may have been paused among the others until now
  }
  Pause& slot = known == pauses_.end() ? others_ : known->second;
  slot.until = std::max(slot.until, until);
  slot.asked = std::max(slot.asked, asked);
  raise_to(latest_, until);
  raise_to(latest_asked_, asked);
}

TimePoint UpstreamPauses::paused_until(std::string_view model, TimePoint now) const {
  return any(now) ? find(model).until : TimePoint::min();
}

TimePoint UpstreamPauses::asked_until(std::string_view model, TimePoint now) const {
  if (now.time_since_epoch().count() >= latest_asked_.load(std::memory_order_acquire))
    return TimePoint::min();
  return find(model).asked;
}

std::size_t UpstreamPauses::paused_now(TimePoint now) const {
  if (!any(now)) return 0;
  const std::scoped_lock lock(mutex_);
  const auto named = std::count_if(pauses_.begin(), pauses_.end(),
                                   [&](const auto& entry) { return entry.second.until > now; });
  return static_cast<std::size_t>(named) + (others_.until > now ? 1 : 0);
}

UpstreamPauses::Pause UpstreamPauses::find(std::string_view model) const {
  const std::scoped_lock lock(mutex_);
  const auto known = pauses_.find(std::string(model));
  // A model without an entry of its own may have come when there was no more room for one.
  return known == pauses_.end() ? others_ : known->second;
}

}  // namespace holysheep
