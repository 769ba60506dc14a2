#pragma once

#include <holysheep/policy/memory_accounts.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holysheep::app {

/// What the admin port tells of memory, in bytes.
struct MemoryReport {
  std::uint64_t resident = 0;
  std::optional<std::uint64_t> charged;    ///< by the cgroup, without page cache; where it has a limit
  std::optional<std::uint64_t> threshold;  ///< the lower one where there are two
  bool pressure = false;
  std::array<std::int64_t, memory_use_count> held{};  ///< by MemoryUse
};

/// `request_bodies`, `relay`, … Static text.
std::string_view memory_use_name(MemoryUse use) noexcept;

/// As a JSON object.
std::string memory_json(const MemoryReport& report);

}  // namespace holysheep::app
