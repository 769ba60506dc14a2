#include "support/epoll_until.hpp"

#include <algorithm>
#include <array>

#include <sys/epoll.h>

namespace holysheep::testing {

bool epoll_until(int epoll, const std::function<bool()>& done, std::chrono::milliseconds limit,
                 const std::function<void(std::uint64_t, std::uint32_t)>& on_event) {
  const auto deadline = Clock::now() + limit;
  std::array<epoll_event, 256> events;
  while (!done()) {
    if (Clock::now() >= deadline) return false;
    const int count =
        ::epoll_wait(epoll, events.data(), events.size(), std::min(10, milliseconds_until(deadline)));
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      on_event(event.data.u64, event.events);
    }
  }
  return true;
}

}  // namespace holysheep::testing
