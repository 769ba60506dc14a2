#pragma once

#include "support/deadline.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep::testing {

/// Thousands of client connections on one epoll instance, driven by the thread that calls. Bytes are kept per
/// connection; nothing is parsed.
class ConnectionCrowd {
 public:
  struct Member {
    int descriptor = -1;
    bool connected = false;
    bool ended = false;  ///< the peer closed or reset
    std::string received;
    std::string unsent;
  };
  /// Called for what came on one connection, right after it was read.
  using OnData = std::function<void(std::size_t index, std::string_view bytes, Clock::time_point at)>;

  explicit ConnectionCrowd(std::uint16_t port);
  ~ConnectionCrowd();
  ConnectionCrowd(const ConnectionCrowd&) = delete;
  ConnectionCrowd& operator=(const ConnectionCrowd&) = delete;

  void on_data(OnData callback) { on_data_ = std::move(callback); }

  /// Starts `count` more connections; run() completes them. Gives the index of the first.
  std::size_t open(std::size_t count);
  void send(std::size_t index, std::string_view bytes);
  void close(std::size_t index);
  void forget_received(std::size_t index) { members_[index].received.clear(); }

  /// Moves bytes until `done()` holds; false when `limit` passed before.
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds limit = patience());

  const Member& member(std::size_t index) const { return members_[index]; }
  std::size_t size() const { return members_.size(); }
  std::size_t connected() const;
  std::size_t ended() const;
  /// How many have `text` in what they received.
  std::size_t having(std::string_view text) const;

 private:
  void flush(std::size_t index);
  void read(std::size_t index);
  void watch(std::size_t index, int operation);

  std::uint16_t port_;
  int epoll_;
  std::vector<Member> members_;
  OnData on_data_;
};

}  // namespace holysheep::testing
