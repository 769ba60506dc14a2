#include "support/tcp_server.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holysheep::testing {

TcpServer::TcpServer(Story story)
    : story_(std::move(story)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 512) != 0) {
    throw std::system_error(errno, std::generic_category(), "listen");
  }
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

TcpServer::~TcpServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
  ::close(listener_);
}

void TcpServer::accept_all() {
  for (;;) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return;
    }
    const std::lock_guard lock(mutex_);
    open_.push_back(descriptor);
    threads_.emplace_back([this, connection = RawClient::adopt(descriptor), number = ++accepted_]() mutable {
      serve(std::move(connection), number);
    });
  }
}

void TcpServer::serve(RawClient connection, int number) {
  const int descriptor = connection.descriptor();
  story_(connection, number);
  const std::lock_guard lock(mutex_);
  open_.remove(descriptor);
  connection.close();
}

bool read_request(RawClient& connection, std::string& request) {
  if (connection.read_until("\r\n\r\n") != ReadEnd::satisfied) return false;
  const auto head = connection.received().find("\r\n\r\n") + 4;
  std::size_t body = 0;
  if (const auto at = connection.received().find("Content-Length: "); at < head) {
    body = std::strtoull(connection.received().c_str() + at + 16, nullptr, 10);
  }
  const auto whole = [&](std::string_view all) { return all.size() >= head + body; };
  if (connection.read_until(whole) != ReadEnd::satisfied) return false;
  request = connection.take();
  return true;
}

}  // namespace holysheep::testing
