#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <simulator/listening_socket.hpp>
#include <sys/socket.h>
#include <unistd.h>

namespace holysheep::sim {
namespace {

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Endpoint endpoint_of(const std::string& address, std::uint16_t port) {
  Endpoint endpoint;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&endpoint.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&endpoint.storage);
  if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    endpoint.size = sizeof(sockaddr_in);
  } else if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    endpoint.size = sizeof(sockaddr_in6);
  } else {
    throw std::runtime_error("simulator: not an IP address: " + address);
  }
  return endpoint;
}

}  // namespace

int listen_on(const std::string& address, std::uint16_t port) {
  const Endpoint endpoint = endpoint_of(address, port);
  const int fd = ::socket(endpoint.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&endpoint.storage), endpoint.size) != 0 ||
      ::listen(fd, 4096) != 0) {
    ::close(fd);
    throw std::runtime_error("simulator: cannot listen on " + address + " port " + std::to_string(port));
  }
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  return ntohs(storage.ss_family == AF_INET ? reinterpret_cast<sockaddr_in*>(&storage)->sin_port
                                            : reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port);
}

ListeningSocket::~ListeningSocket() {
  ::close(fd_);
}

void ListeningSocket::on_ready(std::uint32_t /*events*/) {
  for (int i = 0; i < 64; ++i) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    accepted_(fd);
  }
}

}  // namespace holysheep::sim
