#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct z_stream_s;

namespace holysheep::http {

/// What follows the bytes that an encoder is given.
enum class Then : std::uint8_t {
  more,  ///< more, soon: they may stay inside
  wait,  ///< a wait: all of them can be read from what has come out (costs a few bytes of ratio)
  end,   ///< nothing: the stream is complete
};

/// One gzip stream (RFC 1952), written as its bytes come. Not thread-safe. Throws std::bad_alloc only.
class GzipEncoder {
 public:
  static constexpr int least_window = 12;
  static constexpr int most_window = 15;

  /// `window`: the window's size as a power of two, which decides what the encoder takes: 38 KiB at 12, 70 at
  /// 13, 134 at 14, 262 at 15.
  explicit GzipEncoder(int window);
  ~GzipEncoder();
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  /// Takes `piece` and appends to `out` what comes out: with `more` often nothing, and never more than the
  /// piece and what was inside, but for a few bytes of framing. Nothing may follow `end` but `restart`.
  void feed(std::string_view piece, Then then, std::string& out);
  /// Begins another stream, in the same memory.
  void restart() noexcept;

  [[nodiscard]] int window() const noexcept { return window_; }
  /// What one with this window takes, in bytes.
  [[nodiscard]] static constexpr std::size_t memory_of(int window) noexcept {
    return (std::size_t{8} << window) + 6 * 1024;
  }
  /// Bytes held, all of it from the beginning.
  [[nodiscard]] std::size_t memory() const noexcept { return memory_; }

 private:
  void write(std::string_view piece, int flush, std::string& out);

  std::unique_ptr<z_stream_s> stream_;
  std::size_t memory_ = 0;
  int window_;
};

/// The window for a body of this length: what can refer to all of it. Of unknown length: the one that costs
/// little memory, since such a body may be long under way.
int window_for(std::optional<std::uint64_t> length) noexcept;

/// One event loop's encoders, so that an answer allocates none: a few of each size rest here. Must outlive
/// what it lends.
class GzipEncoders {
 public:
  struct GiveBack {
    GzipEncoders* home = nullptr;
    void operator()(GzipEncoder* encoder) const noexcept { home->give_back(encoder); }
  };
  using Lent = std::unique_ptr<GzipEncoder, GiveBack>;

  GzipEncoders();

  /// One at its beginning, for a body of this length.
  Lent take(std::optional<std::uint64_t> length);
  /// Bytes of those that rest.
  [[nodiscard]] std::size_t memory() const noexcept;

 private:
  static constexpr std::size_t kept = 2;  // of each size
  static constexpr std::size_t sizes = GzipEncoder::most_window - GzipEncoder::least_window + 1;

  void give_back(GzipEncoder* encoder) noexcept;

  std::array<std::vector<std::unique_ptr<GzipEncoder>>, sizes> resting_;
};

}  // namespace holysheep::http
