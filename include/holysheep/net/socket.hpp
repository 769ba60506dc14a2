#pragma once

#include <holysheep/net/event_loop.hpp>
#include <holysheep/net/wakeup.hpp>

#include <cstddef>
#include <memory>
#include <span>

#include <sys/uio.h>

namespace holysheep::net {

/// How a read or write on a non-blocking connection came out.
enum class IoStatus : std::uint8_t {
  done,        ///< `count` bytes went through
  want_read,   ///< nothing now: wait for the readable event
  want_write,  ///< nothing now: wait for the writable event
  end,         ///< the peer ended its side in order
  lost,        ///< reset, or ended where the protocol does not allow it
};
struct IoResult {
  IoStatus status;
  std::size_t count = 0;
};

/// A non-blocking TCP socket whose readiness is raised as events at whoever listens at the moment. It knows
/// from its edges of readiness and from short reads when there is nothing to read, and then answers
/// `want_read` without a system call. Who was answered `want_read` or `want_write` hears an event once that
/// has changed. Move-only; closes in its destructor. One event loop only.
class Socket {
 public:
  enum class Stage : std::uint8_t { connecting, connected };

  Socket() = default;
  /// Takes over `fd`, non-blocking, which is `connected` or will be writable once it is. When the kernel
  /// cannot watch it, every read and write is `lost`.
  Socket(EventLoop& loop, int fd, Stage stage);
  Socket(Socket&& other) noexcept = default;
  Socket& operator=(Socket&& other) noexcept = default;
  ~Socket() = default;

  [[nodiscard]] bool open() const noexcept { return state_ != nullptr; }
  [[nodiscard]] int fd() const noexcept { return state_->fd; }
  void close() noexcept { state_.reset(); }
  /// Closes with a reset, so that the peer cannot take what it got for the whole.
  void abort() noexcept;
  void shutdown_send() noexcept;

  /// From now on `sink` hears `readable` and `writable` for this socket. What has come before is known to
  /// `read` and `write` alone.
  void listen(EventSink& sink, Event readable, Event writable) noexcept;
  /// Nobody hears of it until somebody listens again.
  void ignore() noexcept { state_->sink = nullptr; }
  /// While watched, the peer's end or reset is raised as `client_gone`, at once and even behind bytes that
  /// nobody has read; one that came before, now.
  void watch_for_end(bool on) noexcept;

  /// May there be something to read? False is certain, as of the event loop's last look.
  [[nodiscard]] bool readable() const noexcept { return state_->readable; }

  /// Has anything come, as of this moment? Asks the kernel.
  [[nodiscard]] bool has_bytes() const noexcept;

  IoResult read(std::span<char> into) noexcept;
  IoResult write(std::span<const iovec> parts) noexcept;

 private:
  struct State final : ReadinessSink {
    State(Readiness& set, int descriptor, Stage stage) noexcept;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State();
    void ready(std::uint32_t events) override;

    Readiness& readiness;
    int fd;
    EventSink* sink = nullptr;
    Event read_event = Event::none;
    Event write_event = Event::none;
    bool readable = false;
    bool writable;
    bool ended = false;  // the peer sends no more: everything up to that can be read now
    bool watching = false;
  };
  std::unique_ptr<State> state_;
};

}  // namespace holysheep::net
