#include "support/connection_crowd.hpp"
#include "support/raw_client.hpp"
#include "support/stage.hpp"

namespace holysheep::testing {
namespace {

constexpr std::string_view begun = "GET /v1/models HTTP/1.1\r\nHost: x\r\n";

TEST(ConnectionLimit, OneOver2048WaitsIsServedLaterAndHidesNoProbe) {
  raise_descriptor_limit();  // the proxy inherits it
  Stage stage({{"WORKER_CONNECTIONS", "2048"}, {"CLIENT_HEADER_TIMEOUT", "120s"}});
  ConnectionCrowd crowd(stage.port());
  crowd.open(2048);
  for (std::size_t i = 0; i < 2048; ++i) crowd.send(i, begun);
  ASSERT_TRUE(crowd.run_until([&] { return crowd.connected() == 2048; }));
  ASSERT_TRUE(crowd.run_until([&] { return stage.proxy.process().open_descriptors() > 2048; }));
  EXPECT_EQ(crowd.ended(), 0U) << "a request that has begun is not idle";

  const auto extra = crowd.open(1);
  crowd.send(extra, std::string(begun) + "X-Request-Id: extra\r\n\r\n");
  const auto asked = Clock::now();
  EXPECT_EQ(get(stage.port(), "/health").status, 200);
  EXPECT_EQ(get(stage.port(), "/ready").status, 200);
  EXPECT_LT(Clock::now() - asked, std::chrono::seconds{1} * time_scale());
  EXPECT_TRUE(stage.simulator.requests_of("extra").empty());
  EXPECT_TRUE(crowd.member(extra).received.empty());
  EXPECT_FALSE(crowd.member(extra).ended);

  crowd.close(0);
  EXPECT_TRUE(crowd.run_until([&] { return crowd.member(extra).received.starts_with("HTTP/1.1 200"); }))
      << crowd.member(extra).received;
  EXPECT_EQ(crowd.ended(), 0U);
}

TEST(ConnectionLimit, TheLongestIdleOneMakesRoom) {
  Stage stage({{"WORKER_CONNECTIONS", "4"}});
  std::vector<RawClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(stage.port());
    clients.back().send("GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_EQ(clients.back().read_until("\"data\""), ReadEnd::satisfied);
  }
  EXPECT_EQ(get(stage.port(), "/v1/models").status, 200);
  EXPECT_EQ(clients[0].read_to_end(), ReadEnd::eof) << "the longest idle";
  clients[3].take();
  clients[3].send("GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(clients[3].read_until("\"data\""), ReadEnd::satisfied) << "the youngest stays";
}

TEST(Descriptors, AndMemoryComeBackAfterManyConnections) {
  Stage stage;
  EXPECT_EQ(get(stage.port(), "/v1/models").status, 200);
  const auto before = stage.proxy.process().open_descriptors();
  {
    ConnectionCrowd crowd(stage.port());
    crowd.open(500);
    for (std::size_t i = 0; i < 500; ++i) crowd.send(i, std::string(begun) + "\r\n");
    ASSERT_TRUE(crowd.run_until([&] { return crowd.having("HTTP/1.1 200") == 500; }));
  }
  // The upstream pool may keep its idle connections.
  EXPECT_TRUE(eventually([&] { return stage.proxy.process().open_descriptors() <= before + 32; }))
      << stage.proxy.process().open_descriptors();
}

TEST(ConnectionLimit, WhoWaitsInVainForAPlaceIsToldSo) {
  Stage stage({{"WORKER_CONNECTIONS", "1"}, {"WORKER_PROCESSES", "1"}, {"REQUEST_TIMEOUT", "1"}});
  RawClient holder(stage.port());
  holder.send("POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_EQ(holder.read_until("100 Continue"), ReadEnd::satisfied);
  expect_gateway_error(get(stage.port(), "/v1/models"), 503, "queue_timeout");
}

}  // namespace
}  // namespace holysheep::testing
