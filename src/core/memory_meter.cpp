#include <holysheep/core/machine.hpp>
#include <holysheep/core/memory_meter.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace holysheep {
namespace {

int open_to_read(const std::string& path) {
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

using Text = std::array<char, 8192>;

/// The file from its beginning; empty where it cannot be read.
std::string_view read_whole(int descriptor, Text& into) {
  const auto count = descriptor < 0 ? -1 : ::pread(descriptor, into.data(), into.size() - 1, 0);
  if (count <= 0) return {};
  into[static_cast<std::size_t>(count)] = '\0';
  return {into.data(), static_cast<std::size_t>(count)};
}

std::uint64_t number_at(std::string_view text) {
  return std::strtoull(text.data(), nullptr, 10);
}

/// The number behind `name` at a line's beginning; 0 where there is none.
std::uint64_t field(std::string_view text, std::string_view name) {
  for (auto at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    if (at == 0 || text[at - 1] == '\n') return number_at(text.substr(at + name.size()));
  }
  return 0;
}

}  // namespace

MemoryMeter::MemoryMeter(const std::string& root) : statm_(open_to_read(root + "/proc/self/statm")) {
  const auto group = memory_group(root);
  if (!group) return;
  limit_ = group->limit;
  version2_ = group->version2;
  usage_ = open_to_read(group->folder + (version2_ ? "/memory.current" : "/memory.usage_in_bytes"));
  stat_ = open_to_read(group->folder + "/memory.stat");
}

MemoryMeter::~MemoryMeter() {
  for (const int descriptor : {statm_, usage_, stat_}) {
    if (descriptor >= 0) ::close(descriptor);
  }
}

MemoryReading MemoryMeter::read() const {
  Text text;
  MemoryReading reading;
  const auto statm = read_whole(statm_, text);
  if (const auto second = statm.find(' '); second != statm.npos) {
    reading.resident =
        number_at(statm.substr(second + 1)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  reading.charged = charged();
  return reading;
}

std::optional<std::uint64_t> MemoryMeter::charged() const {
  Text text;
  const auto usage = read_whole(usage_, text);
  if (usage.empty()) return std::nullopt;
  const std::uint64_t all = number_at(usage);
  const auto stat = read_whole(stat_, text);
  const std::uint64_t pages = version2_
                                  ? field(stat, "inactive_file ") + field(stat, "active_file ")
                                  : field(stat, "total_inactive_file ") + field(stat, "total_active_file ");
  return all - std::min(all, pages);
}

}  // namespace holysheep
