#include "characters.hpp"
#include <holysheep/http/head_scanner.hpp>

#include <cstring>

namespace holysheep::http {
namespace {

constexpr std::size_t most_bytes_of_empty_lines = 4 * 2;

std::size_t find_from(std::string_view bytes, std::size_t from, std::size_t end, char c) noexcept {
  const void* hit = from == end ? nullptr : std::memchr(bytes.data() + from, c, end - from);
  return hit == nullptr ? end : static_cast<std::size_t>(static_cast<const char*>(hit) - bytes.data());
}

}  // namespace

HeadScanner::State HeadScanner::scan(std::string_view bytes) noexcept {
  while (state_ == State::need_more) {
    if (line_ == begin_ && !may_begin(bytes.substr(begin_))) return state_ = State::malformed;
    const std::size_t lf = find_from(bytes, looked_, bytes.size(), '\n');
    const std::size_t cr = find_from(bytes, looked_, lf, '\r');
    looked_ = cr;
    if (cr + 1 < lf || (cr == lf && lf < bytes.size())) return state_ = State::malformed;
    if (lf == bytes.size()) return state_;
    state_ = end_line(cr - line_);
  }
  return state_;
}

// A line of `length` bytes before its CRLF was seen.
HeadScanner::State HeadScanner::end_line(std::size_t length) noexcept {
  const bool was_start_line = line_ == begin_;
  line_ = looked_ = line_ + length + 2;
  if (length > 0) {
    in_start_line_ = false;
    return State::need_more;
  }
  if (!was_start_line) return State::complete;
  begin_ = line_;
  return begin_ > most_bytes_of_empty_lines ? State::malformed : State::need_more;
}

bool HeadScanner::may_begin(std::string_view line) const noexcept {
  constexpr std::string_view version = "HTTP/1.";
  if (side_ == Side::response) return version.starts_with(line.substr(0, version.size()));
  return line.empty() || line[0] == '\r' || is_in(token_characters, line[0]);
}

}  // namespace holysheep::http
