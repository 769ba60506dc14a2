#pragma once

#include <holysheep/http/header_block.hpp>
#include <holysheep/http/inflater.hpp>
#include <holysheep/http/request_head.hpp>

#include <cstdint>
#include <string_view>

namespace holysheep::http {

/// An upstream answer's head, parsed. Views point into the bytes given to `parse_response_head`.
struct ResponseHead {
  int version_minor = 1;
  int status = 0;           ///< 100 to 999
  std::string_view reason;  ///< may be empty
  HeaderBlock fields;
  Framing framing = Framing::none;   ///< as RFC 9112 §6.3 has it for the request's method
  std::uint64_t content_length = 0;  ///< with Framing::length; for HEAD and 304 what the field said
  bool keep_alive = true;            ///< the connection may be used again after this message
  bool event_stream = false;         ///< `Content-Type: text/event-stream`
  bool encoded = false;              ///< has a `Content-Encoding`: its bytes are not what they stand for
  ContentCoding coding = ContentCoding::identity;  ///< which one

  /// An event stream whose events can be read, and others put in between.
  [[nodiscard]] bool readable_events() const noexcept { return event_stream && !encoded; }
  /// Its length tells that it is: an event stream has no limit.
  [[nodiscard]] bool larger_than(std::uint64_t bytes) const noexcept {
    return !event_stream && framing == Framing::length && content_length > bytes;
  }
  [[nodiscard]] bool interim() const noexcept { return status >= 100 && status < 200; }
};

/// Parses one complete response head as strictly as a request's (spec.md "Forwarding rules", last sentence).
/// `to` is the method of the request that it answers: HEAD, 204, 304 and 1xx have no body. False: not HTTP,
/// or ambiguous.
bool parse_response_head(std::string_view bytes, Method to, ResponseHead& head);

}  // namespace holysheep::http
