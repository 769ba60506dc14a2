#include <gtest/gtest.h>
#include <simulator/script.hpp>

namespace holysheep {
namespace {

using sim::Cut;
using sim::parse_script;

TEST(SimulatorScript, ReadsDirectivesInAnyOrder) {
  const auto parsed = parse_script("sim:status=429;header=retry-after-ms:1500;delay=20;body={\"a\":1;\"b\"}");
  ASSERT_EQ(parsed.problem, "");
  EXPECT_EQ(parsed.script.status, 429U);
  ASSERT_EQ(parsed.script.headers.size(), 1U);
  EXPECT_EQ(parsed.script.headers[0].first, "retry-after-ms");
  EXPECT_EQ(parsed.script.headers[0].second, "1500");
  EXPECT_EQ(parsed.script.delay.count(), 20);
  EXPECT_EQ(parsed.script.body, "{\"a\":1;\"b\"}") << "body takes all that follows";
}

TEST(SimulatorScript, ReadsCuts) {
  const auto close = parse_script("close=mid-event:3").script;
  EXPECT_EQ(close.cut->act, Cut::Act::close);
  EXPECT_EQ(close.cut->where, Cut::Where::mid_event);
  EXPECT_EQ(close.cut->count, 3U);
  EXPECT_EQ(parse_script("reset=before").script.cut->act, Cut::Act::reset);
  EXPECT_EQ(parse_script("stall=event:2").script.cut->act, Cut::Act::stall);
}

TEST(SimulatorScript, NamesWhatItDoesNotKnow) {
  EXPECT_EQ(parse_script("sim:silent;fly=3").problem, "unknown directive \"fly\"");
  for (const char* bad :
       {"status=5", "status=abc", "delay=-1", "close=somewhere", "close=event:x", "close=before:1", "fail=x",
        "fail=1:9999", "early=soon", "silent=yes", "chunks=", "usage=1:2:3:4:5:6", "usage=some", "billed=1",
        "header=", "interim=200", "model="}) {
    EXPECT_EQ(parse_script(bad).problem, "bad value in directive \"" + std::string(bad) + "\"");
  }
}

TEST(SimulatorScript, AnEmptyOneIsTheOrdinaryAnswer) {
  EXPECT_TRUE(parse_script("").script.is_default());
  EXPECT_FALSE(parse_script("sim:chunks=8").script.is_default());
}

}  // namespace
}  // namespace holysheep
