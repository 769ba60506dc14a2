#include <algorithm>
#include <array>
#include <system_error>

#include <simulator/event_loop.hpp>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace holysheep::sim {

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (epoll_ < 0 || wake_ < 0) throw std::system_error(errno, std::system_category(), "simulator: epoll");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
}

EventLoop::~EventLoop() {
  watchers_.clear();
  retired_.clear();
  ::close(wake_);
  ::close(epoll_);
}

void EventLoop::adopt(int fd, std::uint32_t events, std::unique_ptr<Watcher> watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = watcher.get();
  epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  watchers_.emplace(watcher.get(), std::move(watcher));
}

void EventLoop::change(int fd, std::uint32_t events, Watcher& watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watcher;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::retire(int fd, Watcher& watcher) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  const auto found = watchers_.find(&watcher);
  if (found == watchers_.end()) return;
  retired_.push_back(std::move(found->second));
  watchers_.erase(found);
}

EventLoop::Timer EventLoop::after(std::chrono::nanoseconds time, std::function<void()> action) {
  return timers_.emplace(Clock::now() + time, std::move(action));
}

void EventLoop::post(std::function<void()> action) {
  {
    const std::scoped_lock lock(posted_mutex_);
    posted_.push_back(std::move(action));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

void EventLoop::close_all() {
  std::vector<Watcher*> all;
  for (const auto& entry : watchers_) all.push_back(entry.first);
  for (Watcher* watcher : all) watcher->close_now();
}

timespec EventLoop::time_to_timer() const {
  std::chrono::nanoseconds left = std::chrono::minutes(1);
  if (!timers_.empty())
    left = std::min<std::chrono::nanoseconds>(left, timers_.begin()->first - Clock::now());
  left = std::max(left, std::chrono::nanoseconds(0));
  return {.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
}

void EventLoop::run_timers() {
  if (timers_.empty()) return;
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const auto node = timers_.extract(timers_.begin());
    node.mapped()();
  }
}

void EventLoop::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wake_, &count, sizeof count);
  std::vector<std::function<void()>> actions;
  {
    const std::scoped_lock lock(posted_mutex_);
    actions.swap(posted_);
  }
  for (const auto& action : actions) action();
}

void EventLoop::run() {
  std::array<epoll_event, 256> events{};
  while (!stopped_.load(std::memory_order_relaxed)) {
    // To the nanosecond: with epoll_wait's milliseconds the events of many streams come in bunches.
    const timespec wait = time_to_timer();
    const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.ptr == nullptr) {
        run_posted();
      } else {
        static_cast<Watcher*>(event.data.ptr)->on_ready(event.events);
      }
    }
    run_timers();
    retired_.clear();
  }
}

void EventLoop::stop() {
  stopped_.store(true, std::memory_order_relaxed);
  post([] {});
}

}  // namespace holysheep::sim
