#pragma once

#include "support/raw_client.hpp"

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace holysheep::testing {

/// A plain TCP upstream on 127.0.0.1 that does with each connection what it is told, each on its own thread:
/// for answers too odd for the simulator. Its destructor ends them all.
class TcpServer {
 public:
  using Story = std::function<void(RawClient& connection, int number)>;

  explicit TcpServer(Story story);
  ~TcpServer();
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  std::uint16_t port() const { return port_; }
  int accepted() const { return accepted_; }

 private:
  void accept_all();
  void serve(RawClient connection, int number);

  Story story_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::mutex mutex_;
  std::list<int> open_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

/// Reads one request whose body has a Content-Length or none; false at the connection's end.
bool read_request(RawClient& connection, std::string& request);

}  // namespace holysheep::testing
