#include <holysheep/policy/upstream_pause.hpp>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using std::chrono::seconds;

const TimePoint start{seconds(1000)};

TEST(UpstreamPauses, LastNoLongerThanTheirMostAndRememberWhatWasAskedFor) {
  UpstreamPauses pauses(seconds(60));
  pauses.pause("gpt", start + seconds(3600), start);
  EXPECT_EQ(pauses.paused_until("gpt", start), start + seconds(60));
  EXPECT_EQ(pauses.asked_until("gpt", start), start + seconds(3600));
  EXPECT_LE(pauses.paused_until("gpt", start + seconds(61)), start + seconds(61));
  EXPECT_EQ(pauses.asked_until("gpt", start + seconds(61)), start + seconds(3600));
  EXPECT_FALSE(pauses.any(start + seconds(61)));
  EXPECT_LE(pauses.asked_until("gpt", start + seconds(3600)), start + seconds(3600));
}

TEST(UpstreamPauses, AreCountedWhileTheyLast) {
  UpstreamPauses pauses(seconds(60));
  EXPECT_EQ(pauses.paused_now(start), 0U);
  pauses.pause("gpt", start + seconds(10), start);
  pauses.pause("claude", start + seconds(3600), start);
  EXPECT_EQ(pauses.paused_now(start), 2U);
  EXPECT_EQ(pauses.paused_now(start + seconds(10)), 1U);
  EXPECT_EQ(pauses.paused_now(start + seconds(60)), 0U);
}

TEST(UpstreamPauses, OfModelsPastTheFirstTwoHundredCountAsOne) {
  UpstreamPauses pauses(seconds(60));
  for (int i = 0; i < 300; ++i) pauses.pause("m" + std::to_string(i), start + seconds(10), start);
  EXPECT_EQ(pauses.paused_now(start), 201U);
}

}  // namespace
}  // namespace holysheep
