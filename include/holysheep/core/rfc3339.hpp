#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace holysheep {

/// `2027-01-01T00:00:00Z`, `2027-01-01t07:00:00.5+07:00` (RFC 3339 §5.6), or a date alone, which is its
/// beginning in UTC. A leap second is the second after it. What system_clock cannot hold (years before 1678
/// or after 2261) becomes the first or last time that it can. Nothing for what is no such time. Any thread.
std::optional<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text) noexcept;

}  // namespace holysheep
