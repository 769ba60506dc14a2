#include "support/ledger.hpp"

#include "support/files.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace holysheep::testing {
namespace {

using nlohmann::json;

std::uint64_t count(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_number() ? at->get<std::uint64_t>() : 0;
}

std::string per_million(std::uint64_t price) {
  const std::string decimals = std::to_string(1'000'000 + price % 1'000'000);
  return std::to_string(price / 1'000'000) + "." + decimals.substr(1);
}

std::string price_json(const TestPrice& price) {
  return R"({"input":)" + per_million(price.input) + R"(,"cached_input":)" + per_million(price.cached) +
         R"(,"output":)" + per_million(price.output) + "}";
}

}  // namespace

Tokens Tokens::of(const json& object) {
  if (!object.is_object()) return {};
  return {count(object, "input_tokens"), count(object, "cached_input_tokens"), count(object, "output_tokens"),
          count(object, "reasoning_tokens")};
}

std::optional<Tokens> Tokens::of_event(const std::string& data) {
  const json event = json::parse(data, nullptr, false);
  if (!event.is_object()) return std::nullopt;
  if (const auto usage = event.find("usageMetadata"); usage != event.end()) {
    const std::uint64_t thoughts = count(*usage, "thoughtsTokenCount");
    return Tokens{count(*usage, "promptTokenCount"), count(*usage, "cachedContentTokenCount"),
                  count(*usage, "candidatesTokenCount") + thoughts, thoughts};
  }
  const json& holder = event.contains("message") ? event["message"] : event;
  const auto usage = holder.find("usage");
  if (usage == holder.end() || !usage->contains("cache_read_input_tokens")) return std::nullopt;
  const std::uint64_t cached = count(*usage, "cache_read_input_tokens");
  return Tokens{count(*usage, "input_tokens") + cached + count(*usage, "cache_creation_input_tokens"), cached,
                count(*usage, "output_tokens"), 0};
}

Tokens& Tokens::operator+=(const Tokens& other) {
  input += other.input;
  cached += other.cached;
  output += other.output;
  reasoning += other.reasoning;
  return *this;
}

bool Tokens::within(const Tokens& other) const {
  return input <= other.input && cached <= other.cached && output <= other.output &&
         reasoning <= other.reasoning;
}

std::string Tokens::text() const {
  return std::to_string(input) + " in (" + std::to_string(cached) + " cached), " + std::to_string(output) +
         " out (" + std::to_string(reasoning) + " reasoning)";
}

std::vector<json> json_lines(const std::filesystem::path& path) {
  std::vector<json> lines;
  const std::string text = read_file(path);
  std::istringstream whole(text.substr(0, text.rfind('\n') + 1));
  for (std::string line; std::getline(whole, line);) lines.push_back(json::parse(line));
  return lines;
}

std::size_t count_lines(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

std::int64_t TestPrice::nano_usd(const Tokens& tokens) const {
  const std::uint64_t from_cache = std::min(tokens.cached, tokens.input);
  const std::uint64_t pico =
      (tokens.input - from_cache) * input + from_cache * cached + tokens.output * output;
  return static_cast<std::int64_t>((pico + 500) / 1000);
}

std::string models_file_of_price_classes() {
  std::string out = R"({"models":{)";
  for (const PriceClass& each : price_classes) {
    if (out.back() == '}') out += ',';
    out += "\"" + std::string(each.id) + R"(":{"aliases":[")" + std::string(each.model) +
           R"(*"],"usd_per_mtok":)" + price_json(each.price) + R"(,"direct_usd_per_mtok":)" +
           price_json(each.direct) + "}";
  }
  return out + "}}";
}

std::int64_t nano_usd_of(const json& dollars) {
  return dollars.is_number() ? std::llround(dollars.get<double>() * 1e9) : -1;
}

}  // namespace holysheep::testing
