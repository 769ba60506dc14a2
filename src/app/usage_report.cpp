#include <holysheep/app/usage_report.hpp>
#include <holysheep/core/text.hpp>

#include <algorithm>
#include <utility>

namespace holysheep::app {
namespace {

std::uint64_t add_nano_usd(std::uint64_t one, std::uint64_t other) {
  return std::min(most_nano_usd, std::min(one, most_nano_usd) + std::min(other, most_nano_usd));
}

void append_count(std::string& out, std::string_view key, std::uint64_t count) {
  out.append(key);
  append_number(out, count);
}

/// The members, without the braces.
void append_sums(std::string& out, const UsageSums& sums) {
  append_count(out, R"("requests":)", sums.requests);
  append_count(out, R"(,"errors":)", sums.errors);
  append_count(out, R"(,"partial":)", sums.partial);
  append_count(out, R"(,"input_tokens":)", sums.tokens.input);
  append_count(out, R"(,"cached_input_tokens":)", sums.tokens.cached_input);
  append_count(out, R"(,"output_tokens":)", sums.tokens.output);
  append_count(out, R"(,"reasoning_tokens":)", sums.tokens.reasoning);
  out.append(R"(,"cost_usd":)");
  append_usd(out, static_cast<std::int64_t>(sums.cost.nano_usd));
  out.append(R"(,"direct_cost_usd":)");
  append_usd(out, static_cast<std::int64_t>(sums.cost.direct_nano_usd));
  out.append(R"(,"saved_usd":)");
  append_usd(out, sums.cost.saved_nano_usd());
}

/// `{"key":{…},…}`: `value` appends what stands between the inner braces.
template <class Map, class AppendValue>
void append_members(std::string& out, const Map& map, AppendValue value) {
  out.push_back('{');
  for (bool first = true; const auto& [key, sums] : map) {
    if (!std::exchange(first, false)) out.push_back(',');
    append_json_string(out, key);
    out.append(":{");
    value(sums);
    out.push_back('}');
  }
  out.push_back('}');
}

void append_by_model(std::string& out, const UsageReport::ByModel& by_model) {
  out.append(R"("by_model":)");
  append_members(out, by_model, [&out](const UsageSums& sums) { append_sums(out, sums); });
}

void append_by_client(std::string& out, const UsageReport& report) {
  out.append(R"("by_client":)");
  append_members(out, report.by_client, [&out](const UsageReport::Client& client) {
    append_sums(out, client.totals);
    out.push_back(',');
    append_by_model(out, client.by_model);
  });
}

void append_unpriced_models(std::string& out, const UsageReport::ByModel& by_model) {
  out.append(R"("unpriced_models":[)");
  for (bool first = true; const auto& [model, sums] : by_model) {
    if (sums.unpriced == 0) continue;
    if (!std::exchange(first, false)) out.push_back(',');
    append_json_string(out, model);
  }
  out.push_back(']');
}

}  // namespace

void UsageSums::add(const UsageSums& other) noexcept {
  requests += other.requests;
  errors += other.errors;
  partial += other.partial;
  unpriced += other.unpriced;
  tokens.input += other.tokens.input;
  tokens.cached_input += other.tokens.cached_input;
  tokens.output += other.tokens.output;
  tokens.reasoning += other.tokens.reasoning;
  cost.nano_usd = add_nano_usd(cost.nano_usd, other.cost.nano_usd);
  cost.direct_nano_usd = add_nano_usd(cost.direct_nano_usd, other.cost.direct_nano_usd);
}

UsageReport sum_usage(std::span<const proxy::UsageCells* const> loops) {
  UsageReport report;
  for (const auto* loop : loops) {
    loop->each(
        [&report](std::string_view client, std::string_view model, const proxy::UsageCells::Cell& cell) {
          const UsageSums sums{.requests = cell.requests(),
                               .errors = cell.errors(),
                               .partial = cell.partial(),
                               .unpriced = cell.unpriced(),
                               .tokens = cell.tokens(),
                               .cost = cell.cost()};
          auto& of_client = report.by_client[std::string(client)];
          report.totals.add(sums);
          report.by_model[std::string(model)].add(sums);
          of_client.totals.add(sums);
          of_client.by_model[std::string(model)].add(sums);
        });
  }
  return report;
}

void append_usage_json(std::string& out, const UsageReport& report,
                       std::chrono::system_clock::time_point since, std::string_view memory_json) {
  out.append(R"({"since":")");
  append_timestamp(out, since);
  out.append(R"(","totals":{)");
  append_sums(out, report.totals);
  out.append("},");
  append_by_model(out, report.by_model);
  out.push_back(',');
  append_by_client(out, report);
  out.push_back(',');
  append_unpriced_models(out, report.by_model);
  if (!memory_json.empty()) out.append(R"(,"memory":)").append(memory_json);
  out.push_back('}');
}

}  // namespace holysheep::app
