#include <holysheep/net/socket.hpp>

#include <cerrno>

#include <sys/socket.h>

namespace holysheep::net {

void Socket::close() noexcept {
  if (!state_) return;
  state_->sink = nullptr;
  boost::system::error_code ignored;
  state_->socket.close(ignored);
  state_.reset();
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

void Socket::State::readable() {
  if (sink == nullptr) return;
  if (watching) {
    char byte;
    const auto seen = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (seen == 0 || (seen < 0 && errno != EAGAIN && errno != EINTR)) return sink->raise(Event::client_gone);
  }
  sink->raise(read_event);
}

void Socket::want_read() {
  if (state_->reading) return;
  state_->reading = true;
  state_->socket.async_wait(Asio::wait_read, [state = state_](const boost::system::error_code& error) {
    state->reading = false;
    if (error != boost::asio::error::operation_aborted) state->readable();
  });
}

void Socket::want_write() {
  if (state_->writing) return;
  state_->writing = true;
  state_->socket.async_wait(Asio::wait_write, [state = state_](const boost::system::error_code& error) {
    state->writing = false;
    if (error != boost::asio::error::operation_aborted && state->sink) state->sink->raise(state->write_event);
  });
}

IoResult Socket::read(std::span<char> into) noexcept {
  for (;;) {
    const auto count = ::recv(state_->fd, into.data(), into.size(), 0);
    if (count > 0) return {IoStatus::done, static_cast<std::size_t>(count)};
    if (count == 0) return {IoStatus::end};
    if (errno == EAGAIN) return {IoStatus::want_read};
    if (errno != EINTR) return {IoStatus::lost};
  }
}

IoResult Socket::write(std::span<const iovec> parts) noexcept {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  for (;;) {
    const auto count = ::sendmsg(state_->fd, &message, MSG_NOSIGNAL);
    if (count >= 0) return {IoStatus::done, static_cast<std::size_t>(count)};
    if (errno == EAGAIN) return {IoStatus::want_write};
    if (errno != EINTR) return {IoStatus::lost};
  }
}

}  // namespace holysheep::net
