#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holysheep::http {

/// Takes the chunked coding off a body that comes in pieces (RFC 9112 §7.1), without copying: the caller
/// gives bytes, and gets back the next span of payload within them. Strict: CRLF only, hexadecimal sizes of
/// at most 15 digits, white space only before an extension's `;`, extensions of at most 4 KiB a chunk and
/// 64 KiB a body, trailers that are well-formed field lines of at most `max_trailer_bytes`. Never throws;
/// allocates for trailers only. Not thread-safe.
class ChunkDecoder {
 public:
  enum class Event : unsigned char {
    need_more,  ///< everything given was consumed, the body goes on
    payload,    ///< `span()` holds payload; call again with the rest
    end,        ///< the last chunk and its trailers are through; what is left belongs to the next message
    malformed,
    trailers_too_large,
  };

  explicit ChunkDecoder(std::size_t max_trailer_bytes = 32 * 1024) noexcept
      : max_trailers_(max_trailer_bytes) {}

  /// Consumes from the front of `bytes` (which it shortens) up to the next event. `payload` is never empty.
  /// `end`, `malformed` and `trailers_too_large` are final: asked again, they are said again.
  Event next(std::string_view& bytes);

  /// After `payload`: a view into the bytes that were given.
  [[nodiscard]] std::string_view span() const noexcept { return span_; }
  /// After `end`: the trailer section as field lines, each with its CRLF, as they came. Empty for most.
  [[nodiscard]] std::string_view trailers() const noexcept { return trailers_; }

 private:
  enum class State : unsigned char {
    size,
    blank_after_size,
    extension,
    quoted,  ///< within an extension's quoted string, which the line's end must not cut (RFC 9112 §7.1.1)
    quoted_pair,
    size_lf,
    payload,
    payload_cr,
    payload_lf,
    trailers,
    over,
  };

  Event take_payload(std::string_view& bytes) noexcept;
  Event take_trailers(std::string_view& bytes);
  bool step(char c) noexcept;
  bool end_size(char c) noexcept;
  bool count_extension() noexcept;
  Event finish(Event verdict) noexcept;

  std::size_t max_trailers_;
  std::uint64_t left_ = 0;  // of the current chunk's payload; its size, while that is being read
  std::string_view span_;
  std::string trailers_;
  std::size_t trailer_line_ = 0;  // where in trailers_ the last line begins
  std::uint32_t chunk_extension_ = 0;
  std::uint32_t body_extensions_ = 0;
  std::uint8_t digits_ = 0;
  State state_ = State::size;
  Event verdict_ = Event::need_more;  // once State::over
};

}  // namespace holysheep::http
