#include <holysheep/core/json_document.hpp>
#include <holysheep/core/nearest_name.hpp>
#include <holysheep/core/redaction.hpp>
#include <holysheep/core/value_forms.hpp>

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

namespace holysheep {
namespace {

using Event = nlohmann::json::parse_event_t;

/// Where the parser is, as a path of keys and places in lists: finds a key that its object has already.
class RepeatedKeys {
 public:
  void see(int depth, Event event, const nlohmann::json& parsed) {
    const auto level = static_cast<std::size_t>(depth);
    const bool starts = event == Event::object_start || event == Event::array_start;
    if (starts || event == Event::value) count_item(level);
    if (starts) {
      levels_.resize(level + 2);
      levels_[level + 1] = {.is_list = event == Event::array_start};
    } else if (event == Event::key) {
      Level& keys = levels_[level];
      keys.last = parsed.get<std::string>();
      if (!keys.seen.insert(keys.last).second) twice_.push_back(place(level) + " is there twice");
    }
  }
  [[nodiscard]] const std::vector<std::string>& twice() const { return twice_; }

 private:
  struct Level {
    bool is_list = false;
    std::size_t items = 0;
    std::set<std::string> seen{};
    std::string last{};
  };
  void count_item(std::size_t level) {
    if (level < levels_.size() && levels_[level].is_list) ++levels_[level].items;
  }
  [[nodiscard]] std::string place(std::size_t level) const {
    std::string text;
    for (std::size_t i = 1; i <= level; ++i) {
      const Level& at = levels_[i];
      if (at.is_list) {
        text += "[" + std::to_string(at.items - 1) + "]";
      } else {
        text += (i > 1 ? "." : "") + redacted(at.last);
      }
    }
    return text;
  }
  std::vector<Level> levels_;
  std::vector<std::string> twice_;
};

}  // namespace

Result<nlohmann::json, std::vector<std::string>> parse_document(std::string_view text) {
  RepeatedKeys keys;
  const auto look = [&keys](int depth, Event event, const nlohmann::json& parsed) {
    keys.see(depth, event, parsed);
    return true;
  };
  const auto one = [](std::string problem) {
    return Unexpected{std::vector<std::string>{std::move(problem)}};
  };
  const auto not_json = [&](std::string_view before) {
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto column = before.size() - (before.rfind('\n') + 1) + 1;
    return one("not JSON, at line " + std::to_string(line) + ", column " + std::to_string(column));
  };
  // The parser would take it for the end, whatever follows.
  if (const auto nul = text.find('\0'); nul != text.npos) return not_json(text.substr(0, nul));
  // The parser's own messages would quote the text, which may hold a key.
  try {
    auto json = nlohmann::json::parse(text.begin(), text.end(), look);
    if (!keys.twice().empty()) return Unexpected{keys.twice()};
    return json;
  } catch (const nlohmann::json::parse_error& error) {
    return not_json(text.substr(0, error.byte == 0 ? 0 : error.byte - 1));
  } catch (const nlohmann::json::out_of_range&) {
    return one("a number is too large: accepted are numbers below 1e308");
  }
}

std::string shown_kind(const nlohmann::json& value) {
  if (value.is_number_float()) return show_decimal(value.get<double>());
  if (value.is_number()) return value.dump();
  if (value.is_string()) return "a text";
  if (value.is_object()) return "an object";
  return value.is_array() ? "a list" : value.dump();
}

void DocumentProblems::add(std::string_view place, std::string_view what, std::string_view accepted) {
  std::string line(place);
  lines_.push_back(std::move(line.append(" ").append(what).append("; accepted is ").append(accepted)));
}

bool DocumentProblems::is_object(const nlohmann::json& value, std::string_view place,
                                 std::string_view accepted) {
  if (!value.is_object()) add(place, "is " + shown_kind(value), accepted);
  return value.is_object();
}

void DocumentProblems::check_fields(const nlohmann::json& object, std::string_view prefix,
                                    std::span<const std::string_view> known) {
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string line = "unknown field " + std::string(prefix) + redacted(name);
    const auto near = nearest_name(name, known);
    if (!near.empty()) line += ", did you mean " + std::string(near) + "?";
    lines_.push_back(std::move(line));
  }
}

}  // namespace holysheep
