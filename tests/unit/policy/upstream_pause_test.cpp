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

}  // namespace
}  // namespace holysheep
