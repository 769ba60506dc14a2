#include "plain_socket.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace holysheep::fuzz {

std::size_t PlainSocket::write(std::string_view bytes) noexcept {
  const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno != EAGAIN) ended_ = true;
  return 0;
}

bool PlainSocket::read(std::string& into) {
  std::array<char, 65536> piece;
  bool came = false;
  while (open() && !ended_) {
    const auto count = ::recv(fd_, piece.data(), piece.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) break;
    came = true;
    if (count > 0) into.append(piece.data(), static_cast<std::size_t>(count));
    if (count <= 0) ended_ = true;
  }
  return came;
}

void PlainSocket::close() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void PlainSocket::reset() noexcept {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  if (fd_ >= 0) ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

}  // namespace holysheep::fuzz
