#pragma once

#include "support/deadline.hpp"

#include <cstdint>
#include <functional>

namespace holysheep::testing {

/// Gives what comes on an epoll instance to `on_event` (the descriptor's data and its events) until `done()`
/// holds, which is asked at least every 10 ms, since it may look at more than these descriptors. False when
/// `limit` passed before.
bool epoll_until(int epoll, const std::function<bool()>& done, std::chrono::milliseconds limit,
                 const std::function<void(std::uint64_t, std::uint32_t)>& on_event);

}  // namespace holysheep::testing
