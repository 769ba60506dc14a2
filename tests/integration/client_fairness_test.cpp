#include "support/connection_crowd.hpp"
#include "support/files.hpp"
#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <vector>

namespace holysheep::testing {
namespace {

std::string client_keys() {
  return nlohmann::json{
      {"clients",
       {{{"id", "greedy"}, {"key_sha256", sha256("greedy-key")}},
        {{"id", "modest"}, {"key_sha256", sha256("modest-key")}},
        {{"id", "slow"}, {"key_sha256", sha256("slow-key")}, {"rate_limit_per_second", 1}}}}}
      .dump();
}

std::string greedy_request() {
  return "GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer greedy-key\r\n\r\n";
}

TEST(AClientThatFillsTheQueue, LeavesOthersTheirTurn) {
  const TempDirectory directory;
  Stage stage({{"CLIENT_KEYS_FILE", directory.write("keys.json", client_keys())},
               {"RATE_LIMIT_PER_SECOND", "2"},
               {"RATE_LIMIT_BURST", "1"},
               {"QUEUE_SIZE", "30"}});
  ConnectionCrowd greedy(stage.port());
  greedy.open(40);
  for (std::size_t i = 0; i < 40; ++i) greedy.send(i, greedy_request());
  ASSERT_TRUE(greedy.run_until([&] { return greedy.having("X-HolySheep-Error: queue_full\r\n") >= 5; }));
  // 30 turns of the greedy one's would take 15 s: half the time would not do.
  const Request patient{.target = "/v1/models",
                        .headers = {{"Authorization", "Bearer modest-key"}, {"X-Stainless-Timeout", "7"}}};
  EXPECT_EQ(fetch(stage.port(), patient).status, 200);
}

TEST(AClientOverItsRate, WaitsForItsOwnTokenWhileOthersGoOn) {
  const TempDirectory directory;
  Stage stage({{"CLIENT_KEYS_FILE", directory.write("keys.json", client_keys())}});
  const Request slow{.target = "/v1/models",
                     .headers = {{"Authorization", "Bearer slow-key"}, {"X-Stainless-Timeout", "1"}}};
  EXPECT_EQ(fetch(stage.port(), slow).status, 200);
  RawClient waiting(stage.port());
  waiting.send("GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer slow-key\r\n\r\n");
  const auto modest = get(stage.port(), "/v1/models", {{"Authorization", "Bearer modest-key"}});
  EXPECT_EQ(modest.status, 200);
  EXPECT_EQ(waiting.read_until("HTTP/1.1 200"), ReadEnd::satisfied);
}

TEST(AClientOverItsRate, Gets429WithItsOwnWaitWhereNobodyMayWait) {
  const TempDirectory directory;
  Stage stage(
      {{"CLIENT_KEYS_FILE", directory.write("keys.json", client_keys())}, {"BACKPRESSURE_ENABLED", "false"}});
  const std::vector<Header> slow{{"Authorization", "Bearer slow-key"}};
  EXPECT_EQ(get(stage.port(), "/v1/models", slow).status, 200);
  const auto refused = get(stage.port(), "/v1/models", slow);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(error_code(refused), "rate_limit_exceeded");
  EXPECT_EQ(refused.header("Retry-After"), "1");
}

}  // namespace
}  // namespace holysheep::testing
