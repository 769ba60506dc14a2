#include <holysheep/app/models_file.hpp>
#include <holysheep/core/nearest_name.hpp>
#include <holysheep/core/redaction.hpp>
#include <holysheep/core/value_forms.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include <embedded/models_json.hpp>
#include <nlohmann/json.hpp>

namespace holysheep::app {
namespace {

using Json = nlohmann::json;
using Problems = std::vector<std::string>;

constexpr std::size_t largest_file = std::size_t{16} << 20;
constexpr std::size_t longest_name = 256;

constexpr std::array<std::string_view, 2> file_fields{"$schema", "models"};
constexpr std::array<std::string_view, 3> model_fields{"aliases", "usd_per_mtok", "direct_usd_per_mtok"};
constexpr std::array<std::string_view, 3> price_fields{"input", "cached_input", "output"};

constexpr std::string_view a_name = "a name of 1 to 256 bytes without control characters";
constexpr std::string_view a_price = "a number from 0 to 1000000 with at most 6 decimals";

Result<std::string, std::string> content_of(const std::string& path) {
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) return Unexpected{std::string("it is a folder")};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Unexpected{std::generic_category().message(errno)};
  std::string content;
  std::array<char, 65536> piece;
  while (file.read(piece.data(), piece.size()), file.gcount() > 0) {
    content.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (content.size() > largest_file) return Unexpected{std::string("accepted is a file of at most 16 MiB")};
  }
  if (file.bad()) return Unexpected{std::string("it cannot be read")};
  return content;
}

/// Where the parser is, as a path of keys: finds a key that its object has already.
class RepeatedKeys {
 public:
  void see(int depth, Json::parse_event_t event, const Json& parsed) {
    const auto level = static_cast<std::size_t>(depth);
    if (event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start) {
      levels_.resize(level + 2);
      levels_[level + 1] = {};
    } else if (event == Json::parse_event_t::key) {
      auto& keys = levels_[level];
      keys.last = parsed.get<std::string>();
      if (!keys.seen.insert(keys.last).second) twice_.push_back(place(level) + " is there twice");
    }
  }
  [[nodiscard]] const Problems& twice() const { return twice_; }

 private:
  struct Level {
    std::set<std::string> seen;
    std::string last;
  };
  [[nodiscard]] std::string place(std::size_t level) const {
    std::string text;
    for (std::size_t i = 1; i <= level; ++i) text += (i > 1 ? "." : "") + redacted(levels_[i].last);
    return text;
  }
  std::vector<Level> levels_;
  Problems twice_;
};

/// The document, or why there is none. The parser's own message would quote the text.
Result<Json, Problems> parse(std::string_view content) {
  RepeatedKeys keys;
  const auto look = [&keys](int depth, Json::parse_event_t event, const Json& parsed) {
    keys.see(depth, event, parsed);
    return true;
  };
  try {
    auto json = Json::parse(content.begin(), content.end(), look);
    if (!keys.twice().empty()) return Unexpected{keys.twice()};
    return json;
  } catch (const Json::parse_error& error) {
    const auto before = content.substr(0, error.byte == 0 ? 0 : error.byte - 1);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto column = before.size() - (before.rfind('\n') + 1) + 1;
    return Unexpected{
        Problems{"not JSON, at line " + std::to_string(line) + ", column " + std::to_string(column)}};
  } catch (const Json::out_of_range&) {
    return Unexpected{Problems{"a number is too large: accepted is " + std::string(a_price)}};
  }
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && is_one_line(text);
}

/// A number as it stands there; of anything else, what kind of value it is.
std::string shown(const Json& value) {
  if (value.is_number_float()) return show_decimal(value.get<double>());
  if (value.is_number()) return value.dump();
  if (value.is_string()) return "a text";
  if (value.is_object()) return "an object";
  return value.is_array() ? "a list" : value.dump();
}

/// Takes one document apart; every problem found on the way is kept.
class Reader {
 public:
  std::vector<PricedModel> read(const Json& json) {
    std::vector<PricedModel> models;
    if (!is_object(json, "the file", R"(one JSON object, {"models":{…}})")) return models;
    check_fields(json, "", file_fields);
    const auto all = json.find("models");
    if (all == json.end() || (all->is_object() && all->empty())) {
      complain("models", "is missing", "an object with at least one model");
    } else if (is_object(*all, "models", "an object, model ids to prices")) {
      for (const auto& [id, fields] : all->items()) models.push_back(model(id, fields));
    }
    claim_names(models);
    return models;
  }
  [[nodiscard]] Problems take_problems() { return std::move(problems_); }

