#pragma once

#include <holysheep/net/event_loop.hpp>
#include <holysheep/net/wakeup.hpp>

#include <cstddef>
#include <span>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <sys/uio.h>

namespace holysheep::net {

/// How a read or write on a non-blocking connection came out.
enum class IoStatus : std::uint8_t {
  done,        ///< `count` bytes went through
  want_read,   ///< nothing now: `want_read()` and wait for the readable event
  want_write,  ///< nothing now: `want_write()` and wait for the writable event
  end,         ///< the peer ended its side in order
  lost,        ///< reset, or ended where the protocol does not allow it
};
struct IoResult {
  IoStatus status;
  std::size_t count = 0;
};

/// A non-blocking TCP socket whose readiness is raised as events at whoever listens at the moment. Reads and
/// writes are plain system calls; Asio is asked only when one would block. Move-only; closes in its
/// destructor. One event loop only.
class Socket {
 public:
  using Asio = boost::asio::basic_stream_socket<boost::asio::ip::tcp, EventLoop::Executor>;

  Socket() = default;
  explicit Socket(Asio socket) : state_(new State(std::move(socket))) {}
  Socket(Socket&& other) noexcept : state_(std::move(other.state_)) {}
  Socket& operator=(Socket&& other) noexcept {
    close();
    state_ = std::move(other.state_);
    return *this;
  }
  ~Socket() { close(); }

  [[nodiscard]] bool open() const noexcept { return state_ != nullptr; }
  [[nodiscard]] int fd() const noexcept { return state_->fd; }
  void close() noexcept;
  /// Closes with a reset, so that the peer cannot take what it got for the whole.
  void abort() noexcept;
  void shutdown_send() noexcept;

  /// From now on `sink` hears `readable` and `writable` for this socket.
  void listen(EventSink& sink, Event readable, Event writable) noexcept;
  /// Nobody hears of it until somebody listens again.
  void ignore() noexcept { state_->sink = nullptr; }
  /// While watched, a readable event is first looked into: an end or a reset is raised as `client_gone`.
  void watch_for_end(bool on) noexcept { state_->watching = on; }
  /// Asks for one readable event, unless one is asked for already. It stays asked for across requests.
  void want_read();
  [[nodiscard]] bool read_wanted() const noexcept { return state_->reading; }
  void want_write();

  IoResult read(std::span<char> into) noexcept;
  IoResult write(std::span<const iovec> parts) noexcept;

 private:
  struct State : boost::intrusive_ref_counter<State, boost::thread_unsafe_counter> {
    explicit State(Asio open) : socket(std::move(open)), fd(socket.native_handle()) {}
    void readable();
    Asio socket;
    int fd;
    EventSink* sink = nullptr;
    Event read_event = Event::none;
    Event write_event = Event::none;
    bool reading = false;  // a readiness wait is with Asio
    bool writing = false;
    bool watching = false;
  };
  boost::intrusive_ptr<State> state_;
};

}  // namespace holysheep::net
