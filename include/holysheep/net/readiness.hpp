#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <sys/epoll.h>

namespace holysheep::net {

/// Hears what an edge of readiness brought: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLERR and EPOLLHUP as epoll
/// gave them. It may remove itself, and others, meanwhile.
class ReadinessSink {
 public:
  virtual void ready(std::uint32_t events) = 0;

 protected:
  ~ReadinessSink() = default;
};

/// The sockets of one event loop that carry bytes, in an edge-triggered epoll set of their own: a socket
/// enters it once, and no system call asks for its events again. Asio's `async_wait` asks with an `epoll_ctl`
/// each time, two a request and one a streamed event (5 % of the CPU time). Asio waits for the set as for one
/// descriptor, so that its event loop stays the one there is. One event loop only.
class Readiness {
 public:
  /// \throws std::system_error when no descriptor is left.
  explicit Readiness(boost::asio::io_context& io);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  /// From now on `sink` hears of `fd`'s edges, of those that it has at this moment too. False: out of memory,
  /// or past the kernel's limit of watches.
  [[nodiscard]] bool add(int fd, ReadinessSink& sink) noexcept;
  /// `sink` hears nothing any more, not even of what has come. The kernel forgets its descriptor when that is
  /// closed, which is to follow at once.
  void forget(const ReadinessSink& sink) noexcept;

 private:
  void wait();
  void dispatch();

  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> set_;
  bool waiting_ = false;
  std::array<epoll_event, 128> events_;
  std::span<epoll_event> to_come_;  // of `events_`: those that were not given to their sinks yet
};

}  // namespace holysheep::net
