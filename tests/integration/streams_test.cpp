#include "support/connection_crowd.hpp"
#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace holysheep::testing {
namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

/// How old each stamped event was when it was read.
class StampReader {
 public:
  /// The first few of each stream come while all the others are still shaking hands: not counted.
  static constexpr std::size_t warm_up = 10;

  void read(std::size_t stream, std::string_view bytes, Clock::time_point at) {
    static constexpr std::string_view mark = "\"ns\":";
    const auto now = std::chrono::nanoseconds(at.time_since_epoch()).count();
    for (auto found = bytes.find(mark); found != std::string_view::npos;
         found = bytes.find(mark, found + 1)) {
      std::int64_t stamp = 0;
      const auto* digits = bytes.data() + found + mark.size();
      std::from_chars(digits, bytes.data() + bytes.size(), stamp);
      if (stamp > now / 2 && ++seen_[stream] > warm_up)
        ages_.push_back(std::chrono::nanoseconds(now - stamp));
    }
  }
  std::size_t count() const { return ages_.size(); }
  std::chrono::nanoseconds percentile_99() {
    const auto at = ages_.begin() + static_cast<std::ptrdiff_t>(ages_.size() * 99 / 100);
    std::ranges::nth_element(ages_, at);
    return *at;
  }

 private:
  std::map<std::size_t, std::size_t> seen_;
  std::vector<std::chrono::nanoseconds> ages_;
};

std::chrono::nanoseconds p99_of_200_streams(std::uint16_t port) {
  StampReader stamps;
  ConnectionCrowd crowd(port);
  crowd.on_data([&](std::size_t stream, std::string_view bytes, Clock::time_point at) {
    stamps.read(stream, bytes, at);
  });
  crowd.open(200);
  for (std::size_t i = 0; i < 200; ++i) {
    crowd.send(i, "GET /v1/stream?events=30&size=200&interval_ms=50 HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  const bool whole = crowd.run_until([&] { return crowd.having("[DONE]") == 200; }, patience() * 3);
  EXPECT_TRUE(whole) << crowd.having("[DONE]");
  EXPECT_GT(stamps.count(), 3500U);
  return whole ? stamps.percentile_99() : std::chrono::nanoseconds::max();
}

TEST(RelayedStreams, AddLessThanFiveMillisecondsAt200AtOnce) {
  Stage stage;
  // The age holds what the upstream and the machine add as well, so one quiet round of three is the proof.
  std::chrono::nanoseconds best = std::chrono::nanoseconds::max();
  for (int round = 0; round < 3 && best >= std::chrono::milliseconds{5} * time_scale(); ++round) {
    best = std::min(best, p99_of_200_streams(stage.port()));
  }
  EXPECT_LT(best, std::chrono::milliseconds{5} * time_scale());
}

TEST(RelayedStreams, EventsAreNotHeldBack) {
  Stage stage;
  HttpClient client(stage.port());
  client.send(chat("sim:chunks=5;chunk-delay=200", true));
  ASSERT_EQ(client.read_head().status, 200);
  std::vector<Clock::time_point> times;
  while (const auto event = client.next_event()) times.push_back(event->at);
  ASSERT_GE(times.size(), 6U);
  EXPECT_GT(times.back() - times.front(), std::chrono::milliseconds{500}) << "they came in one piece";
  EXPECT_EQ(client.body_end(), BodyEnd::complete);
}

TEST(AStoppedReader, CostsUnderOneMebibyteOfA50MegabyteStreamAndThenGetsItAll) {
  Stage stage;
  const std::string target = "/v1/stream?events=51200&size=1024&interval_ms=0";
  EXPECT_EQ(get(stage.port(), "/v1/stream?events=2000&size=1024").status, 200) << "warm";
  const auto before = stage.proxy.process().resident_bytes();
  RawClient client(stage.port(), 4096);
  client.set_limit(patience() * 3);
  client.send("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  ASSERT_EQ(client.read_until("\"seq\":0"), ReadEnd::satisfied);
  std::size_t most = 0;
  // For a second it is looked at what must not happen; a proxy that reads on takes 50 MB in less.
  eventually(
      [&] {
        most = std::max(most, stage.proxy.process().resident_bytes());
        return false;
      },
      std::chrono::seconds{1});
  if (time_scale() == 1) {  // a sanitizer's memory says nothing
    EXPECT_LT(most, before + mebibyte);
  }
  EXPECT_EQ(client.read_to_end(), ReadEnd::eof);
  EXPECT_GT(client.received().size(), 51200U * 1024U);
  EXPECT_NE(client.received().find("data: [DONE]"), std::string::npos);
  EXPECT_TRUE(client.received().ends_with("0\r\n\r\n"));
}

}  // namespace
}  // namespace holysheep::testing
