#pragma once

#include <holysheep/http/head_scanner.hpp>

#include <cstddef>
#include <string_view>

namespace holysheep::http {

/// Tells whether upstream has answered before it had the whole request. A 1xx is no answer (RFC 9110 §15.2):
/// the request's body goes on behind it. Not thread-safe; no allocation.
class EarlyAnswer {
 public:
  /// `bytes` is all that has come from upstream so far; it only ever grows between calls, and each byte is
  /// looked at once. True: its final answer has begun, or what came is none. False: 1xx heads, whole or not,
  /// or too little to tell.
  bool has_begun(std::string_view bytes) noexcept {
    constexpr std::size_t status = std::string_view("HTTP/1.1 ").size();
    while (begin_ < bytes.size()) {
      const std::string_view head = bytes.substr(begin_);
      const auto state = scanner_.scan(head);
      if (state == HeadScanner::State::malformed) return true;
      if (head.size() > status && head[status] != '1') return true;
      if (state == HeadScanner::State::need_more) return false;
      begin_ += scanner_.end();
      scanner_.reset();
    }
    return false;
  }

 private:
  HeadScanner scanner_{Side::response};
  std::size_t begin_ = 0;  // of the head being looked at
};

}  // namespace holysheep::http
