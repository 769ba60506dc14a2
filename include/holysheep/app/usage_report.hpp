#pragma once

#include <holysheep/core/token_counts.hpp>
#include <holysheep/proxy/usage_cells.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace holysheep::app {

/// What was used since the start, of one client, model or both.
struct UsageSums {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::uint64_t partial = 0;
  std::uint64_t unpriced = 0;  ///< answers with tokens and without a price
  TokenCounts tokens;
  Cost cost;

  void add(const UsageSums& other) noexcept;
};

/// By labels (proxy/label_bound.hpp): `none` and `other` among them.
struct UsageReport {
  using ByModel = std::map<std::string, UsageSums, std::less<>>;
  struct Client {
    UsageSums totals;
    ByModel by_model;
  };
  UsageSums totals;
  ByModel by_model;
  std::map<std::string, Client, std::less<>> by_client;
};

/// What all event loops have counted so far. They go on meanwhile, so what belongs together may be apart by
/// the requests that end just then. Any thread.
UsageReport sum_usage(std::span<const proxy::UsageCells* const> loops);

/// Appends what `/usage` answers (spec.md "Client keys and metering"), one JSON object. `unpriced_models`
/// names the models that have tokens without a price. `memory_json`: a JSON object, or empty to leave it out.
void append_usage_json(std::string& out, const UsageReport& report,
                       std::chrono::system_clock::time_point since, std::string_view memory_json);

}  // namespace holysheep::app
