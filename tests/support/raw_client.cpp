#include "support/raw_client.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holysheep::testing {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool wait_for(int descriptor, short what, Clock::time_point deadline) {
  pollfd entry{descriptor, what, 0};
  int ready = 0;
  do {
    ready = ::poll(&entry, 1, milliseconds_until(deadline));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

RawClient::RawClient(std::uint16_t port, int receive_buffer)
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0) {
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const auto address = loopback(port);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    close();
    throw std::system_error(error, std::generic_category(), "connect");
  }
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
}

RawClient RawClient::adopt(int descriptor) {
  RawClient client;
  client.descriptor_ = descriptor;
  ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
  return client;
}

RawClient::~RawClient() {
  close();
}

RawClient::RawClient(RawClient&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      received_(std::move(other.received_)),
      limit_(other.limit_) {}

RawClient& RawClient::operator=(RawClient&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
    received_ = std::move(other.received_);
    limit_ = other.limit_;
  }
  return *this;
}

bool RawClient::send(std::string_view bytes) {
  const auto deadline = Clock::now() + limit_;
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN || !wait_for(descriptor_, POLLOUT, deadline)) {
      return false;
    }
  }
  return true;
}

ReadEnd RawClient::read_some() {
  if (!wait_for(descriptor_, POLLIN, Clock::now() + limit_)) return ReadEnd::timeout;
  std::array<char, 65536> buffer;
  const auto count = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (count > 0) {
    received_.append(buffer.data(), static_cast<std::size_t>(count));
    return ReadEnd::satisfied;
  }
  return count == 0 ? ReadEnd::eof : ReadEnd::reset;
}

ReadEnd RawClient::read_until(const std::function<bool(std::string_view)>& done) {
  const auto deadline = Clock::now() + limit_;
  while (!done(received_)) {
    if (Clock::now() >= deadline) return ReadEnd::timeout;
    if (const auto end = read_some(); end != ReadEnd::satisfied) {
      return done(received_) ? ReadEnd::satisfied : end;
    }
  }
  return ReadEnd::satisfied;
}

ReadEnd RawClient::read_until(std::string_view mark) {
  return read_until([mark](std::string_view all) { return all.find(mark) != std::string_view::npos; });
}

ReadEnd RawClient::read_to_end() {
  return read_until([](std::string_view) { return false; });
}

std::string RawClient::take() {
  return std::exchange(received_, {});
}

void RawClient::half_close() {
  ::shutdown(descriptor_, SHUT_WR);
}

void RawClient::reset() {
  const linger now{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void RawClient::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

RefusingPort::RefusingPort() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    throw std::system_error(errno, std::generic_category(), "bind");
  }
  ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
  number_ = ntohs(address.sin_port);
}

RefusingPort::~RefusingPort() {
  ::close(descriptor_);
}

std::uint16_t unused_port() {
  constexpr unsigned first = 10240;
  constexpr unsigned count = 32768 - first;
  static std::atomic<unsigned> next = static_cast<unsigned>(::getpid()) * 31U;
  for (unsigned tries = 0; tries < count; ++tries) {
    const auto port = static_cast<std::uint16_t>(first + next++ % count);
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(port);
    const bool free = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(descriptor);
    if (free) return port;
  }
  throw std::runtime_error("no port is free");
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace holysheep::testing
