#pragma once

#include <holysheep/core/clock.hpp>

#include <atomic>

namespace holysheep::proxy {

/// Where the process stands between its start and its end. Written by the app, read by every session.
class Lifecycle {
 public:
  enum class Stage : unsigned char { starting, serving, draining };

  [[nodiscard]] Stage stage() const noexcept { return stage_.load(std::memory_order_acquire); }
  [[nodiscard]] bool draining() const noexcept { return stage() == Stage::draining; }
  void serve() noexcept { stage_.store(Stage::serving, std::memory_order_relaxed); }
  /// Requests in flight, and those that still come on open connections, have until `end`.
  void drain(TimePoint end) noexcept {
    end_.store(end.time_since_epoch().count(), std::memory_order_relaxed);
    stage_.store(Stage::draining, std::memory_order_release);  // who sees it sees the end
  }
  /// In the last second a new request cannot be expected to end in time: 503 `draining`.
  [[nodiscard]] bool refuses(TimePoint now) const noexcept {
    if (!draining()) return false;
    const TimePoint end{Duration(end_.load(std::memory_order_relaxed))};
    return now >= end - std::chrono::seconds(1);
  }

 private:
  std::atomic<Stage> stage_{Stage::starting};
  std::atomic<Duration::rep> end_{0};
};

}  // namespace holysheep::proxy
