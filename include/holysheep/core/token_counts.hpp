#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace holysheep {

/// The tokens of one answer, as they are priced.
struct TokenCounts {
  std::uint64_t input = 0;         ///< all of them, cached ones and those written to a cache among them
  std::uint64_t cached_input = 0;  ///< of `input`: read from a cache
  std::uint64_t output = 0;        ///< all of them, reasoning among them
  std::uint64_t reasoning = 0;     ///< of `output`

  [[nodiscard]] bool any() const noexcept { return (input | cached_input | output | reasoning) != 0; }
  friend bool operator==(const TokenCounts&, const TokenCounts&) = default;
};

/// Money is a whole number of nano-dollars (10⁻⁹ USD), 9.2 billion dollars at most.
inline constexpr std::uint64_t most_nano_usd = std::numeric_limits<std::int64_t>::max();

/// What something cost, and what it would have cost at the model's own provider.
struct Cost {
  std::uint64_t nano_usd = 0;  ///< at most `most_nano_usd`, as the next
  std::uint64_t direct_nano_usd = 0;

  /// Nano-dollars; negative where direct would have been cheaper.
  [[nodiscard]] std::int64_t saved_nano_usd() const noexcept {
    return static_cast<std::int64_t>(direct_nano_usd) - static_cast<std::int64_t>(nano_usd);
  }
  friend bool operator==(const Cost&, const Cost&) = default;
};

/// Appends dollars as a JSON number that is exactly that amount: `0.0000012`, `-3.4`, `12`.
void append_usd(std::string& out, std::int64_t nano_usd);

}  // namespace holysheep
