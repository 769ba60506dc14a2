#pragma once

#include <chrono>

namespace holysheep {

/// The one clock that decisions are made by. Policies never read it: they are told the time.
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

/// "No deadline", and "off" for a timeout that a setting turns off.
inline constexpr TimePoint never = TimePoint::max();

/// `now + wait` that stays at `never` instead of overflowing.
constexpr TimePoint after(TimePoint now, Duration wait) noexcept {
  return wait >= never - now ? never : now + wait;
}

}  // namespace holysheep
