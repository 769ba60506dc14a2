#pragma once

#include <holysheep/core/clock.hpp>

#include <array>
#include <cstdint>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace holysheep::net {

class EventSink;
class Timers;

/// A point in time at which a EventSink hears `Event::time`; moves with `set`, goes with its destructor.
/// Moving it later, which is what nearly every `set` does, costs one store: it stays in its slot and is
/// looked at again when that slot's time comes.
class Deadline {
 public:
  Deadline(Timers& timers, EventSink& sink) noexcept : timers_(timers), sink_(sink) {}
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() { unlink(); }

  void set(TimePoint due) noexcept;

 private:
  friend class Timers;
  void unlink() noexcept;

  Timers& timers_;
  EventSink& sink_;
  TimePoint due_ = never;
  TimePoint slot_time_ = never;  // when it is looked at next; `never` when in no slot
  Deadline* next_ = nullptr;
  Deadline** link_ = nullptr;
};

/// All deadlines of one event loop in a wheel of 1,024 slots of 8 ms, driven by one timer that is armed for
/// the next slot with anyone in it: a timer of its own per operation costs a system call each (9 a request
/// with Beast's tcp_stream). A deadline is heard at most one slot late, never early.
class Timers {
 public:
  explicit Timers(boost::asio::io_context& io) : timer_(io), base_(Clock::now()) {}
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  /// Raises what is due at `now`; the event loop's timer calls it, and so do tests.
  void advance(TimePoint now);

 private:
  friend class Deadline;
  static constexpr std::uint64_t slots = 1024;
  static constexpr Duration slot_length = std::chrono::milliseconds(8);

  std::uint64_t tick_of(TimePoint when) const noexcept;
  void place(Deadline& deadline, TimePoint due) noexcept;
  void arm(std::uint64_t tick) noexcept;
  void arm_for_next() noexcept;

  boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                    boost::asio::io_context::executor_type>
      timer_;
  TimePoint base_;
  std::uint64_t done_ = 0;       // every slot up to this tick has been looked at
  std::uint64_t armed_ = ~0ull;  // the tick that timer_ will fire at
  bool advancing_ = false;
  std::array<Deadline*, slots> wheel_{};
  std::array<std::uint64_t, slots / 64> occupied_{};
};

}  // namespace holysheep::net
