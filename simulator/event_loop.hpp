#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace holysheep::sim {

/// A level-triggered epoll loop with timers: one thread each. Kept this bare so that a plain request
/// costs three system calls, which Asio's waits (one epoll_ctl each) would nearly double.
class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;
  using Timers = std::multimap<Clock::time_point, std::function<void()>>;
  using Timer = Timers::iterator;

  /// Something with a file descriptor. Owned by the loop it was adopted by.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    virtual void on_ready(std::uint32_t events) = 0;
    /// Asked to end now, by the one who steers the simulator.
    virtual void close_now() {}
  };

  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  /// Owns and watches; on the loop's thread, or before run().
  void adopt(int fd, std::uint32_t events, std::unique_ptr<Watcher> watcher);
  void change(int fd, std::uint32_t events, Watcher& watcher);
  /// Stops watching now; destroys after the events at hand have been handled.
  void retire(int fd, Watcher& watcher);

  Timer after(std::chrono::nanoseconds time, std::function<void()> action);
  void cancel(Timer timer) { timers_.erase(timer); }

  /// Any thread: runs `action` on the loop's.
  void post(std::function<void()> action);
  void close_all();

  void run();
  /// Any thread.
  void stop();

 private:
  timespec time_to_timer() const;
  void run_timers();
  void run_posted();

  int epoll_;
  int wake_;
  std::atomic<bool> stopped_{false};
  Timers timers_;
  std::unordered_map<Watcher*, std::unique_ptr<Watcher>> watchers_;
  std::vector<std::unique_ptr<Watcher>> retired_;
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace holysheep::sim
