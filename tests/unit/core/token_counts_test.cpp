#include <holysheep/core/token_counts.hpp>

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

std::string usd(std::int64_t nano) {
  std::string out;
  append_usd(out, nano);
  return out;
}

TEST(Dollars, AreExactToTheNanoDollarAndHaveNoZeroesAtTheEnd) {
  EXPECT_EQ(usd(0), "0");
  EXPECT_EQ(usd(1), "0.000000001");
  EXPECT_EQ(usd(1'200), "0.0000012");
  EXPECT_EQ(usd(300'000'000), "0.3");
  EXPECT_EQ(usd(12'000'000'000), "12");
  EXPECT_EQ(usd(10'000'000'000), "10");
  EXPECT_EQ(usd(1'234'567'891'230), "1234.56789123");
}

TEST(Dollars, MayBeNegative) {
  EXPECT_EQ(usd(-1), "-0.000000001");
  EXPECT_EQ(usd(-3'400'000'000), "-3.4");
  EXPECT_EQ(usd(std::numeric_limits<std::int64_t>::min()), "-9223372036.854775808");
  EXPECT_EQ(usd(std::numeric_limits<std::int64_t>::max()), "9223372036.854775807");
}

TEST(Dollars, AreAppended) {
  std::string out = "cost=";
  append_usd(out, 5);
  EXPECT_EQ(out, "cost=0.000000005");
}

TEST(Cost, WhatIsSavedMayBeNegative) {
  EXPECT_EQ((Cost{3, 10}.saved_nano_usd()), 7);
  EXPECT_EQ((Cost{10, 3}.saved_nano_usd()), -7);
  EXPECT_EQ((Cost{most_nano_usd, 0}.saved_nano_usd()), -std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace holysheep
