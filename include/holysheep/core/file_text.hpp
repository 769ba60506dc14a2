#pragma once

#include <holysheep/core/result.hpp>

#include <cstddef>
#include <string>

namespace holysheep {

/// The whole content of a file of at most `most_mib` MiB, or in a few words why there is none: no such file,
/// no right to read it, a folder, too large. Reads on the calling thread. Of a file
/// of less than 64 KiB no byte is left in memory elsewhere.
Result<std::string, std::string> file_text(const std::string& path, std::size_t most_mib);

}  // namespace holysheep
