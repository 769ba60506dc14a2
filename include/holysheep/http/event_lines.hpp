#pragma once

#include <cstddef>
#include <cstring>

namespace holysheep::http {

/// The first `c` from `p` on, or `end`.
inline const char* find_or_end(const char* p, const char* end, char c) noexcept {
  const void* hit = p == end ? nullptr : std::memchr(p, c, static_cast<std::size_t>(end - p));
  return hit == nullptr ? end : static_cast<const char*>(hit);
}

}  // namespace holysheep::http
