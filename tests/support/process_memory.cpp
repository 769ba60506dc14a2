#include "support/process_memory.hpp"

#include "support/files.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

namespace holysheep::testing {
namespace {

constexpr std::size_t largest = std::size_t{1} << 30;

std::string proc(pid_t pid, std::string_view file) {
  return "/proc/" + (pid == 0 ? "self" : std::to_string(pid)) + "/" + std::string(file);
}

/// "7f0c-7f0d rw-p 00000000 00:00 0   [heap]"
bool read_header(const std::string& line, Mapping& mapping) {
  unsigned long begin = 0;
  unsigned long end = 0;
  char rights[5] = {};
  int name = 0;
  if (std::sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %*s %n", &begin, &end, rights, &name) < 3) return false;
  mapping = {begin, end, rights[0] == 'r', name > 0 ? line.substr(static_cast<std::size_t>(name)) : "", ""};
  return true;
}

std::string bytes_of(int memory, const Mapping& mapping) {
  std::string bytes(mapping.end - mapping.begin, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const auto got =
        ::pread(memory, bytes.data() + have, bytes.size() - have, static_cast<off_t>(mapping.begin + have));
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace

std::vector<Mapping> mappings(pid_t pid) {
  std::vector<Mapping> all;
  std::istringstream lines(read_file(proc(pid, "smaps")));
  for (std::string line; std::getline(lines, line);) {
    Mapping next;
    if (read_header(line, next)) all.push_back(next);
    if (line.starts_with("VmFlags:") && !all.empty()) all.back().flags = line.substr(8) + " ";
  }
  return all;
}

std::vector<Mapping> places_in_memory(pid_t pid, std::string_view text) {
  const int memory = ::open(proc(pid, "mem").c_str(), O_RDONLY | O_CLOEXEC);
  if (memory < 0) throw std::runtime_error("no right to read the memory of process " + std::to_string(pid));
  std::vector<Mapping> found;
  const std::boyer_moore_horspool_searcher searcher(text.begin(), text.end());
  for (const Mapping& mapping : mappings(pid)) {
    if (!mapping.readable || mapping.end - mapping.begin > largest) continue;
    const std::string bytes = bytes_of(memory, mapping);
    for (auto at = bytes.begin(); (at = std::search(at, bytes.end(), searcher)) != bytes.end(); ++at) {
      found.push_back(mapping);
    }
  }
  ::close(memory);
  return found;
}

}  // namespace holysheep::testing
