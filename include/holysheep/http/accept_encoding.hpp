#pragma once

#include <holysheep/http/header_block.hpp>

namespace holysheep::http {

/// Does a request's `Accept-Encoding`, all its lines together, prefer gzip to the bytes as they are, or value
/// them the same (RFC 9110 §12.5.3)? `x-gzip` is gzip (§8.4.1.3), `*` stands for each coding not named, and
/// what has a malformed weight is not accepted. False without the field: a client that does not speak of
/// codings gets none. Any thread, no allocation.
bool accepts_gzip(const HeaderBlock& request) noexcept;

}  // namespace holysheep::http
