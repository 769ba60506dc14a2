#pragma once

#include <string>
#include <string_view>

namespace holysheep::http {

/// Of a trailer section (field lines, each with its CRLF, as ChunkDecoder gives it) those lines that may go
/// on: fields that some rule speaks of (framing, routing, credentials, hop-by-hop) must not come that late
/// (RFC 9110 §6.5.1). `other_bytes`: the client gets a body that is compressed or edited on its way, so
/// digests of upstream's do not go on either.
std::string forwardable_trailers(std::string_view lines, bool other_bytes = false);

}  // namespace holysheep::http
