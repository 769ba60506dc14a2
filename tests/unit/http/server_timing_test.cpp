#include <holysheep/http/server_timing.hpp>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

using namespace std::chrono_literals;

std::string line(const ServerTiming& timing) {
  std::string out;
  append_server_timing(out, timing);
  return out;
}

std::string queue_dur(Duration queue) {
  const std::string text = line({.queue = queue});
  const auto from = text.find("queue;dur=") + 10;
  return text.substr(from, text.find(',') - from);
}

TEST(ServerTiming, NamesEveryPart) {
  EXPECT_EQ(line({.queue = 1234us, .upstream = 250ms, .proxy = 90us, .attempts = 2, .cache = "miss"}),
            "Server-Timing: queue;dur=1.234, upstream;dur=250, proxy;dur=0.09, cache;desc=miss, "
            "attempts;desc=\"2\"\r\n");
}

TEST(ServerTiming, OfARequestThatWentNowhereIsZeros) {
  EXPECT_EQ(
      line({}),
      "Server-Timing: queue;dur=0, upstream;dur=0, proxy;dur=0, cache;desc=bypass, attempts;desc=\"0\"\r\n");
}

TEST(ServerTiming, WritesAtMostThreeDecimalsAndNoTrailingZeros) {
  EXPECT_EQ(queue_dur(0ns), "0");
  EXPECT_EQ(queue_dur(999ns), "0");
  EXPECT_EQ(queue_dur(1us), "0.001");
  EXPECT_EQ(queue_dur(10us), "0.01");
  EXPECT_EQ(queue_dur(100us), "0.1");
  EXPECT_EQ(queue_dur(120us), "0.12");
  EXPECT_EQ(queue_dur(105us), "0.105");
  EXPECT_EQ(queue_dur(1001us), "1.001");
  EXPECT_EQ(queue_dur(24h), "86400000");
}

TEST(ServerTiming, NeverGoesBelowZero) {
  EXPECT_EQ(queue_dur(-5ms), "0");
}

TEST(ServerTiming, AppendsToWhatIsThere) {
  std::string out = "A: b\r\n";
  append_server_timing(out, {});
  EXPECT_TRUE(out.starts_with("A: b\r\nServer-Timing: "));
}

}  // namespace
}  // namespace holysheep::http
