#include <holysheep/core/machine.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holysheep {
namespace {

std::optional<std::string> first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

/// The folders of this process' cgroup in which a controller's files may lie, the innermost first. In a
/// container the path of /proc/self/cgroup is often not visible, and its root is the container's own.
std::vector<std::string> folders(const std::string& root, const std::string& controller) {
  std::vector<std::string> found;
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const auto names = "," + line.substr(first + 1, second - first - 1) + ",";
    auto path = line.substr(second + 1);
    const bool unified = names == ",,";
    if (!unified && names.find("," + controller + ",") == std::string::npos) continue;
    const std::string base = root + (unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/" + controller);
    for (;;) {
      found.push_back(base + (path == "/" ? "" : path));
      if (path.empty() || path == "/") break;
      const auto slash = path.rfind('/');
      if (slash == std::string::npos) break;
      path.erase(slash);
    }
  }
  return found;
}

std::optional<double> cpu_quota(const std::string& root) {
  std::optional<double> least;
  const auto take = [&](double quota, double period) {
    if (quota > 0 && period > 0) least = std::min(least.value_or(quota / period), quota / period);
  };
  for (const auto& folder : folders(root, "cpu")) {
    if (const auto line = first_line(folder + "/cpu.max")) {
      std::istringstream text(*line);
      double quota = 0;
      double period = 0;
      if (text >> quota >> period) take(quota, period);
    }
    const auto quota = first_line(folder + "/cpu.cfs_quota_us");
    const auto period = first_line(folder + "/cpu.cfs_period_us");
    if (quota && period) take(std::atof(quota->c_str()), std::atof(period->c_str()));
  }
  return least;
}

}  // namespace

unsigned usable_cpus(const std::string& root) {
  cpu_set_t set;
  CPU_ZERO(&set);
  unsigned cpus = 1;
  if (::sched_getaffinity(0, sizeof set, &set) == 0)
    cpus = static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
  if (const auto quota = cpu_quota(root)) {
    cpus = std::min(cpus, static_cast<unsigned>(std::max(1.0, std::ceil(*quota))));
  }
  return cpus;
}

std::optional<MemoryGroup> memory_group(const std::string& root) {
  std::optional<MemoryGroup> tightest;
  for (const auto& folder : folders(root, "memory")) {
    for (const char* name : {"/memory.max", "/memory.limit_in_bytes"}) {
      const auto line = first_line(folder + name);
      if (!line || line->empty() || line->find_first_not_of("0123456789") != std::string::npos) continue;
      const auto bytes = std::strtoull(line->c_str(), nullptr, 10);
      if (bytes == 0 || bytes >= (std::uint64_t{1} << 60)) continue;  // v1 says "no limit" as a huge number
      if (tightest && tightest->limit <= bytes) continue;
      tightest = MemoryGroup{folder, bytes, std::string_view(name) == "/memory.max"};
    }
  }
  return tightest;
}

std::optional<std::uint64_t> memory_limit(const std::string& root) {
  const auto group = memory_group(root);
  return group ? std::optional(group->limit) : std::nullopt;
}

bool has_ipv6() {
  const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
  ::close(fd);
  return bound;
}

}  // namespace holysheep
