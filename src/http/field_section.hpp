#pragma once

#include <holysheep/http/header_block.hpp>
#include <holysheep/http/request_head.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holysheep::http {

inline constexpr std::size_t most_fields = 256;
/// Names in `Connection` fields together, `close` and `keep-alive` apart. Each costs a look at every field.
inline constexpr unsigned most_nominations = 64;

/// What the fields say about the message that carries them, gathered in the one pass over them.
struct MessageFacts {
  unsigned hosts = 0;
  unsigned lengths = 0;  ///< `Content-Length` fields
  unsigned codings = 0;  ///< `Transfer-Encoding` fields
  std::uint64_t length = 0;
  bool length_valid = true;       ///< digits only and below 2^64
  bool coding_known = true;       ///< each is `chunked` and nothing else
  bool close = false;             ///< `Connection: close`
  bool keep_alive = false;        ///< `Connection: keep-alive`
  bool expects_continue = false;  ///< `Expect` has the member `100-continue`
  unsigned nominations = 0;       ///< what `Connection` names else
};

/// Parses field lines and the empty line that ends them, to the very end of `bytes`, into `fields`, and marks
/// those that `Connection` nominates. Errors: `bad_request`, `headers_too_large` past `most_fields` or
/// `most_nominations`.
Refused parse_fields(std::string_view bytes, HeaderBlock& fields, MessageFacts& facts);

/// One field line without its CRLF, as strictly as above; false: malformed.
bool parse_field_line(std::string_view line, Field& field) noexcept;

/// `1*DIGIT` below 2^64 (RFC 9110 §8.6), nothing else.
bool parse_length(std::string_view text, std::uint64_t& length) noexcept;

}  // namespace holysheep::http
