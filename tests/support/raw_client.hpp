#pragma once

#include "support/deadline.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace holysheep::testing {

/// Why reading stopped.
enum class ReadEnd { satisfied, eof, reset, timeout };

/// One loopback connection and its bytes, as they are: it parses nothing. Every wait has a limit.
class RawClient {
 public:
  /// Connects to 127.0.0.1. `receive_buffer` (bytes, before connecting) bounds what the kernel takes for a
  /// reader that has stopped. Throws std::system_error when the connection is refused.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0);
  /// Takes an accepted descriptor.
  static RawClient adopt(int descriptor);
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&& other) noexcept;

  void set_limit(std::chrono::milliseconds limit) { limit_ = limit; }

  /// Sends all; false when the peer went away or took too long.
  bool send(std::string_view bytes);

  /// Reads until `done(everything received so far)` holds, or the end. What came is in received().
  ReadEnd read_until(const std::function<bool(std::string_view)>& done);
  /// Reads until `mark` has come (searched in all of received()).
  ReadEnd read_until(std::string_view mark);
  ReadEnd read_to_end();
  /// Reads at most once; for loops that look at time themselves.
  ReadEnd read_some();

  const std::string& received() const { return received_; }
  /// Everything received so far, removed from received().
  std::string take();

  void half_close();
  /// Closes with RST.
  void reset();
  void close();
  int descriptor() const { return descriptor_; }

 private:
  RawClient() = default;

  int descriptor_ = -1;
  std::string received_;
  std::chrono::milliseconds limit_ = patience();
};

/// A loopback port that nothing listens on: connecting to it is refused. Below those that the kernel gives to
/// who asks for any (ip_local_port_range), so that no program started meanwhile gets it.
std::uint16_t unused_port();

/// The same, held for as long as this lives, so that nobody else is given it meanwhile.
class RefusingPort {
 public:
  RefusingPort();
  ~RefusingPort();
  RefusingPort(const RefusingPort&) = delete;
  RefusingPort& operator=(const RefusingPort&) = delete;

  std::uint16_t number() const { return number_; }

 private:
  int descriptor_;
  std::uint16_t number_ = 0;
};

/// Raises RLIMIT_NOFILE to its hard limit, and gives it.
std::size_t raise_descriptor_limit();

}  // namespace holysheep::testing
