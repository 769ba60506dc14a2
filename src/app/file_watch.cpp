#include <holysheep/app/file_watch.hpp>

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holysheep::app {

FileWatch::State FileWatch::state_of(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino, found.st_size,
          static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec};
}

/// False for want of descriptors or memory; a file that is missing or forbidden is for its reader to report.
bool FileWatch::can_be_opened(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd >= 0) {
    ::close(fd);
    return true;
  }
  return errno != EMFILE && errno != ENFILE && errno != ENOMEM;
}

void FileWatch::add(std::string path, std::function<void()> reload) {
  const State seen = state_of(path);
  watched_.push_back({std::move(path), std::move(reload), seen});
}

void FileWatch::look(bool all) {
  constexpr State unread{.size = -2};  // no file is like that
  for (auto& one : watched_) {
    const State now = state_of(one.path);
    if (!all && now == one.seen) continue;
    one.seen = now;
    const bool readable = can_be_opened(one.path);
    if (readable) one.reload();
    // Seen, but perhaps not read: whatever it holds is looked at again.
    if (!readable || !can_be_opened(one.path)) one.seen = unread;
  }
}

}  // namespace holysheep::app
