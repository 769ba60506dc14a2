#include <cerrno>

#include <linux/sockios.h>
#include <openssl/err.h>
#include <simulator/transport.hpp>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holysheep::sim {

Transport::Transport(int fd, SSL_CTX* context) : fd_(fd) {
  if (context == nullptr) return;
  ssl_ = SSL_new(context);
  SSL_set_fd(ssl_, fd);
  SSL_set_accept_state(ssl_);
}

Transport::~Transport() {
  if (ssl_ != nullptr) SSL_free(ssl_);
  ::close(fd_);
}

Transport::Outcome Transport::outcome_of(int result) {
  const int error = SSL_get_error(ssl_, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? Outcome::would_block : Outcome::gone;
}

Transport::Outcome Transport::handshake() {
  if (ssl_ == nullptr) return Outcome::done;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  return result == 1 ? Outcome::done : outcome_of(result);
}

Transport::Outcome Transport::read(std::span<char> into, std::size_t& count) {
  count = 0;
  if (ssl_ != nullptr) {
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_, into.data(), into.size(), &count);
    return result == 1 ? Outcome::done : outcome_of(result);
  }
  const auto got = ::recv(fd_, into.data(), into.size(), 0);
  if (got > 0) count = static_cast<std::size_t>(got);
  if (got > 0) return Outcome::done;
  return got < 0 && (errno == EAGAIN || errno == EINTR) ? Outcome::would_block : Outcome::gone;
}

Transport::Outcome Transport::write(std::string_view bytes, std::size_t& count) {
  count = 0;
  if (ssl_ != nullptr) {
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count);
    return result == 1 ? Outcome::done : outcome_of(result);
  }
  const auto put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (put > 0) count = static_cast<std::size_t>(put);
  if (put > 0) return Outcome::done;
  return put < 0 && (errno == EAGAIN || errno == EINTR) ? Outcome::would_block : Outcome::gone;
}

bool Transport::has_pending() const {
  return ssl_ != nullptr && SSL_has_pending(ssl_) == 1;
}

void Transport::end_writing(bool notify) {
  if (ssl_ != nullptr && notify && SSL_is_init_finished(ssl_) == 1) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }
  ::shutdown(fd_, SHUT_WR);
}

void Transport::make_reset() {
  // A reset throws away what the kernel has not sent yet: on a busy machine some of what the script has come
  // before it.
  constexpr int looks = 200;
  int unsent = 0;
  for (int i = 0; i < looks && ::ioctl(fd_, SIOCOUTQNSD, &unsent) == 0 && unsent > 0; ++i) ::usleep(100);
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

}  // namespace holysheep::sim
