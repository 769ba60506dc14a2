#pragma once

#include <holysheep/http/request_head.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace holysheep::http {

/// How often a request with this `Max-Forwards` may still be forwarded (RFC 9110 §7.6.2). Nothing where it
/// does not count: for other methods than OPTIONS and TRACE, and where it is no number below 2^64.
std::optional<std::uint64_t> max_forwards(Method method, std::string_view value) noexcept;

}  // namespace holysheep::http
