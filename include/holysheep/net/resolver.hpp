#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/core/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

namespace holysheep::net {

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// Looks a name up on a thread of its own, ahead of need (`getaddrinfo` blocks and cannot be cancelled), and
/// keeps the last good answer when later look-ups fail. Shared by all event loops.
class Resolver {
 public:
  /// Blocking look-up: addresses in the order in which to try them, or why there are none.
  using Lookup = std::function<Result<Endpoints, std::string>(const std::string& host, std::uint16_t port)>;

  /// Starts the first look-up at once and repeats it every `refresh_every` (getaddrinfo tells no TTL).
  Resolver(std::string host, std::uint16_t port, Duration refresh_every = std::chrono::seconds(30),
           Lookup lookup = system_lookup);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// The last good answer; null as long as there was none. Any thread.
  [[nodiscard]] std::shared_ptr<const Endpoints> answer() const;
  /// Why the last look-up failed; empty when it did not.
  [[nodiscard]] std::string failure() const;
  /// Looks up again soon, and calls `done` (from the resolver's thread, once) when that has ended. One that
  /// ended less than half a second ago counts as that: `done` is called at once. Any thread.
  void refresh(std::function<void()> done);

  static Result<Endpoints, std::string> system_lookup(const std::string& host, std::uint16_t port);

 private:
  struct State;
  static void run(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace holysheep::net
