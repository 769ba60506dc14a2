#pragma once

#include <string>
#include <string_view>

namespace holysheep::http {

/// Of a trailer section (field lines, each with its CRLF, as ChunkDecoder gives it) those lines that may go
/// on: fields that some rule speaks of (framing, routing, credentials, hop-by-hop) must not come that late
/// (RFC 9110 §6.5.1). `compressed`: the body is on its way, so digests of its plain bytes do not go on
/// either.
std::string forwardable_trailers(std::string_view lines, bool compressed = false);

}  // namespace holysheep::http
