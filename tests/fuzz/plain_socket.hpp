#pragma once

#include <string>
#include <string_view>

namespace holysheep::fuzz {

/// One end of a connection within this process, non-blocking: what is not there yet is left for later.
class PlainSocket {
 public:
  explicit PlainSocket(int descriptor) noexcept : fd_(descriptor) {}
  PlainSocket(PlainSocket&& other) noexcept : fd_(other.fd_), ended_(other.ended_) { other.fd_ = -1; }
  PlainSocket& operator=(PlainSocket&&) = delete;
  ~PlainSocket() { close(); }

  [[nodiscard]] bool open() const noexcept { return fd_ >= 0; }
  /// The peer has ended its side, or reset it.
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// How much of it was taken.
  std::size_t write(std::string_view bytes) noexcept;
  /// Appends what has come. Whether anything has, an end included.
  bool read(std::string& into);
  void close() noexcept;
  /// Closes with a reset.
  void reset() noexcept;

 private:
  int fd_;
  bool ended_ = false;
};

}  // namespace holysheep::fuzz
