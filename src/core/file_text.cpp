#include <holysheep/core/file_text.hpp>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace holysheep {

Result<std::string, std::string> file_text(const std::string& path, std::size_t most_mib) {
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) return Unexpected{std::string("it is a folder")};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Unexpected{std::generic_category().message(errno)};
  std::string content;
  std::array<char, 65536> piece;
  while (file.read(piece.data(), piece.size()), file.gcount() > 0) {
    content.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (content.size() > most_mib << 20) {
      return Unexpected{"accepted is a file of at most " + std::to_string(most_mib) + " MiB"};
    }
  }
  if (file.bad()) return Unexpected{std::string("it cannot be read")};
  return content;
}

}  // namespace holysheep
