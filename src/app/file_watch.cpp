#include <holysheep/app/file_watch.hpp>

#include <utility>

#include <sys/stat.h>

namespace holysheep::app {

FileWatch::State FileWatch::state_of(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino, found.st_size,
          static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec};
}

void FileWatch::add(std::string path, std::function<void()> reload) {
  const State seen = state_of(path);
  watched_.push_back({std::move(path), std::move(reload), seen});
}

void FileWatch::look(bool all) {
  for (auto& one : watched_) {
    const State now = state_of(one.path);
    if (!all && now == one.seen) continue;
    one.seen = now;
    one.reload();
  }
}

}  // namespace holysheep::app
