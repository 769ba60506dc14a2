// The one spelling of a JSON body by which answers are found.
#include "fuzz.hpp"
#include <holysheep/http/json_canonical.hpp>

#include <string>

#include <nlohmann/json.hpp>

namespace holysheep::fuzz {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

bool has_floats(const json& value) {
  if (value.is_number_float()) return true;
  if (!value.is_structured()) return false;
  for (const auto& item : value) {
    if (has_floats(item)) return true;
  }
  return false;
}

bool is_zero(const json& document, const char* name) {
  const auto member = document.find(name);
  return member != document.end() && member->is_number() && *member == 0;
}

}  // namespace

void cache_key(std::string_view input) {
  const auto canonical = http::canonical_json(input);
  if (!canonical) return;
  const json document = json::parse(input, nullptr, false);
  expect(!document.is_discarded(), "what has a canonical spelling is JSON");
  expect(json::parse(canonical->text, nullptr, false) == document, "the canonical spelling means the same");
  const bool object = document.is_object();
  expect(canonical->stream == (object && document.contains("stream") && document["stream"] == true),
         "stream is told as it is");
  expect(canonical->temperature_zero == (object && is_zero(document, "temperature")),
         "temperature is told as it is");
  const auto again = http::canonical_json(canonical->text);
  expect(again && again->text == canonical->text, "the canonical spelling is its own");
  if (has_floats(document)) return;  // spelt as they came
  for (const std::string& text : {document.dump(1), ordered_json::parse(input).dump(2, ' ', true)}) {
    const auto other = http::canonical_json(text);
    expect(other && other->text == canonical->text, "every spelling has the same canonical one");
  }
}

}  // namespace holysheep::fuzz
