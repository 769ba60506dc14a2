#pragma once

#include <string_view>

namespace holysheep {

/// Whether `text` is what `pattern` stands for: `*` is any run of bytes, the empty one too; everything else
/// is itself, in its own case. No allocation; at most pattern × text steps. Any thread.
bool matches_glob(std::string_view pattern, std::string_view text) noexcept;

}  // namespace holysheep
