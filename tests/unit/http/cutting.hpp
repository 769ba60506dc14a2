#pragma once

#include <cstddef>
#include <random>
#include <string_view>
#include <vector>

namespace holysheep {

/// Cuts `text` at random places, the same ones for the same generator state. Pieces are 0 to `longest` bytes.
inline std::vector<std::string_view> random_cuts(std::string_view text, std::mt19937& random,
                                                 std::size_t longest) {
  std::vector<std::string_view> pieces;
  std::uniform_int_distribution<std::size_t> size(0, longest);
  while (!text.empty()) {
    pieces.push_back(text.substr(0, size(random)));
    text.remove_prefix(pieces.back().size());
  }
  return pieces;
}

}  // namespace holysheep
