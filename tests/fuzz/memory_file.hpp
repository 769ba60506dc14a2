#pragma once

#include <string>
#include <string_view>

namespace holysheep::fuzz {

/// A file in memory, for what reads files by path. One for each use, for as long as the process runs.
class MemoryFile {
 public:
  MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile();

  void write(std::string_view content);
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  int descriptor_;
  std::string path_;
};

}  // namespace holysheep::fuzz
