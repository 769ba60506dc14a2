#pragma once

#include <holysheep/proxy/session.hpp>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <unordered_map>

namespace holysheep::proxy {

/// The client connections of one event loop, and who may have a place among them (`WORKER_CONNECTIONS`):
/// when all places are taken the longest idle connection makes room; with none idle, up to 64 more are let
/// in, answered on the probes, and otherwise wait their turn; past that `full()` tells the listener to pause,
/// and `on_room`, from the event loop's next turn, to go on. For want of memory nobody gets a place either;
/// then the 64 are refused instead of waiting.
class Sessions {
 public:
  static constexpr std::size_t most_extra = 64;

  /// `on_bug`: an exception left a session.
  Sessions(LoopContext& context, std::size_t places, std::function<void()> on_room,
           std::function<void(const std::exception&)> on_bug);
  ~Sessions();
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  /// True: nobody can be taken now, and `on_room` will say when that changes.
  [[nodiscard]] bool full() noexcept { return full_ = no_room(); }
  /// There may be room now that there was none for: for want of memory.
  void look_for_room();
  /// Starts a session on an accepted socket; not to be called while `full()`.
  void add(net::Socket socket, std::string address);
  void remove(Session& session);

  /// The session waits for its next request. False: others wait for a place, so it should end instead.
  bool rest(Session& session);
  /// It is not for want of memory that an extra session has no place.
  [[nodiscard]] bool may_wait() const noexcept { return crowded() || has_place(); }
  /// An extra session wants to be served: it has a place now, or waits for one in line.
  void place(Session& session);
  void report(const std::exception& bug) const { on_bug_(bug); }

  /// The process ends: cuts what is in flight. How many that were.
  std::size_t cut_all();
  /// Ends the connections that have been idle since `before`.
  void end_idle(TimePoint before);

  /// Connections; any thread.
  [[nodiscard]] std::size_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

  static bool is_probe(const http::RequestHead& head) noexcept;

 private:
  void place_freed();
  static constexpr unsigned most_looked_at = 16;  // a system call each

  [[nodiscard]] bool crowded() const noexcept { return all_.size() - extra_ >= places_; }
  [[nodiscard]] bool has_place() const noexcept { return !crowded() && context_.memory.may_connect(); }
  /// An idle connection makes room, where places are what is short: for want of memory it stays.
  [[nodiscard]] bool may_end_idle() const noexcept { return crowded() && !idle_.empty(); }
  Session* longest_idle();
  [[nodiscard]] bool no_room() const noexcept;

  LoopContext& context_;
  const std::size_t places_;
  std::size_t extra_ = 0;
  bool full_ = false;  // as the listener was told
  std::function<void()> on_room_;
  std::function<void(const std::exception&)> on_bug_;
  using IdleList = boost::intrusive::list<Session, boost::intrusive::base_hook<IdleHook>,
                                          boost::intrusive::constant_time_size<false>>;
  IdleList idle_;        // those with a place, the longest idle first
  IdleList idle_extra_;  // those without one whose request has not come yet, or not all of its header
  boost::intrusive::list<Session, boost::intrusive::base_hook<WaitingHook>,
                         boost::intrusive::constant_time_size<false>>
      waiting_;
  std::atomic<std::size_t> count_{0};
  std::unordered_map<Session*, std::unique_ptr<Session>> all_;
};

}  // namespace holysheep::proxy
