#pragma once

#include <holysheep/core/fault.hpp>
#include <holysheep/core/result.hpp>
#include <holysheep/http/header_block.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace holysheep::http {

enum class Method : std::uint8_t { get, head, post, put, delete_, options, patch, trace, connect, other };

/// How a message's body is delimited (RFC 9112 §6.3).
enum class Framing : std::uint8_t { none, length, chunked, until_close };

/// A request's head, parsed. All views point into the bytes given to `parse_request_head`.
struct RequestHead {
  Method method = Method::other;
  std::string_view method_text;
  std::string_view target;  ///< origin-form, or what absolute-form holds after its authority, or "*"
  std::string_view path;    ///< of `target`, before '?'
  std::string_view query;   ///< after '?', without it
  bool has_query = false;
  int version_minor = 1;  ///< HTTP/1.0 or HTTP/1.1
  std::string_view host;
  HeaderBlock fields;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;  ///< with Framing::length
  bool keep_alive = true;            ///< what the client wants, RFC 9112 §9.3
  bool expect_continue = false;
};

/// Why a head was refused, in words that may go to the client (they quote nothing that could be a secret).
struct Refused {
  Fault fault;
  std::string_view why;  ///< static text
};

/// Parses one complete head, from its start line to its empty line, as strictly as spec.md "Forwarding
/// rules" says. `head` is cleared first and can be reused to keep its capacity.
/// Errors: `bad_request` for what can be read two ways, `not_implemented` for a transfer coding other than
/// `chunked` alone (RFC 9112 §6.1), `headers_too_large` past 256 fields or 64 names in `Connection`, `none`
/// on success.
Refused parse_request_head(std::string_view bytes, RequestHead& head);

}  // namespace holysheep::http
