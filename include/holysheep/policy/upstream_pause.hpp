#pragma once

#include <holysheep/core/clock.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace holysheep {

/// What upstream asked for with a 429 and a `Retry-After`: no new attempt for that model before that time.
/// Requests that name no model share one pause (the empty name), and so do all models past the first 200.
/// Shared by all event loops; while nothing is paused, asking costs one atomic load.
class UpstreamPauses {
 public:
  static constexpr std::size_t most_models = 200;

  /// `longest`: `REQUEST_TIMEOUT`; nothing is paused for longer.
  explicit UpstreamPauses(Duration longest) noexcept : longest_(longest) {}

  /// Extends a pause, never shortens it.
  void pause(std::string_view model, TimePoint asked, TimePoint now);
  /// `now` or earlier: not paused.
  [[nodiscard]] TimePoint paused_until(std::string_view model, TimePoint now) const;
  /// What upstream asked for, past `longest` too: for who can go elsewhere. `now` or earlier: nothing.
  [[nodiscard]] TimePoint asked_until(std::string_view model, TimePoint now) const;
  /// Whether anything is paused at all.
  [[nodiscard]] bool any(TimePoint now) const noexcept {
    return now.time_since_epoch().count() < latest_.load(std::memory_order_acquire);
  }
  /// How many models are paused; those past the first 200 count as one.
  [[nodiscard]] std::size_t paused_now(TimePoint now) const;

 private:
  struct Pause {
    TimePoint until = TimePoint::min();
    TimePoint asked = TimePoint::min();
  };
  [[nodiscard]] Pause find(std::string_view model) const;

  const Duration longest_;
  std::atomic<Duration::rep> latest_{INT64_MIN};
  std::atomic<Duration::rep> latest_asked_{INT64_MIN};
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Pause> pauses_;
  Pause others_;
};

}  // namespace holysheep
