#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holysheep::http {

/// Takes the chunked coding off a body that comes in pieces (RFC 9112 §7.1), without copying: the caller
/// gives bytes, and gets back the next span of payload within them. Strict: CRLF only, hexadecimal sizes of
/// at most 15 digits, extensions of at most 4 KiB a chunk and 64 KiB a body, trailers that are
/// well-formed field lines of at most `max_trailer_bytes`. Never throws.
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

  /// Consumes from the front of `bytes` (which it shortens) up to the next event.
  Event next(std::string_view& bytes);

  [[nodiscard]] std::string_view span() const noexcept { return span_; }
  /// After `end`: the trailer section as field lines, each with its CRLF, as they came. Empty for most.
  [[nodiscard]] std::string_view trailers() const noexcept { return trailers_; }

 private:
  enum class State : unsigned char;
  std::size_t max_trailers_;
  std::string_view span_;
  std::string trailers_;
  // the helper that writes chunk_decoder.cpp completes this
};

}  // namespace holysheep::http
