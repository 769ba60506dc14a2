#pragma once

#include <holysheep/http/request_head.hpp>

#include <string_view>

namespace holysheep::http {

/// A host with or without a port (RFC 3986 §3.2.2 and §3.2.3), without userinfo, not empty.
bool is_authority(std::string_view text) noexcept;

/// Reads a request target in the form that the method allows (RFC 9112 §3.2) into `head`, whose method, host
/// and version are known by now: sets target, path, query, and host where only the target names it.
Refused parse_target(std::string_view target, RequestHead& head);

}  // namespace holysheep::http
