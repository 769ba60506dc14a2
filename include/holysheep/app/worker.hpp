#pragma once

#include <holysheep/core/result.hpp>
#include <holysheep/proxy/loop_context.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include <spdlog/logger.h>

namespace holysheep::app {

/// One event loop on its own thread, with its share of the client port, its sessions and its connections
/// upstream. Made, told and joined by the App's thread.
class Worker {
 public:
  Worker(proxy::Pod& pod, spdlog::logger& log, unsigned index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Binds and listens, before `start`. The port that it got, or why not.
  Result<std::uint16_t, std::string> listen(const std::string& address, std::uint16_t port);
  void start();

  /// Takes the connections that wait already, and no more from then on. Idle ones end when they have been
  /// silent for `quiet`.
  void close_listener(Duration quiet);
  /// Until `close_listener` has been done: connections may wait that nobody has counted. Any thread.
  [[nodiscard]] bool listening() const noexcept;
  /// Client connections right now. Any thread.
  [[nodiscard]] std::size_t connections() const noexcept;
  /// What its clients hold and may hold. Any thread.
  [[nodiscard]] LoopMemory& memory() noexcept;
  /// What its sessions share, for those parts of it that any thread may read: what it counts.
  [[nodiscard]] const proxy::LoopContext& context() const noexcept;
  /// Counts how late it is with what is posted to it.
  void measure_lag();
  /// A key that was replaced is kept by no event loop that has nothing to send with it.
  void forget_old_keys();
  /// Bytes lent by its pool. Any thread.
  [[nodiscard]] std::int64_t relay_bytes() const noexcept;
  /// It may take connections again that it had no memory for.
  void look_for_room();
  /// Gives what it keeps for later back to the heap, at its next turn, and takes one off `left` then, which
  /// must outlive the loop.
  void give_back(std::atomic<std::size_t>& left);
  /// Cuts what is in flight and waits until it is. How many requests that were. What they share with those of
  /// other event loops goes on until `stop`, so that each of them is counted where it is.
  std::size_t cut();
  /// Stops at once and waits for the thread. How many requests were cut.
  std::size_t stop();

 private:
  struct Loop;
  const unsigned index_;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace holysheep::app
