#pragma once

#include <holysheep/core/result.hpp>
#include <holysheep/policy/price_table.hpp>

#include <memory>
#include <string>
#include <vector>

namespace holysheep::app {

/// A table of prices, or every problem found: one line each, naming the file, the place in it and the
/// accepted form.
using ReadModels = Result<std::shared_ptr<const PriceTable>, std::vector<std::string>>;

/// MODELS_FILE (spec.md "Client keys and metering", config/models.schema.json). It takes the place of the
/// built-in table. Where `cached_input` is not given it is `input`; where `direct_usd_per_mtok` is not,
/// nothing is saved. Prices: 0 to a million dollars per million tokens, at most six decimals. No field or
/// name may be there twice, and none is passed over because it is not known, but for `$schema`.
ReadModels read_models(const std::string& path);

/// config/models.json, as it was when the program was built.
ReadModels built_in_models();

}  // namespace holysheep::app
