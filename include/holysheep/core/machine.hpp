#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace holysheep {

/// What this process may use of the machine it runs on. `root` is prefixed to the paths of /sys and /proc, so
/// that tests can lay out a machine of their own.

/// CPUs: the scheduler's affinity, and the cgroup's quota (v1 and v2) rounded up; at least 1.
unsigned usable_cpus(const std::string& root = {});
/// The cgroup that bounds this process' memory most tightly.
struct MemoryGroup {
  std::string folder;   ///< its files lie here
  std::uint64_t limit;  ///< bytes
  bool version2;
};
/// Nothing where no limit is set (v1 and v2).
std::optional<MemoryGroup> memory_group(const std::string& root = {});
/// Its limit in bytes.
std::optional<std::uint64_t> memory_limit(const std::string& root = {});
/// Whether an IPv6 socket can be bound here.
bool has_ipv6();

}  // namespace holysheep
