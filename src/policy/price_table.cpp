#include <holysheep/core/glob.hpp>
#include <holysheep/policy/price_table.hpp>

#include <algorithm>
#include <utility>

namespace holysheep {
namespace {

__extension__ using Wide = unsigned __int128;

/// Three products of less than 2^64 and 2^40 each: far from where 128 bits end.
std::uint64_t nano_usd(const TokenCounts& tokens, const Price& price) noexcept {
  const auto cached = std::min(tokens.cached_input, tokens.input);
  const Wide pico = Wide{tokens.input - cached} * price.input + Wide{cached} * price.cached_input +
                    Wide{tokens.output} * price.output;
  return static_cast<std::uint64_t>(std::min<Wide>((pico + 500) / 1000, most_nano_usd));
}

bool is_glob(std::string_view alias) {
  return alias.find('*') != alias.npos;
}

}  // namespace

PriceTable::PriceTable(std::vector<PricedModel> models) : models_(std::move(models)) {
  std::sort(models_.begin(), models_.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (const auto& model : models_) names_.emplace(model.id, &model);
  for (const auto& model : models_) {
    for (const auto& alias : model.aliases) {
      if (is_glob(alias)) {
        globs_.push_back({alias, &model});
      } else {
        names_.emplace(alias, &model);
      }
    }
  }
  std::sort(globs_.begin(), globs_.end(), [](const Glob& a, const Glob& b) {
    if (a.pattern.size() != b.pattern.size()) return a.pattern.size() > b.pattern.size();
    return a.model->id < b.model->id;
  });
}

const PricedModel* PriceTable::find(std::string_view model) const noexcept {
  if (const auto named = names_.find(model); named != names_.end()) return named->second;
  for (const auto& glob : globs_) {
    if (matches_glob(glob.pattern, model)) return glob.model;
  }
  return nullptr;
}

Cost cost_of(const TokenCounts& tokens, const PricedModel& model) noexcept {
  return {nano_usd(tokens, model.price), nano_usd(tokens, model.direct)};
}

}  // namespace holysheep
