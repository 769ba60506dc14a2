#include <holysheep/core/file_text.hpp>

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
  // Read in place, by pieces larger than the stream's buffer: the only copy is the one that is given.
  constexpr std::size_t piece = 65536;
  std::string content;
  for (bool more = true; more;) {
    const std::size_t size = content.size();
    content.resize(size + piece);
    more = static_cast<bool>(file.read(content.data() + size, piece));
    content.resize(size + static_cast<std::size_t>(file.gcount()));
    if (content.size() > most_mib << 20) {
      return Unexpected{"accepted is a file of at most " + std::to_string(most_mib) + " MiB"};
    }
  }
  if (file.bad()) return Unexpected{std::string("it cannot be read")};
  return content;
}

}  // namespace holysheep
