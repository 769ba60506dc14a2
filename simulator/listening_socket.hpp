#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include <simulator/event_loop.hpp>

namespace holysheep::sim {

/// Binds and listens, non-blocking, with SO_REUSEPORT. Throws std::runtime_error.
int listen_on(const std::string& address, std::uint16_t port);
std::uint16_t port_of(int fd);

/// Gives each accepted, non-blocking, TCP_NODELAY socket to `accepted`.
class ListeningSocket : public EventLoop::Watcher {
 public:
  ListeningSocket(int fd, std::function<void(int)> accepted) : fd_(fd), accepted_(std::move(accepted)) {}
  ~ListeningSocket() override;
  void on_ready(std::uint32_t events) override;

 private:
  int fd_;
  std::function<void(int)> accepted_;
};

}  // namespace holysheep::sim
