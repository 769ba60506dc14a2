#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holysheep::app {

/// This process as the kernel sees it.
struct ProcessStats {
  double cpu_seconds = 0;  ///< user and system, of all threads
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;      ///< the soft limit
  double start_time_seconds = 0;  ///< since 1970; 0 where /proc does not tell
};

/// Reads /proc/self, and counts what is in its `fd`: tens of microseconds, more with thousands of
/// connections. Not for an event loop.
ProcessStats read_process_stats();

/// Field 22 of /proc/PID/stat, clock ticks from boot to the process's start (proc(5)), whatever the
/// process's name holds.
std::optional<std::uint64_t> start_ticks(std::string_view stat) noexcept;
/// The line `btime` of /proc/stat: when the machine booted, in seconds since 1970.
std::optional<std::uint64_t> boot_time(std::string_view stat) noexcept;

}  // namespace holysheep::app
