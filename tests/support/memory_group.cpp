#include "support/memory_group.hpp"

#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include <unistd.h>

namespace holysheep::testing {
namespace {

namespace fs = std::filesystem;

bool write(const fs::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}

}  // namespace

std::unique_ptr<MemoryGroup> MemoryGroup::make(std::uint64_t limit, std::string& why) {
  const fs::path version1 = "/sys/fs/cgroup/memory";
  const bool version2 = !fs::exists(version1 / "memory.limit_in_bytes");
  static int made = 0;
  const fs::path folder = (version2 ? fs::path("/sys/fs/cgroup") : version1) /
                          ("holysheep-test-" + std::to_string(::getpid()) + "-" + std::to_string(++made));
  std::error_code error;
  if (!fs::create_directory(folder, error)) {
    why = folder.string() + ": " + error.message();
    return nullptr;
  }
  std::unique_ptr<MemoryGroup> group(new MemoryGroup(folder, version2));
  const char* file = version2 ? "memory.max" : "memory.limit_in_bytes";
  if (!fs::exists(folder / file) || !write(folder / file, std::to_string(limit))) {
    why = (folder / file).string() + " cannot be written";
    return nullptr;
  }
  return group;
}

MemoryGroup::MemoryGroup(fs::path folder, bool version2) : folder_(std::move(folder)), version2_(version2) {}

MemoryGroup::~MemoryGroup() {
  // What ran in it is gone, but the kernel may need a moment to see that.
  for (int i = 0; i < 100; ++i) {
    if (::rmdir(folder_.c_str()) == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::string MemoryGroup::wrapper(const std::string& binary) const {
  programs_.write("in-group", "#!/bin/sh\necho $$ > " + (folder_ / "cgroup.procs").string() +
                                  " || exit 1\nexec " + binary + " \"$@\"\n");
  const auto path = programs_.path() / "in-group";
  fs::permissions(path, fs::perms::owner_all);
  return path.string();
}

/// The number in a file, or behind `name` in it.
std::uint64_t MemoryGroup::number(const char* file, const std::string& name) const {
  std::ifstream in(folder_ / file);
  std::uint64_t value = 0;
  if (name.empty()) {
    in >> value;
    return value;
  }
  for (std::string word; in >> word >> value;) {
    if (word == name) return value;
  }
  return 0;
}

std::uint64_t MemoryGroup::kills() const {
  return number(version2_ ? "memory.events" : "memory.oom_control", "oom_kill");
}

std::uint64_t MemoryGroup::failures() const {
  return version2_ ? number("memory.events", "max") : number("memory.failcnt");
}

std::uint64_t MemoryGroup::peak() const {
  return number(version2_ ? "memory.peak" : "memory.max_usage_in_bytes");
}

}  // namespace holysheep::testing
