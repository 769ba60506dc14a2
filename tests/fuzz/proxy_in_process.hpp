#pragma once

#include <cstdint>
#include <memory>

namespace holysheep::fuzz {

/// The proxy's sessions on one event loop of their own, as a worker has them: the real ones, with a plain
/// upstream on loopback, and nothing that waits for a time. Turned by hand, on the thread that made it. A new
/// one for each input, because breakers, pauses and pools remember.
class ProxyInProcess {
 public:
  explicit ProxyInProcess(std::uint16_t upstream_port);
  ~ProxyInProcess();
  ProxyInProcess(const ProxyInProcess&) = delete;
  ProxyInProcess& operator=(const ProxyInProcess&) = delete;

  /// A client's connection: the descriptor of the client's end, which is the caller's.
  int connect();
  /// Lets the event loop do what it can. Whether that was anything.
  bool turn();
  /// The same, and waits a little for something to come: loopback delivers late on a busy machine.
  bool wait();
  /// The process ends: what is in flight is cut.
  void cut();
  [[nodiscard]] std::size_t connections() const noexcept;
  /// Nothing is held any more for anybody: bytes, permits, requests.
  [[nodiscard]] bool holds_nothing() const noexcept;
  [[nodiscard]] bool threw() const noexcept;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace holysheep::fuzz