 private:
  void complain(const std::string& place, const std::string& what, std::string_view accepted) {
    problems_.push_back(place + " " + what + "; accepted is " + std::string(accepted));
  }

  bool is_object(const Json& value, const std::string& place, std::string_view accepted) {
    if (!value.is_object()) complain(place, "is " + shown(value), accepted);
    return value.is_object();
  }

  /// `prefix`: the object's place with a dot, or nothing.
  void check_fields(const Json& object, const std::string& prefix, std::span<const std::string_view> known) {
    for (const auto& [name, value] : object.items()) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      std::string text = "unknown field " + prefix + redacted(name);
      const auto near = nearest_name(name, known);
      if (!near.empty()) text += ", did you mean " + std::string(near) + "?";
      problems_.push_back(std::move(text));
    }
  }

  PricedModel model(const std::string& id, const Json& fields) {
    PricedModel made;
    made.id = id;
    const auto place = "models." + redacted(id);
    if (!is_name(id)) complain(place, "is no model id", a_name);
    if (!is_object(fields, place, R"(an object, {"usd_per_mtok":{…}})")) return made;
    check_fields(fields, place + ".", model_fields);
    if (const auto given = fields.find("aliases"); given != fields.end()) {
      made.aliases = aliases(*given, place + ".aliases");
    }
    const auto own = fields.find("usd_per_mtok");
    const auto direct = fields.find("direct_usd_per_mtok");
    if (own == fields.end()) {
      complain(place + ".usd_per_mtok", "is missing", "an object with input and output");
    } else {
      made.price = prices(*own, place + ".usd_per_mtok");
    }
    made.direct = direct == fields.end() ? made.price : prices(*direct, place + ".direct_usd_per_mtok");
    return made;
  }

  std::vector<std::string> aliases(const Json& given, const std::string& place) {
    std::vector<std::string> names;
    if (!given.is_array()) complain(place, "is " + shown(given), "a list of names");
    for (std::size_t i = 0; given.is_array() && i < given.size(); ++i) {
      if (given[i].is_string() && is_name(given[i].get_ref<const std::string&>())) {
        names.push_back(given[i].get<std::string>());
      } else {
        complain(place + "[" + std::to_string(i) + "]",
                 given[i].is_string() ? "is no name" : "is " + shown(given[i]), a_name);
      }
    }
    return names;
  }

  Price prices(const Json& given, const std::string& place) {
    Price made;
    if (!is_object(given, place, "an object with input and output")) return made;
    check_fields(given, place + ".", price_fields);
    made.input = required_price(given, "input", place);
    made.cached_input =
        given.contains("cached_input") ? price(given["cached_input"], place + ".cached_input") : made.input;
    made.output = required_price(given, "output", place);
    return made;
  }

  std::uint64_t required_price(const Json& prices, const char* field, const std::string& place) {
    if (prices.contains(field)) return price(prices[field], place + "." + field);
    complain(place + "." + field, "is missing", a_price);
    return 0;
  }

  std::uint64_t price(const Json& given, const std::string& place) {
    const double dollars = given.is_number() ? given.get<double>() : -1;
    if (dollars >= 0 && dollars <= 1e6) {
      // Both are the double that is nearest to one decimal number, so they are equal where that is the same.
      const double pico = std::round(dollars * 1e6);
      if (pico / 1e6 == dollars) return static_cast<std::uint64_t>(pico);
    }
    complain(place, "is " + shown(given), a_price);
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
        complain("models." + redacted(model.id) + ".aliases",
                 "claims " + redacted(alias) + ", which is a name of " + redacted(claimed->second),
                 "a name that no other model has");
      }
    }
  }

  Problems problems_;
};

ReadModels read_text(std::string_view content, const std::string& source) {
  const auto with_source = [&source](Problems problems) {
    for (auto& problem : problems) problem.insert(0, source + ": ");
    return Unexpected{std::move(problems)};
  };
  const auto json = parse(content);
  if (!json) return with_source(json.error());
  Reader reader;
  auto models = reader.read(*json);
  if (auto problems = reader.take_problems(); !problems.empty()) return with_source(std::move(problems));
  return std::shared_ptr<const PriceTable>(std::make_shared<PriceTable>(std::move(models)));
}

}  // namespace

ReadModels read_models(const std::string& path) {
  const auto source = "MODELS_FILE=" + redacted(path);
  const auto content = content_of(path);
  if (!content) return Unexpected{Problems{source + ": " + content.error()}};
  return read_text(*content, source);
}

ReadModels built_in_models() {
  return read_text(embedded::models_json, "the built-in models");
}

}  // namespace holysheep::app
