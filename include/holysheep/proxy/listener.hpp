#pragma once

#include <holysheep/core/result.hpp>
#include <holysheep/proxy/sessions.hpp>

#include <functional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>

namespace holysheep::proxy {

/// One event loop's share of the client port: its own socket in the kernel's SO_REUSEPORT group. Accepts only
/// while there is room; meanwhile the kernel's backlog holds who comes.
class Listener {
 public:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, net::EventLoop::Executor>;

  Listener(net::EventLoop& loop, Sessions& sessions)
      : loop_(loop), sessions_(sessions), acceptor_(loop.io), pause_(loop.io) {}

  /// Binds and listens; accepting starts with `accept`. `::` is dual stack. The first of the process' event
  /// loops fails where another process has the port; the others `join` it. The port, or why not.
  Result<std::uint16_t, std::string> open(const std::string& address, std::uint16_t port, bool join);
  /// Accepts whoever waits, and again whenever somebody comes. To be called again when room has come.
  void accept();
  /// Takes whoever waits already, as far as there is room, and nobody from then on.
  void close();

 private:
  static constexpr int at_once = 32;  // then others on this event loop have their turn

  void wait();
  bool take_one();

  net::EventLoop& loop_;
  Sessions& sessions_;
  Acceptor acceptor_;
  boost::asio::steady_timer pause_;
  bool waiting_ = false;
};

}  // namespace holysheep::proxy
