#include <holysheep/core/nearest_name.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace holysheep {
namespace {

/// Levenshtein.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest_name(std::string_view mistyped, std::span<const std::string_view> names) {
  mistyped = mistyped.substr(0, 64);
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, mistyped.size() / 3) + 1;
  for (const auto name : names) {
    const auto steps = distance(mistyped, name);
    if (steps < least) {
      least = steps;
      best = name;
    }
  }
  return best;
}

}  // namespace holysheep
