#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace holysheep::testing {

/// A part of a process' address space, as /proc/PID/smaps tells of it.
struct Mapping {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  bool readable = false;
  std::string name;   ///< "[heap]", "[stack]", a file's path; empty for anonymous memory
  std::string flags;  ///< VmFlags: "dd", not in a core dump; "lo", locked

  bool has(std::string_view flag) const { return flags.find(" " + std::string(flag) + " ") != flags.npos; }
};

/// All of a process, in the order of their addresses; of this one with `pid` 0.
std::vector<Mapping> mappings(pid_t pid);

/// The mappings in which `text` lies, one for each place. Needs the right to trace the process; throws
/// std::runtime_error where its memory cannot be opened. What a sanitizer reserves, more than a GiB in one,
/// is left out.
std::vector<Mapping> places_in_memory(pid_t pid, std::string_view text);

}  // namespace holysheep::testing
