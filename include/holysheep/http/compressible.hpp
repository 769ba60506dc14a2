#pragma once

#include <holysheep/http/request_head.hpp>
#include <holysheep/http/response_head.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace holysheep::http {

/// A shorter body is sent as it is: what gzip saves of it is less than a packet.
inline constexpr std::uint64_t least_compressed = 1024;

struct CodingChoice {
  bool varies = false;    ///< another client might get other bytes: `Vary: Accept-Encoding`
  bool compress = false;  ///< this client gets gzip
};

/// May upstream's answer be compressed, and is it for this client? JSON, text, JavaScript and XML are, of 2xx
/// with a whole body, 4xx and 5xx, from `least_compressed` bytes on or of unknown length. Never: an event
/// stream, what has a `Content-Encoding` or a part of something (206), what either side forbids to transform.
/// HEAD and HTTP/1.0 clients get it as it is. `length`: the body's, where something else than the head tells
/// it. Any thread, no allocation.
CodingChoice choose_coding(const RequestHead& request, const ResponseHead& answer,
                           std::optional<std::uint64_t> length = std::nullopt) noexcept;

/// A field, of the head or the trailers, that binds an answer to its bytes before they are compressed: the
/// digests of RFC 9530 §2 and §3, RFC 3230 and RFC 1864. It would be wrong of what the client gets.
bool binds_plain_bytes(std::string_view field_name) noexcept;

}  // namespace holysheep::http
