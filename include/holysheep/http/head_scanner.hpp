#pragma once

#include <cstddef>
#include <string_view>

namespace holysheep::http {

enum class Side : bool { request, response };

/// Finds the end of a message head (start line, fields, empty line) in bytes that come in pieces, looking at
/// each byte once however they are cut, and refuses early what can no longer become one (RFC 9112 §2.2): a
/// bare CR or LF, a first byte that begins no request line (a TLS hello), an answer that does not begin with
/// `HTTP/1.`. Empty lines before a request line are skipped (at most 4 CRLF), before a status line refused.
/// What the lines say is for `parse_request_head` and `parse_response_head`. Not thread-safe; no allocation.
class HeadScanner {
 public:
  enum class State : unsigned char { need_more, complete, malformed };

  explicit HeadScanner(Side side) noexcept : side_(side) {}

  /// `bytes` is everything received for this message so far; it only ever grows between calls. Once
  /// `complete` or `malformed` it says so again, until `reset`.
  State scan(std::string_view bytes) noexcept;

  [[nodiscard]] std::size_t begin() const noexcept { return begin_; }  ///< where the start line starts
  [[nodiscard]] std::size_t end() const noexcept {
    return line_;
  }  ///< when complete: one past the empty line
  /// True until the start line's own CRLF was seen: tells 414 from 431 when the limit is reached.
  [[nodiscard]] bool in_start_line() const noexcept { return in_start_line_; }
  void reset() noexcept { *this = HeadScanner(side_); }

 private:
  [[nodiscard]] bool may_begin(std::string_view line) const noexcept;
  State end_line(std::size_t length) noexcept;

  Side side_;
  State state_ = State::need_more;
  bool in_start_line_ = true;
  std::size_t begin_ = 0;
  std::size_t line_ = 0;    // where the line being looked at begins
  std::size_t looked_ = 0;  // no CR or LF between line_ and here
};

}  // namespace holysheep::http
