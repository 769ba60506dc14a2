#include <holysheep/policy/price_table.hpp>

#include <algorithm>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

constexpr Price a_price{1'000'000, 500'000, 4'000'000};  // 1, 0.5 and 4 dollars per million

PricedModel model(std::string id, std::vector<std::string> aliases) {
  return {std::move(id), std::move(aliases), a_price, a_price};
}

std::string found(const PriceTable& table, std::string_view name) {
  const auto* model = table.find(name);
  return model == nullptr ? "" : model->id;
}

TEST(PriceTable, FindsByIdThenByPlainAliasThenByGlob) {
  const PriceTable table({model("a", {"b*", "one"}), model("b1", {"b2"})});
  EXPECT_EQ(found(table, "a"), "a");
  EXPECT_EQ(found(table, "one"), "a");
  EXPECT_EQ(found(table, "b1"), "b1");
  EXPECT_EQ(found(table, "b2"), "b1");
  EXPECT_EQ(found(table, "b3"), "a");
}

TEST(PriceTable, TheLongestGlobWinsAndOfTwoAsLongTheFirstIdHasIt) {
  const PriceTable table({model("z", {"gpt-*"}), model("y", {"gpt-4*"}), model("x", {"*-mini"})});
  EXPECT_EQ(found(table, "gpt-5"), "z");
  EXPECT_EQ(found(table, "gpt-4-x"), "y");
  EXPECT_EQ(found(table, "gpt-5-mini"), "x");
  EXPECT_EQ(found(table, "gpt-4-mini"), "x");  // as long as "gpt-4*"
}

TEST(PriceTable, NoNameButAnAliasStandsForAnother) {
  const PriceTable table({model("gpt-4.1", {"gpt-4.1-20*"})});
  EXPECT_EQ(found(table, "gpt-4.1-2025-04-14"), "gpt-4.1");
  for (const auto* other : {"gpt-4.1-mini", "gpt-4", "GPT-4.1", "gpt-4.1 ", "", "xgpt-4.1-2025"}) {
    EXPECT_EQ(found(table, other), "") << other;
  }
  EXPECT_EQ(found(PriceTable({}), "gpt-4.1"), "");
}

TEST(PriceTable, GivesItsModelsInTheOrderOfIds) {
  const PriceTable table({model("b", {}), model("a", {})});
  ASSERT_EQ(table.models().size(), 2U);
  EXPECT_EQ(table.models()[0].id, "a");
}

TEST(CostOf, EachKindOfTokenHasItsPriceAndReasoningIsOutput) {
  const PricedModel priced{"m", {}, a_price, {8'000'000, 8'000'000, 8'000'000}};
  const TokenCounts tokens{.input = 1000, .cached_input = 400, .output = 10, .reasoning = 10};
  // 600 × 1 + 400 × 0.5 + 10 × 4 = 840 micro-dollars; 1010 × 8 = 8080 direct.
  EXPECT_EQ(cost_of(tokens, priced), (Cost{840'000, 8'080'000}));
  EXPECT_EQ(cost_of({}, priced), Cost{});
}

TEST(CostOf, RoundsToTheNearestNanoDollarHalfOfOneUp) {
  const auto cost = [](std::uint64_t pico) {
    return cost_of({.input = 1}, {"m", {}, {pico, 0, 0}, {}}).nano_usd;
  };
  EXPECT_EQ(cost(499), 0U);
  EXPECT_EQ(cost(500), 1U);
  EXPECT_EQ(cost(1499), 1U);
  EXPECT_EQ(cost(1500), 2U);
}

TEST(CostOf, IsRoundedOnceForTheWholeAnswer) {
  const PricedModel priced{"m", {}, {400, 400, 400}, {}};
  EXPECT_EQ(cost_of({.input = 2, .cached_input = 1, .output = 1}, priced).nano_usd, 1U);  // 1200 pico
}

TEST(CostOf, MoreCachedTokensThanInputAreAsManyAsInput) {
  const PricedModel priced{"m", {}, a_price, a_price};
  EXPECT_EQ(cost_of({.input = 10, .cached_input = 999}, priced).nano_usd, 5'000U);
}

TEST(CostOf, StopsAtTheLargestAmount) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  const PricedModel dear{"m", {}, {most_pico_usd, most_pico_usd, most_pico_usd}, {1, 1, 1}};
  const auto cost = cost_of({.input = most, .cached_input = most, .output = most}, dear);
  EXPECT_EQ(cost.nano_usd, most_nano_usd);
  EXPECT_EQ(cost.direct_nano_usd, 36'893'488'147'419'103U);  // 2 × (2^64 − 1) pico-dollars
}

TEST(CostOf, IsTheExactSumRoundedForRandomCounts) {
  std::minstd_rand random(7);
  for (int i = 0; i < 10'000; ++i) {
    const TokenCounts tokens{
        .input = random() % 2'000'000, .cached_input = random() % 1'000'000, .output = random() % 200'000};
    const PricedModel priced{
        "m", {}, {random() % 20'000'000, random() % 20'000'000, random() % 90'000'000}, {}};
    const auto cached = std::min(tokens.cached_input, tokens.input);
    const auto pico = (tokens.input - cached) * priced.price.input + cached * priced.price.cached_input +
                      tokens.output * priced.price.output;  // below 2^64: 2e6 × 2e7 × 2 + 2e5 × 9e7
    ASSERT_EQ(cost_of(tokens, priced).nano_usd, pico / 1000 + (pico % 1000 >= 500 ? 1 : 0));
  }
}

}  // namespace
}  // namespace holysheep
