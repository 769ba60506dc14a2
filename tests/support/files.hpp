#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace holysheep::testing {

/// A fresh directory that goes with this value.
class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Writes a file in it (in folders of it, which are made), readable by its owner alone; gives its whole
  /// path.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

/// The whole file; empty where there is none.
std::string read_file(const std::filesystem::path& path);

/// Lower-case hexadecimal SHA-256.
std::string sha256(std::string_view bytes);

/// `size` bytes that hold every value, repeat late, and are the same for the same seed.
std::string noise(std::size_t size, unsigned seed = 1);

}  // namespace holysheep::testing
