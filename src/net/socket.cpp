#include <holysheep/net/socket.hpp>

#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

namespace holysheep::net {

Socket::Socket(EventLoop& loop, int fd, Stage stage)
    : state_(std::make_unique<State>(loop.readiness, fd, stage)) {}

Socket::State::State(Readiness& set, int descriptor, Stage stage) noexcept
    : readiness(set), fd(descriptor), writable(stage == Stage::connected) {
  if (readiness.add(fd, *this)) return;
  ::shutdown(fd, SHUT_RDWR);
  readable = writable = ended = true;
}

Socket::State::~State() {
  readiness.forget(*this);
  ::close(fd);
}

void Socket::State::ready(std::uint32_t events) {
  constexpr std::uint32_t over = EPOLLHUP | EPOLLERR;
  Event came = Event::none;
  if ((events & (EPOLLIN | EPOLLRDHUP | over)) != 0) {
    readable = true;
    ended = ended || (events & (EPOLLRDHUP | over)) != 0;
    came = watching && ended ? Event::client_gone : read_event;
  }
  if ((events & (EPOLLOUT | over)) != 0 && !writable) {
    writable = true;
    came = came | write_event;
  }
  if (sink != nullptr && any(came)) sink->raise(came);  // which may end this
}

void Socket::abort() noexcept {
  if (!state_) return;
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(state_->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close();
}

void Socket::shutdown_send() noexcept {
  ::shutdown(state_->fd, SHUT_WR);
}

void Socket::listen(EventSink& sink, Event readable, Event writable) noexcept {
  state_->sink = &sink;
  state_->read_event = readable;
  state_->write_event = writable;
}

void Socket::watch_for_end(bool on) noexcept {
  state_->watching = on;
  if (on && state_->ended) state_->sink->raise(Event::client_gone);
}

bool Socket::has_bytes() const noexcept {
  char byte;
  return ::recv(state_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

IoResult Socket::read(std::span<char> into) noexcept {
  if (!state_->readable) return {IoStatus::want_read};
  for (;;) {
    const auto count = ::recv(state_->fd, into.data(), into.size(), 0);
    if (count > 0) {
      const auto size = static_cast<std::size_t>(count);
      if (size < into.size()) state_->readable = state_->ended;  // that was all: more would be a new edge
      return {IoStatus::done, size};
    }
    if (count == 0) return {IoStatus::end};
    if (errno == EAGAIN) {
      state_->readable = false;
      return {IoStatus::want_read};
    }
    if (errno != EINTR) return {IoStatus::lost};
  }
}

IoResult Socket::write(std::span<const iovec> parts) noexcept {
  if (!state_->writable) return {IoStatus::want_write};
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  for (;;) {
    const auto count = parts.size() == 1
                           ? ::send(state_->fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
                           : ::sendmsg(state_->fd, &message, MSG_NOSIGNAL);
    if (count >= 0) return {IoStatus::done, static_cast<std::size_t>(count)};
    if (errno == EAGAIN) {
      state_->writable = false;
      return {IoStatus::want_write};
    }
    if (errno != EINTR) return {IoStatus::lost};
  }
}

}  // namespace holysheep::net
