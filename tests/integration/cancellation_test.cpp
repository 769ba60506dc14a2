#include "support/raw_client.hpp"
#include "support/stage.hpp"
#include "support/tcp_server.hpp"

#include <atomic>
#include <future>

namespace holysheep::testing {
namespace {

enum class Leaving { reset, close, half_close };

void leave(RawClient& client, Leaving how) {
  switch (how) {
    case Leaving::reset:
      return client.reset();
    case Leaving::close:
      return client.close();
    case Leaving::half_close:
      return client.half_close();
  }
}

std::string raw_chat(std::string_view model, bool stream = false) {
  const auto body = chat_body(model, stream);
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: "
         "application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::int64_t now_ns() {
  return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
}

class AClientThatLeaves : public ::testing::TestWithParam<Leaving> {
 protected:
  /// Nanoseconds until the simulator noticed; fails when it never does.
  void expect_cancelled_since(std::int64_t left, const SimulatorProcess& simulator) {
    nlohmann::json seen;
    const bool cancelled = eventually([&] {
      seen = simulator.requests();
      return seen.size() == 1 && seen[0]["cancelled"].get<bool>();
    });
    ASSERT_TRUE(cancelled) << seen.dump();
    EXPECT_LT(seen[0]["ended_ns"].get<std::int64_t>() - left, 100'000'000LL * time_scale());
  }
};

TEST_P(AClientThatLeaves, WhileUpstreamIsSilentCancelsIt) {
  Stage stage;
  RawClient client(stage.port());
  client.send(raw_chat("sim:silent"));
  ASSERT_TRUE(eventually([&] { return stage.simulator.request_count() == 1; }));
  const auto left = now_ns();
  leave(client, GetParam());
  expect_cancelled_since(left, stage.simulator);
}

TEST_P(AClientThatLeaves, InMidStreamCancelsIt) {
  Stage stage;
  RawClient client(stage.port());
  client.send(raw_chat("sim:chunks=2000;chunk-delay=10", true));
  ASSERT_EQ(client.read_until("data: "), ReadEnd::satisfied);
  const auto left = now_ns();
  leave(client, GetParam());
  expect_cancelled_since(left, stage.simulator);
}

TEST_P(AClientThatLeaves, InMidStreamOfASilentUpstreamCancelsIt) {
  Stage stage;
  RawClient client(stage.port());
  client.send(raw_chat("sim:chunks=20;stall=event:2", true));
  ASSERT_EQ(client.read_until("data: "), ReadEnd::satisfied);
  const auto left = now_ns();
  leave(client, GetParam());
  expect_cancelled_since(left, stage.simulator);
}

TEST_P(AClientThatLeaves, TheQueueGivesItsPlaceUp) {
  Stage stage({{"UPSTREAM_MAX_CONNECTIONS", "1"}, {"QUEUE_SIZE", "1"}});
  RawClient holder(stage.port());
  holder.send(raw_chat("sim:silent"));
  ASSERT_TRUE(eventually([&] { return stage.simulator.request_count() == 1; }));
  RawClient queued(stage.port());
  queued.send(raw_chat("sim:tag=queued"));
  const auto place_is_taken = [&] {
    RawClient probe(stage.port());
    probe.set_limit(std::chrono::milliseconds{20} * time_scale());
    probe.send(raw_chat("sim:tag=probe"));
    return probe.read_until("queue_full") == ReadEnd::satisfied;
  };
  ASSERT_TRUE(eventually(place_is_taken));
  const auto left = Clock::now();
  leave(queued, GetParam());
  EXPECT_TRUE(eventually([&] { return !place_is_taken(); }));
  EXPECT_LT(Clock::now() - left, std::chrono::milliseconds{120} * time_scale());
  holder.reset();
  const auto after = fetch(stage.port(), chat("sim:tag=after"));
  EXPECT_EQ(after.status, 200) << after.body;
  for (const auto& request : stage.simulator.requests()) EXPECT_NE(request["model"], "sim:tag=queued");
}

TEST_P(AClientThatLeaves, AfterABodyThatWasStreamedCancelsIt) {
  Stage stage({{"REPLAY_BUFFER_MB", "0"}});
  RawClient client(stage.port());
  client.send(raw_chat("sim:silent"));
  ASSERT_TRUE(eventually([&] { return stage.simulator.request_count() == 1; }));
  const auto left = now_ns();
  leave(client, GetParam());
  expect_cancelled_since(left, stage.simulator);
}

TEST_P(AClientThatLeaves, AfterABodyLargerThanTheReplayMemoryCancelsIt) {
  Stage stage({{"REPLAY_BUFFER_MB", "1"}});
  RawClient client(stage.port());
  const auto body = chat_body("sim:silent") + std::string(3 << 20, ' ');
  client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: "
      "application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  ASSERT_TRUE(eventually([&] { return stage.simulator.request_count() == 1; }));
  const auto left = now_ns();
  leave(client, GetParam());
  expect_cancelled_since(left, stage.simulator);
}

TEST_P(AClientThatLeaves, BehindMoreThanIsTakenInAheadCancelsIt) {
  Stage stage;
  RawClient client(stage.port());
  client.send(raw_chat("sim:silent") + std::string(100'000, 'x'));
  ASSERT_TRUE(eventually([&] { return stage.simulator.request_count() == 1; }));
  const auto left = now_ns();
  leave(client, GetParam());
  expect_cancelled_since(left, stage.simulator);
}

TEST_P(AClientThatLeaves, BehindAnUploadThatNobodyReadsCancelsTheEarlyAnswer) {
  std::atomic<std::int64_t> ended = 0;
  TcpServer upstream([&](RawClient& connection, int) {
    connection.read_until("\r\n\r\n");
    connection.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
    connection.read_to_end();
    ended = now_ns();
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"},
                      {"REPLAY_BUFFER_MB", "0"}});
  RawClient client(proxy.port());
  client.send("POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" + std::string(10'000, 'x'));
  ASSERT_EQ(client.read_until("\r\nx\r\n"), ReadEnd::satisfied) << client.received();
  client.set_limit(std::chrono::milliseconds(100));
  client.send(std::string(400'000, 'x'));
  const auto left = now_ns();
  leave(client, GetParam());
  ASSERT_TRUE(eventually([&] { return ended != 0; }));
  EXPECT_LT(ended - left, 100'000'000LL * time_scale());
}

std::string name_of(const ::testing::TestParamInfo<Leaving>& each) {
  switch (each.param) {
    case Leaving::reset:
      return "reset";
    case Leaving::close:
      return "close";
    case Leaving::half_close:
      return "half_close";
  }
  return "unknown";
}

INSTANTIATE_TEST_SUITE_P(By, AClientThatLeaves,
                         ::testing::Values(Leaving::reset, Leaving::close, Leaving::half_close), name_of);

/// Its bytes are not read meanwhile, for want of room; an orderly end would stand behind them.
TEST(AClientThatResets, WhileUpstreamTakesNoneOfItsStreamedBodyCancelsIt) {
  std::promise<void> over;
  auto until_over = over.get_future().share();
  std::atomic<bool> begun = false;
  TcpServer upstream([&](RawClient& connection, int) {
    connection.read_until("\r\n\r\n");
    begun = true;
    until_over.wait();
  });
  const auto admin = unused_port();
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"},
                      {"ADMIN_PORT", std::to_string(admin)},
                      {"REPLAY_BUFFER_MB", "0"}});
  const auto in_flight = [&] {
    return get(admin, "/metrics").body.find("\nholysheep_upstream_in_flight 1\n") != std::string::npos;
  };
  RawClient client(proxy.port());
  client.set_limit(std::chrono::milliseconds(500));
  client.send("POST /v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: 40000000\r\n\r\n");
  EXPECT_FALSE(client.send(std::string(40'000'000, 'x'))) << "more than all buffers on the way";
  ASSERT_TRUE(eventually([&] { return begun && in_flight(); }));
  client.reset();
  EXPECT_TRUE(eventually([&] { return !in_flight(); }));
  over.set_value();
}

TEST(AClientThatLeavesABody, UnfinishedNeverReachesUpstream) {
  Stage stage;
  RawClient client(stage.port());
  client.send("POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of it");
  client.half_close();
  EXPECT_NE(client.read_to_end(), ReadEnd::timeout);
  EXPECT_EQ(client.received().find("HTTP/1.1 200"), std::string::npos);
  EXPECT_EQ(stage.simulator.request_count(), 0U);
}

}  // namespace
}  // namespace holysheep::testing
