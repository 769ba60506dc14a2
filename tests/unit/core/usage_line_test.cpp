#include <holysheep/core/log.hpp>
#include <holysheep/core/usage_line.hpp>

#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep {
namespace {

using namespace std::chrono_literals;

UsageRecord full_record() {
  UsageRecord record;
  record.time = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 8h + 45min + 34s + 123ms;
  record.request_id = "req-1";
  record.client = "team-a";
  record.model = "gpt-4.1";
  record.tokens = {.input = 11, .cached_input = 3, .output = 5, .reasoning = 2};
  record.cost = Cost{19'200, 128'000};
  record.status = 200;
  record.cache = "miss";
  return record;
}

std::string line(const UsageRecord& record) {
  std::string out;
  append_usage_line(out, record);
  return out;
}

TEST(UsageLine, HoldsEverythingInOneLineOfJson) {
  EXPECT_EQ(line(full_record()),
            R"({"time":"2026-11-24T08:45:34.123Z","request_id":"req-1","client":"team-a","model":"gpt-4.1",)"
            R"("input_tokens":11,"cached_input_tokens":3,"output_tokens":5,"reasoning_tokens":2,)"
            R"("cost_usd":0.0000192,"direct_cost_usd":0.000128,"saved_usd":0.0001088,)"
            R"("status":200,"cache":"miss","partial":false,"estimated":false,"retried":false})"
            "\n");
}

TEST(UsageLine, HasTheSameFieldsWhateverIsKnown) {
  EXPECT_EQ(line({}), R"({"time":"1970-01-01T00:00:00.000Z","request_id":null,"client":null,"model":null,)"
                      R"("input_tokens":0,"cached_input_tokens":0,"output_tokens":0,"reasoning_tokens":0,)"
                      R"("cost_usd":0,"direct_cost_usd":0,"saved_usd":0,)"
                      R"("status":0,"cache":null,"partial":false,"estimated":false,"retried":false})"
                      "\n");
}

TEST(UsageLine, TokensWithoutAPriceCostAnUnknownAmountAndNotNothing) {
  auto record = full_record();
  record.cost.reset();
  auto json = nlohmann::json::parse(line(record));
  for (const auto* field : {"cost_usd", "direct_cost_usd", "saved_usd"}) EXPECT_TRUE(json[field].is_null());
  record.tokens = {};
  json = nlohmann::json::parse(line(record));
  for (const auto* field : {"cost_usd", "direct_cost_usd", "saved_usd"}) EXPECT_EQ(json[field], 0);
}

TEST(UsageLine, WhatIsSavedMayBeNegative) {
  auto record = full_record();
  record.cost = Cost{2'000'000'000, 500'000'000};
  EXPECT_NE(line(record).find(R"("saved_usd":-1.5,)"), std::string::npos) << line(record);
}

TEST(UsageLine, SaysWhatIsPartialOrEstimated) {
  auto record = full_record();
  record.partial = true;
  record.estimated = true;
  const auto json = nlohmann::json::parse(line(record));
  EXPECT_EQ(json["partial"], true);
  EXPECT_EQ(json["estimated"], true);
}

TEST(UsageLine, StaysOneShortLineOfJsonWhateverTheClientSent) {
  const std::string odd = "a\n\"\\\xff" + std::string(100'000, '\x01');
  auto record = full_record();
  record.request_id = record.client = record.model = record.cache = odd;
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  record.tokens = {most, most, most, most};
  record.cost = Cost{most_nano_usd, 0};
  const auto text = line(record);
  EXPECT_LE(text.size(), max_log_line);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_EQ(nlohmann::json::parse(text)["input_tokens"], most);
}

}  // namespace
}  // namespace holysheep
