#pragma once

#include <holysheep/core/token_counts.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holysheep {

/// Pico-dollars (10⁻¹² USD) a token, so a price in dollars per million tokens is held exactly up to six
/// decimals: 1.2 is 1'200'000. At most `most_pico_usd`, a million dollars per million tokens.
struct Price {
  std::uint64_t input = 0;
  std::uint64_t cached_input = 0;
  std::uint64_t output = 0;

  friend bool operator==(const Price&, const Price&) = default;
};
inline constexpr std::uint64_t most_pico_usd = 1'000'000'000'000;

struct PricedModel {
  std::string id;
  std::vector<std::string> aliases;  ///< other names; those with a `*` are globs (core/glob.hpp)
  Price price;                       ///< what upstream charges
  Price direct;                      ///< what the model's own provider charges
};

/// What models cost. Immutable: any thread, no lock.
class PriceTable {
 public:
  /// Where two models claim one name, it is the one's that comes first, by id before by alias; whoever reads
  /// a table from a file refuses that.
  explicit PriceTable(std::vector<PricedModel> models);
  PriceTable(const PriceTable&) = delete;
  PriceTable& operator=(const PriceTable&) = delete;

  /// By id, else by plain alias, else by the longest glob that matches, of two as long by the order of ids.
  /// Null: no price is known. A hash and a comparison, and one step for each glob; no allocation.
  [[nodiscard]] const PricedModel* find(std::string_view model) const noexcept;

  /// In the order of ids.
  [[nodiscard]] const std::vector<PricedModel>& models() const noexcept { return models_; }

 private:
  struct Glob {
    std::string_view pattern;
    const PricedModel* model;
  };
  std::vector<PricedModel> models_;
  std::unordered_map<std::string_view, const PricedModel*> names_;  // views into models_
  std::vector<Glob> globs_;                                         // in the order they are tried
};

/// What `tokens` cost: rounded to the nearest nano-dollar, half of one up, once for the whole answer, and at
/// most `most_nano_usd`. Of a count of cached tokens above that of input, as much as input has.
Cost cost_of(const TokenCounts& tokens, const PricedModel& model) noexcept;

}  // namespace holysheep
