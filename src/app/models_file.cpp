#include <holysheep/app/models_file.hpp>
#include <holysheep/core/file_text.hpp>
#include <holysheep/core/json_document.hpp>
#include <holysheep/core/redaction.hpp>
#include <holysheep/core/value_forms.hpp>

#include <array>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include <embedded/models_json.hpp>
#include <nlohmann/json.hpp>

namespace holysheep::app {
namespace {

using Json = nlohmann::json;
using Problems = std::vector<std::string>;

constexpr std::size_t models_file_mib = 16;
constexpr std::size_t longest_name = 256;

constexpr std::array<std::string_view, 2> file_fields{"$schema", "models"};
constexpr std::array<std::string_view, 3> model_fields{"aliases", "usd_per_mtok", "direct_usd_per_mtok"};
constexpr std::array<std::string_view, 3> price_fields{"input", "cached_input", "output"};

constexpr std::string_view a_name = "a name of 1 to 256 bytes without control characters";
constexpr std::string_view a_price = "a number from 0 to 1000000 with at most 6 decimals";

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && is_one_line(text);
}

/// Takes one document apart; every problem found on the way is kept.
class Reader {
 public:
  std::vector<PricedModel> read(const Json& json) {
    std::vector<PricedModel> models;
    if (!problems_.is_object(json, "the file", R"(one JSON object, {"models":{…}})")) return models;
    problems_.check_fields(json, "", file_fields);
    const auto all = json.find("models");
    if (all == json.end() || (all->is_object() && all->empty())) {
      problems_.add("models", "is missing", "an object with at least one model");
    } else if (problems_.is_object(*all, "models", "an object, model ids to prices")) {
      for (const auto& [id, fields] : all->items()) models.push_back(model(id, fields));
    }
    claim_names(models);
    return models;
  }
  [[nodiscard]] Problems take_problems() noexcept { return problems_.take(); }

 private:
  PricedModel model(const std::string& id, const Json& fields) {
    PricedModel made;
    made.id = id;
    const auto place = "models." + redacted(id);
    if (!is_name(id)) problems_.add(place, "is no model id", a_name);
    if (!problems_.is_object(fields, place, R"(an object, {"usd_per_mtok":{…}})")) return made;
    problems_.check_fields(fields, place + ".", model_fields);
    if (const auto given = fields.find("aliases"); given != fields.end()) {
      made.aliases = aliases(*given, place + ".aliases");
    }
    const auto own = fields.find("usd_per_mtok");
    const auto direct = fields.find("direct_usd_per_mtok");
    if (own == fields.end()) {
      problems_.add(place + ".usd_per_mtok", "is missing", "an object with input and output");
    } else {
      made.price = prices(*own, place + ".usd_per_mtok");
    }
    made.direct = direct == fields.end() ? made.price : prices(*direct, place + ".direct_usd_per_mtok");
    return made;
  }

  std::vector<std::string> aliases(const Json& given, const std::string& place) {
    std::vector<std::string> names;
    if (!given.is_array()) problems_.add(place, "is " + shown_kind(given), "a list of names");
    for (std::size_t i = 0; given.is_array() && i < given.size(); ++i) {
      if (given[i].is_string() && is_name(given[i].get_ref<const std::string&>())) {
        names.push_back(given[i].get<std::string>());
      } else {
        problems_.add(place + "[" + std::to_string(i) + "]",
                      given[i].is_string() ? "is no name" : "is " + shown_kind(given[i]), a_name);
      }
    }
    return names;
  }

  Price prices(const Json& given, const std::string& place) {
    Price made;
    if (!problems_.is_object(given, place, "an object with input and output")) return made;
    problems_.check_fields(given, place + ".", price_fields);
    made.input = required_price(given, "input", place);
    made.cached_input =
        given.contains("cached_input") ? price(given["cached_input"], place + ".cached_input") : made.input;
    made.output = required_price(given, "output", place);
    return made;
  }

  std::uint64_t required_price(const Json& prices, const char* field, const std::string& place) {
    if (prices.contains(field)) return price(prices[field], place + "." + field);
    problems_.add(place + "." + field, "is missing", a_price);
    return 0;
  }

  std::uint64_t price(const Json& given, const std::string& place) {
    const double dollars = given.is_number() ? given.get<double>() : -1;
    if (dollars >= 0 && dollars <= 1e6) {
      // Both are the double that is nearest to one decimal number, so they are equal where that is the same.
      const double pico = std::round(dollars * 1e6);
      if (pico / 1e6 == dollars) return static_cast<std::uint64_t>(pico);
    }
    problems_.add(place, "is " + shown_kind(given), a_price);
    return 0;
  }

  /// A name is one model's only.
  void claim_names(const std::vector<PricedModel>& models) {
    std::map<std::string_view, std::string_view> owners;
    for (const auto& model : models) owners.emplace(model.id, model.id);
    for (const auto& model : models) {
      for (const auto& alias : model.aliases) {
        const auto [claimed, is_new] = owners.emplace(alias, model.id);
        if (is_new || claimed->second == model.id) continue;
        problems_.add("models." + redacted(model.id) + ".aliases",
                      "claims " + redacted(alias) + ", which is a name of " + redacted(claimed->second),
                      "a name that no other model has");
      }
    }
  }

  DocumentProblems problems_;
};

ReadModels read_text(std::string_view content, const std::string& source) {
  const auto with_source = [&source](Problems problems) {
    for (auto& problem : problems) problem.insert(0, source + ": ");
    return Unexpected{std::move(problems)};
  };
  const auto json = parse_document(content);
  if (!json) return with_source(json.error());
  Reader reader;
  auto models = reader.read(*json);
  if (auto problems = reader.take_problems(); !problems.empty()) return with_source(std::move(problems));
  return std::shared_ptr<const PriceTable>(std::make_shared<PriceTable>(std::move(models)));
}

}  // namespace

ReadModels read_models(const std::string& path) {
  const auto source = "MODELS_FILE=" + redacted(path);
  const auto content = file_text(path, models_file_mib);
  if (!content) return Unexpected{Problems{source + ": " + content.error()}};
  return read_text(*content, source);
}

ReadModels built_in_models() {
  return read_text(embedded::models_json, "the built-in models");
}

}  // namespace holysheep::app
