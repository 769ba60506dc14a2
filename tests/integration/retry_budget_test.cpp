#include "support/connection_crowd.hpp"
#include "support/stage.hpp"

namespace holysheep::testing {
namespace {

TEST(TheRetryBudget, KeepsAFailingUpstreamFromARetryStorm) {
  Stage stage({{"CIRCUIT_BREAKER_THRESHOLD", "0"}, {"MAX_RETRIES", "3"}});
  constexpr std::size_t requests = 200;
  ConnectionCrowd crowd(stage.port());
  crowd.open(requests);
  const auto body = chat_body("sim:status=503;delay=300");
  for (std::size_t i = 0; i < requests; ++i) {
    crowd.send(i,
               "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
               "Content-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  ASSERT_TRUE(crowd.run_until([&] { return crowd.having("HTTP/1.1 503") == requests; }, patience() * 3));
  // The floor: three retries are always allowed at once, each request's three in turn.
  constexpr std::size_t floor = 9;
  const auto attempts = stage.simulator.request_count();
  EXPECT_LE(attempts, requests * 12 / 10 + floor);
  EXPECT_GT(attempts, requests + 3) << "what the budget allows is retried";
  EXPECT_GE(crowd.having("x-should-retry: false"), requests / 2) << "the SDKs are told not to retry either";
}

}  // namespace
}  // namespace holysheep::testing
