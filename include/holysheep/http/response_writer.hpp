#pragma once

#include <holysheep/http/response_head.hpp>
#include <holysheep/http/server_timing.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holysheep::http {

/// What compression has to do with an answer.
enum class Coding : std::uint8_t {
  none,
  varies,  ///< it goes as it came, but another client might get it compressed
  gzip,    ///< it is compressed here, and goes chunked
};

/// Upstream's answer on its way to the client. Everything is lent for the call alone.
struct Downward {
  const ResponseHead& head;
  int client_version_minor = 1;
  Framing framing = Framing::none;   ///< how the body is sent on; none for HEAD, 204 and 304
  std::uint64_t content_length = 0;  ///< with Framing::length
  Coding coding = Coding::none;
  bool edited = false;  ///< something may be taken out of the body: without what binds it to upstream's bytes
  bool close = false;   ///< the client connection ends with this answer
  std::string_view request_id{};
  std::string_view date{};             ///< for an answer that came without
  std::optional<bool> should_retry{};  ///< takes the place of upstream's `x-should-retry`
  std::string_view extra{};            ///< further lines, each with its CRLF
  bool second_hand = false;            ///< was asked for by somebody else: without its `Set-Cookie`
  std::optional<Duration> age{};       ///< kept for so long: takes its place in `Age` (RFC 9111 §5.1)
  const ServerTiming& timing;
};

/// Appends the head that goes to the client, as spec.md "Forwarding rules" has it: always HTTP/1.1 (RFC 9112
/// §2.3), hop-by-hop fields and framing are ours, upstream's `X-Request-Id` becomes `X-Upstream-Request-Id`,
/// an event stream forbids the proxies before us to hold or transform it, the rest is upstream's in its order
/// and case. Of an answer that is compressed here the validator becomes weak, and what speaks of its plain
/// bytes (length, digests, ranges) is left out. No allocation beyond `out`'s growth; any thread.
void write_response_head(std::string& out, const Downward& down);

/// Appends an interim head (102, 103) that is passed on to an HTTP/1.1 client.
void write_interim_head(std::string& out, const ResponseHead& head);

}  // namespace holysheep::http
