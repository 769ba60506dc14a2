#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/net/timers.hpp>

#include <coroutine>
#include <cstdint>
#include <utility>

namespace holysheep::net {

/// What can end a wait. A set of them is a bit mask.
enum class Event : std::uint16_t {
  none = 0,
  client_readable = 1,
  client_writable = 2,
  client_gone = 4,  ///< reset, or closed its side while it should wait
  upstream_readable = 8,
  upstream_writable = 16,
  resolved = 32,   ///< the resolver has an answer, or knows that there is none
  granted = 64,    ///< the waiting room gave a permit
  place = 128,     ///< the listener has a place for a connection past WORKER_CONNECTIONS
  shutdown = 256,  ///< the process ends: stop now
  time = 512,      ///< the deadline given to `wait` has passed
  turn = 1024,     ///< others on this event loop had their turn
  shared = 2048,   ///< an answer that several clients read has come on, or been read on
};
constexpr Event operator|(Event a, Event b) noexcept {
  return static_cast<Event>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr Event operator&(Event a, Event b) noexcept {
  return static_cast<Event>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
constexpr Event operator~(Event a) noexcept {
  return static_cast<Event>(~static_cast<unsigned>(a));
}
constexpr bool any(Event set) noexcept {
  return set != Event::none;
}
constexpr bool has(Event set, Event one) noexcept {
  return any(set & one);
}

/// Hears of events on one event loop: a coroutine's Wakeup, or the pool watching an idle connection.
class EventSink {
 public:
  virtual void raise(Event event) = 0;

 protected:
  ~EventSink() = default;
};

/// Where one coroutine waits for whichever of several things comes first. Everything that can happen to a
/// request (its sockets, its client leaving, a permit, time, the end of the process) is raised here, so that
/// one coroutine per connection suffices and nothing has to be cancelled. Events that come while nobody waits
/// for them are kept until they are waited for or cleared. One event loop only.
class Wakeup final : public EventSink {
 public:
  explicit Wakeup(Timers& timers) : deadline_(timers, *this) {}
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  /// May resume the waiting coroutine before it returns, which may destroy this object: touch nothing after.
  void raise(Event event) override {
    pending_ = pending_ | event;
    if (waiting_ && any(pending_ & interest_)) std::exchange(waiting_, nullptr).resume();
  }
  void clear(Event events) noexcept { pending_ = pending_ & ~events; }
  /// When the last wait ended: the time of all that is done until the next one. A clock read at each place
  /// that asks would be twenty of them a request, 2 % of its CPU time.
  [[nodiscard]] TimePoint now() const noexcept { return now_; }
  [[nodiscard]] bool pending(Event event) const noexcept { return has(pending_, event); }

  /// Waits for one of `interest`, for `client_gone` or `shutdown` (always), or for `deadline`; gives those
  /// that came, and forgets them, but for `client_gone` and `shutdown`, which stay true.
  auto wait(Event interest, TimePoint deadline) noexcept {
    struct Awaiter {
      Wakeup& self;
      bool await_ready() const noexcept { return any(self.pending_ & self.interest_); }
      void await_suspend(std::coroutine_handle<> waiting) const noexcept { self.waiting_ = waiting; }
      Event await_resume() const noexcept { return self.take(); }
    };
    interest_ = interest | Event::client_gone | Event::shutdown | Event::time;
    pending_ = pending_ & ~Event::time;
    deadline_.set(deadline);
    return Awaiter{*this};
  }

 private:
  Event take() noexcept {
    now_ = Clock::now();
    const Event came = pending_ & interest_;
    pending_ = pending_ & (~came | Event::client_gone | Event::shutdown);
    return came;
  }

  Event pending_ = Event::none;
  Event interest_ = Event::none;
  TimePoint now_ = Clock::now();
  std::coroutine_handle<> waiting_ = nullptr;
  Deadline deadline_;
};

}  // namespace holysheep::net
