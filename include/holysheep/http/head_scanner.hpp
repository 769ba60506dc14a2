#pragma once

#include <cstddef>
#include <string_view>

namespace holysheep::http {

enum class Side : bool { request, response };

/// Finds the end of a message head (start line, fields, empty line) in bytes that come in pieces, looking at
/// each byte once, and refuses early what can no longer become one (RFC 9112 §2.2): a bare CR or LF, a
/// first byte that begins no HTTP message (a TLS hello, an HTTP/2 preface). Empty lines before a request line
/// are skipped (at most 4 CRLF). Not thread-safe; no allocation.
class HeadScanner {
 public:
  enum class State : unsigned char { need_more, complete, malformed };

  explicit HeadScanner(Side side) noexcept : side_(side) {}

  /// `bytes` is everything received for this message so far; it only ever grows between calls.
  State scan(std::string_view bytes) noexcept;

  [[nodiscard]] std::size_t begin() const noexcept { return begin_; }  ///< where the start line starts
  [[nodiscard]] std::size_t end() const noexcept {
    return next_;
  }  ///< when complete: one past the empty line
  /// True until the start line's own CRLF was seen: tells 414 from 431 when the limit is reached.
  [[nodiscard]] bool in_start_line() const noexcept { return in_start_line_; }
  void reset() noexcept { *this = HeadScanner(side_); }

 private:
  Side side_;
  bool in_start_line_ = true;
  std::size_t begin_ = 0;
  std::size_t next_ = 0;  // first byte not looked at yet, always the start of a line
};

}  // namespace holysheep::http
