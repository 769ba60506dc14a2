#include "characters.hpp"
#include "field_section.hpp"
#include <holysheep/http/chunk_decoder.hpp>

#include <algorithm>

namespace holysheep::http {
namespace {

constexpr std::uint8_t most_digits = 15;
constexpr std::uint32_t most_extension_bytes = 4 * 1024;
constexpr std::uint32_t most_extension_bytes_of_body = 64 * 1024;

}  // namespace

ChunkDecoder::Event ChunkDecoder::next(std::string_view& bytes) {
  for (;;) {
    if (state_ == State::over) return verdict_;
    if (bytes.empty()) return Event::need_more;
    if (state_ == State::payload) return take_payload(bytes);
    if (state_ == State::trailers) return take_trailers(bytes);
    if (!step(bytes.front())) return finish(Event::malformed);
    bytes.remove_prefix(1);
  }
}

ChunkDecoder::Event ChunkDecoder::take_payload(std::string_view& bytes) noexcept {
  span_ = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
  bytes.remove_prefix(span_.size());
  left_ -= span_.size();
  if (left_ == 0) state_ = State::payload_cr;
  return Event::payload;
}

// One byte of what is between payloads; false: it may not stand there.
bool ChunkDecoder::step(char c) noexcept {
  switch (state_) {
    case State::size:
      if (const int digit = hex_digit(c); digit >= 0) {
        left_ = left_ * 16 + static_cast<unsigned>(digit);
        return ++digits_ <= most_digits;
      }
      return digits_ > 0 && end_size(c);
    case State::blank_after_size:
      return c != '\r' && end_size(c);
    case State::extension:
      if (c == '\r') return end_size(c);
      if (c == '"') state_ = State::quoted;
      return is_value_character(c) && count_extension();
    case State::quoted:
      if (c == '"') state_ = State::extension;
      if (c == '\\') state_ = State::quoted_pair;
      return is_value_character(c) && count_extension();
    case State::quoted_pair:
      state_ = State::quoted;
      return is_value_character(c) && count_extension();
    case State::size_lf:
      state_ = left_ > 0 ? State::payload : State::trailers;
      return c == '\n';
    case State::payload_cr:
      state_ = State::payload_lf;
      return c == '\r';
    case State::payload_lf:
      state_ = State::size;
      digits_ = 0;
      return c == '\n';
    default:
      return false;
  }
}

// What may follow a size: the end of its line, an extension, or white space before one.
bool ChunkDecoder::end_size(char c) noexcept {
  if (c == '\r') {
    state_ = State::size_lf;
    chunk_extension_ = 0;
    return true;
  }
  if (c != ';' && !is_blank(c)) return false;
  state_ = c == ';' ? State::extension : State::blank_after_size;
  return count_extension();
}

bool ChunkDecoder::count_extension() noexcept {
  return ++chunk_extension_ <= most_extension_bytes && ++body_extensions_ <= most_extension_bytes_of_body;
}

// RFC 9112 §7.1.2. Lines are collected first, since they come in pieces, and looked at when they end.
ChunkDecoder::Event ChunkDecoder::take_trailers(std::string_view& bytes) {
  while (!bytes.empty()) {
    const std::size_t lf = bytes.find('\n');
    const std::size_t taken = lf == std::string_view::npos ? bytes.size() : lf + 1;
    if (trailers_.size() + taken > max_trailers_ + 2) return finish(Event::trailers_too_large);
    trailers_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (lf == std::string_view::npos) break;

    std::string_view line = std::string_view(trailers_).substr(trailer_line_);
    if (!line.ends_with("\r\n")) return finish(Event::malformed);
    line.remove_suffix(2);
    if (line.empty()) {
      trailers_.resize(trailer_line_);
      return finish(Event::end);
    }
    if (Field field; !parse_field_line(line, field)) return finish(Event::malformed);
    trailer_line_ = trailers_.size();
  }
  return Event::need_more;
}

ChunkDecoder::Event ChunkDecoder::finish(Event verdict) noexcept {
  state_ = State::over;
  return verdict_ = verdict;
}

}  // namespace holysheep::http
