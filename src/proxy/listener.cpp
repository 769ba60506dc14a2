#include <holysheep/proxy/listener.hpp>

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace holysheep::proxy {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

/// So many bytes the kernel takes ahead of what is on its way to a client: one that has stopped reading holds
/// that instead of a send buffer of megabytes, and a fast one is not slowed.
constexpr int most_unsent = 16 * 1024;

}  // namespace

Result<std::uint16_t, std::string> Listener::open(const std::string& address, std::uint16_t port, bool join) {
  error_code error;
  const auto ip = boost::asio::ip::make_address(address, error);
  const tcp::endpoint endpoint(ip, port);
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error && ip.is_v6()) acceptor_.set_option(boost::asio::ip::v6_only(false), error);
  if (!error) acceptor_.set_option(boost::asio::socket_base::reuse_address(true), error);
  if (!error && !join) acceptor_.bind(endpoint, error);
  if (!error && !join) {
    // Bound without SO_REUSEPORT: nobody else has this port. Now it is taken again for our own group.
    port = acceptor_.local_endpoint().port();
    acceptor_.close();
    return open(address, port, true);
  }
  const int on = 1;
  if (!error && ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
    error = error_code(errno, boost::system::system_category());
  }
  // Those that are accepted inherit it.
  ::setsockopt(acceptor_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most_unsent, sizeof most_unsent);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(4096, error);
  if (!error) acceptor_.native_non_blocking(true, error);
  if (error) return Unexpected{address + " port " + std::to_string(port) + ": " + error.message()};
  return acceptor_.local_endpoint().port();
}

void Listener::accept() {
  for (int i = 0; i < at_once && acceptor_.is_open() && !sessions_.full(); ++i) {
    if (!take_one()) break;
  }
  if (acceptor_.is_open() && !sessions_.full()) wait();
}

void Listener::wait() {
  if (std::exchange(waiting_, true)) return;
  acceptor_.async_wait(Acceptor::wait_read, [this](const error_code& error) {
    waiting_ = false;
    if (!error) accept();
  });
}

/// False: nobody is waiting, or nobody can be taken now.
bool Listener::take_one() {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  const int fd = ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
      return errno == ECONNABORTED;
    // Descriptors are short. The backlog holds who waits; asking again at once would spin.
    waiting_ = true;
    pause_.expires_after(std::chrono::milliseconds(50));
    pause_.async_wait([this](const error_code& error) {
      waiting_ = false;
      if (!error) accept();
    });
    return false;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  tcp::endpoint endpoint;
  std::memcpy(endpoint.data(), &peer, size);
  endpoint.resize(size);
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  }
  sessions_.add(net::Socket(loop_, fd, net::Socket::Stage::connected), address.to_string());
  return true;
}

void Listener::close() {
  // Who waits in the backlog would be reset.
  while (acceptor_.is_open() && !sessions_.full() && take_one()) {
  }
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

}  // namespace holysheep::proxy
