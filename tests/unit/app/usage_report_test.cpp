#include <holysheep/app/usage_report.hpp>

#include <array>
#include <chrono>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep::app {
namespace {

using namespace std::chrono_literals;
constexpr std::chrono::system_clock::time_point since{std::chrono::seconds(1'764'374'400)};

std::string usage_json(const UsageReport& report, std::string_view memory = R"({"held_bytes":1})") {
  std::string out;
  append_usage_json(out, report, since, memory);
  return out;
}

const std::string zeros =
    R"("requests":0,"errors":0,"partial":0,"input_tokens":0,"cached_input_tokens":0,"output_tokens":0,)"
    R"("reasoning_tokens":0,"cost_usd":0,"direct_cost_usd":0,"saved_usd":0)";

TEST(UsageReport, IsWholeBeforeTheFirstRequest) {
  const auto start = R"({"since":"2025-11-29T00:00:00.000Z","totals":{)" + zeros +
                     R"(},"by_model":{},"by_client":{},"unpriced_models":[])";
  EXPECT_EQ(usage_json({}), start + R"(,"memory":{"held_bytes":1}})");
  EXPECT_EQ(usage_json({}, ""), start + "}");
}

TEST(UsageReport, SumsAllLoopsByModelAndByClient) {
  proxy::UsageBounds bounds;
  proxy::UsageCells one(bounds);
  proxy::UsageCells two(bounds);
  const auto count = [](proxy::UsageCells& cells, std::string_view client, std::string_view model,
                        std::optional<Cost> cost) {
    auto& cell = cells.cell(client, model, true);
    cell.count_request(false, true);
    cell.count_tokens({.input = 100, .cached_input = 40, .output = 10, .reasoning = 5}, cost);
  };
  count(one, "team-a", "gpt-4.1", Cost{132'000, 880'000});
  count(two, "team-a", "gpt-4.1", Cost{132'000, 880'000});
  count(two, "team-a", "mystery", std::nullopt);
  count(one, "team-b", "gpt-4.1", Cost{132'000, 100'000});
  one.cell("", "", false).count_request(true, false);
  const std::array<const proxy::UsageCells*, 2> loops{&one, &two};
  const auto json = nlohmann::json::parse(usage_json(sum_usage(loops)));

  EXPECT_EQ(json["totals"]["requests"], 5);
  EXPECT_EQ(json["totals"]["errors"], 1);
  EXPECT_EQ(json["totals"]["partial"], 4);
  EXPECT_EQ(json["totals"]["input_tokens"], 400);
  EXPECT_EQ(json["totals"]["cached_input_tokens"], 160);
  EXPECT_EQ(json["totals"]["output_tokens"], 40);
  EXPECT_EQ(json["totals"]["reasoning_tokens"], 20);
  EXPECT_EQ(json["totals"]["cost_usd"], 0.000396);
  EXPECT_EQ(json["totals"]["direct_cost_usd"], 0.00186);
  EXPECT_EQ(json["totals"]["saved_usd"], 0.001464);
  EXPECT_EQ(json["by_model"].size(), 3U);
  EXPECT_EQ(json["by_model"]["gpt-4.1"]["requests"], 3);
  EXPECT_EQ(json["by_model"]["mystery"]["cost_usd"], 0);
  EXPECT_EQ(json["by_client"].size(), 3U);
  const auto& team = json["by_client"]["team-a"];
  EXPECT_EQ(team["requests"], 3);
  EXPECT_EQ(team["by_model"]["gpt-4.1"]["requests"], 2);
  EXPECT_EQ(team["by_model"]["gpt-4.1"]["cost_usd"], 0.000264);
  EXPECT_EQ(team["by_model"]["mystery"]["input_tokens"], 100);
  EXPECT_EQ(json["by_client"]["team-b"]["saved_usd"], -0.000032);
  EXPECT_EQ(json["by_client"]["none"]["by_model"]["none"]["errors"], 1);
  EXPECT_EQ(json["unpriced_models"], nlohmann::json({"mystery"}));
  EXPECT_EQ(json["memory"]["held_bytes"], 1);
}

TEST(UsageReport, HasTheMembersInOneOrder) {
  UsageReport report;
  report.by_model["m"] = {};
  report.by_client["c"].by_model["m"] = {};
  EXPECT_EQ(usage_json(report, ""), R"({"since":"2025-11-29T00:00:00.000Z","totals":{)" + zeros +
                                        R"(},"by_model":{"m":{)" + zeros + R"(}},"by_client":{"c":{)" +
                                        zeros + R"(,"by_model":{"m":{)" + zeros +
                                        R"(}}}},"unpriced_models":[]})");
}

TEST(UsageReport, EscapesNames) {
  UsageReport report;
  report.by_model[R"(a"b\)"].unpriced = 1;
  report.by_client[R"(c"d)"] = {};
  const auto json = nlohmann::json::parse(usage_json(report));
  EXPECT_TRUE(json["by_model"].contains(R"(a"b\)"));
  EXPECT_TRUE(json["by_client"].contains(R"(c"d)"));
  EXPECT_EQ(json["unpriced_models"][0], R"(a"b\)");
}

TEST(UsageReport, DollarsAreExactAndEndBelowWhatTheyHold) {
  UsageReport report;
  report.totals.cost = {1, 123'456'789'012'345'678};
  EXPECT_NE(
      usage_json(report).find(
          R"("cost_usd":0.000000001,"direct_cost_usd":123456789.012345678,"saved_usd":123456789.012345677)"),
      std::string::npos);
  UsageSums sums;
  sums.cost = {most_nano_usd, 1};
  sums.add(UsageSums(sums));
  EXPECT_EQ(sums.cost, (Cost{most_nano_usd, 2}));
}

}  // namespace
}  // namespace holysheep::app
