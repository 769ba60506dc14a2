#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace holysheep::app {

/// Files that are read again when they change: by what `stat` says of what the path leads to, so that a
/// ConfigMap's or Secret's swapped link counts as a change. The App asks every few seconds, and on SIGHUP.
/// While descriptors or memory are short nothing can be read; then the next look makes up for it.
class FileWatch {
 public:
  /// `reload` is called from `look`, when the file has changed since the last time it was looked at.
  void add(std::string path, std::function<void()> reload);
  /// `all`: reload every file, changed or not.
  void look(bool all);

 private:
  struct State {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;
    std::int64_t modified_ns = 0;
    bool operator==(const State&) const = default;
  };
  struct Watched {
    std::string path;
    std::function<void()> reload;
    State seen;
  };
  static State state_of(const std::string& path);
  static bool can_be_opened(const std::string& path);
  std::vector<Watched> watched_;
};

}  // namespace holysheep::app
