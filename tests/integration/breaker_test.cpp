#include "support/connection_crowd.hpp"
#include "support/raw_client.hpp"
#include "support/soak_books.hpp"
#include "support/stage.hpp"

#include <optional>
#include <vector>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Three failures open it for a second; nothing is retried.
Environment breaker_settings() {
  return {{"CIRCUIT_BREAKER_THRESHOLD", "3"}, {"CIRCUIT_BREAKER_RESET", "1s"}, {"MAX_RETRIES", "0"}};
}

std::string raw_chat(const std::string& model) {
  const auto body = chat_body(model);
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: "
         "application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(TheBreaker, OpensForTheModelThatFailsProbesOnceAndCloses) {
  Stage stage(breaker_settings());
  stage.simulator.script("status=500");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1")).status, 500);

  const auto open = fetch(stage.port(), chat("gpt-4.1"));
  expect_gateway_error(open, 503, "circuit_open");
  EXPECT_EQ(open.header("Retry-After"), "1");
  EXPECT_EQ(stage.simulator.request_count(), 3U) << "no upstream traffic while it is open";
  EXPECT_EQ(fetch(stage.port(), chat("deepseek-v3.2", false, {{"X-Sim", "sim:chunks=2"}})).status, 200)
      << "one provider's outage does not shut out the others";
  EXPECT_EQ(get(stage.port(), "/ready").status, 200) << "an open breaker does not make it unready";

  stage.simulator.script("status=500;delay=300");
  const auto before = stage.simulator.request_count();
  ASSERT_TRUE(eventually([&] {
    const auto answer = fetch(stage.port(), chat("gpt-4.1"));
    return answer.header("X-HolySheep-Error") != "circuit_open";
  }));
  EXPECT_EQ(stage.simulator.request_count(), before + 1) << "one probe, which failed and opened it again";
  expect_gateway_error(fetch(stage.port(), chat("gpt-4.1")), 503, "circuit_open");

  stage.simulator.script("");
  ASSERT_TRUE(eventually([&] { return fetch(stage.port(), chat("gpt-4.1")).status == 200; }));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1")).status, 200) << "closed";
}

TEST(TheBreaker, LetsOneProbeThroughHoweverManyWaitOnEveryLoop) {
  auto settings = breaker_settings();
  settings["WORKER_PROCESSES"] = "4";
  Stage stage(settings);
  stage.simulator.script("status=500");
  for (int i = 0; i < 3; ++i) fetch(stage.port(), chat("gpt-4.1"));
  const auto opened = Clock::now();
  stage.simulator.script("status=500;delay=400");
  const auto before = stage.simulator.request_count();
  ASSERT_TRUE(eventually([&] { return Clock::now() - opened > std::chrono::milliseconds{1050}; }));
  ConnectionCrowd crowd(stage.port());
  crowd.open(40);
  for (std::size_t i = 0; i < 40; ++i) crowd.send(i, raw_chat("gpt-4.1"));
  ASSERT_TRUE(crowd.run_until([&] { return crowd.having("\"error\"") == 40; }));
  EXPECT_EQ(stage.simulator.request_count(), before + 1);
  EXPECT_EQ(crowd.having("circuit_open"), 39U);
}

/// That it can be reached is known before it has answered.
TEST(TheBreaker, OfAnUpstreamClosesAsSoonAsAProbeIsConnected) {
  Stage stage({{"CIRCUIT_BREAKER_THRESHOLD", "1"}, {"CIRCUIT_BREAKER_RESET", "500ms"}, {"MAX_RETRIES", "0"}});
  stage.simulator.connections(R"({"tls_fault":"handshake-close"})");
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1")).status, 502);
  expect_gateway_error(fetch(stage.port(), chat("gpt-4.1")), 503, "circuit_open");
  stage.simulator.connections(R"({"tls_fault":"none"})");
  std::optional<RawClient> probe;
  ASSERT_TRUE(eventually([&] {
    probe.emplace(stage.port()).send(raw_chat("sim:silent"));
    probe->set_limit(std::chrono::milliseconds(300));
    return probe->read_until("circuit_open") == ReadEnd::timeout;
  }));
  EXPECT_EQ(stage.simulator.request_count(), 1U);
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1")).status, 200);
}

TEST(TheBreaker, OfAnUpstreamCountsWhatCouldNotBeReachedBehindAConnectionThatWasDead) {
  Stage stage({{"WORKER_PROCESSES", "1"},
               {"CIRCUIT_BREAKER_THRESHOLD", "2"},
               {"CIRCUIT_BREAKER_RESET", "60s"},
               {"MAX_RETRIES", "0"}});
  ConnectionCrowd crowd(stage.port());
  crowd.open(2);
  for (std::size_t i = 0; i < 2; ++i) crowd.send(i, raw_chat("sim:delay=200"));
  ASSERT_TRUE(crowd.run_until([&] { return crowd.having("200 OK") == 2; }));  // two connections, idle now
  stage.simulator.connections(R"({"tls_fault":"handshake-close"})");
  stage.simulator.script("reset=before");
  for (int i = 0; i < 2; ++i)
    expect_gateway_error(fetch(stage.port(), chat("gpt-4.1")), 502, "upstream_tls_error");
  expect_gateway_error(fetch(stage.port(), chat("gpt-4.1")), 503, "circuit_open");
}

/// A kept connection shows nothing as long as nothing has come on it.
TEST(TheBreaker, OfAnUpstreamLearnsNothingFromAProbeThatWasLeft) {
  const auto admin = unused_port();
  Stage stage({{"WORKER_PROCESSES", "1"},
               {"ADMIN_PORT", std::to_string(admin)},
               {"CIRCUIT_BREAKER_THRESHOLD", "1"},
               {"CIRCUIT_BREAKER_RESET", "700ms"},
               {"MAX_RETRIES", "0"}});
  const auto state = [&] {
    return MetricsPage(get(admin, "/metrics").body).sum("holysheep_breaker_state", R"(model="")");
  };
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1")).status, 200);
  RawClient slow(stage.port());  // has the idle connection, and gives it back
  slow.send(raw_chat("sim:delay=300"));
  ASSERT_TRUE(eventually([&] { return stage.simulator.request_count() == 2; }));
  stage.simulator.connections(R"({"tls_fault":"handshake-close"})");
  expect_gateway_error(fetch(stage.port(), chat("gpt-4.1")), 502, "upstream_tls_error");
  EXPECT_EQ(state(), 2) << "open";
  ASSERT_EQ(slow.read_until("200 OK"), ReadEnd::satisfied);
  std::optional<RawClient> probe;
  ASSERT_TRUE(eventually([&] {
    probe.emplace(stage.port()).send(raw_chat("sim:silent"));
    return eventually([&] { return stage.simulator.request_count() == 3; }, std::chrono::milliseconds(200));
  }));
  EXPECT_EQ(state(), 1) << "half-open";
  probe->reset();
  ASSERT_TRUE(eventually([&] {
    return MetricsPage(get(admin, "/metrics").body).sum("holysheep_upstream_connections", "active") == 0;
  }));
  EXPECT_EQ(state(), 1) << "still";
}

TEST(TheBreaker, IsNotFedByTheClientsOwnMistakes) {
  Stage stage(breaker_settings());
  for (const int status : {400, 401, 404, 429, 422}) {
    stage.simulator.script("status=" + std::to_string(status));
    EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1")).status, status);
  }
}

TEST(TheBreaker, IsNotFedByThisPodsOwnLackOfDescriptors) {
  if (proxy_is_sanitized()) GTEST_SKIP() << "without descriptors UBSan takes good objects for bad";
  Stage stage(breaker_settings());
  std::vector<RawClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(stage.port());
    clients.back().send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_EQ(clients.back().read_until(R"("ok"})"), ReadEnd::satisfied);
    clients.back().take();
  }
  const auto& process = stage.proxy.process();
  const auto before = process.limit_descriptors(0);
  for (int i = 0; i < 3; ++i) {
    clients[i].send(raw_chat("gpt-4.1"));
    ASSERT_EQ(clients[i].read_until(R"("upstream_connect_error")"), ReadEnd::satisfied)
        << clients[i].received();
    EXPECT_THAT(clients[i].received(), HasSubstr("Too many open files"));
  }
  process.limit_descriptors(before);
  clients[3].send(raw_chat("gpt-4.1"));
  ASSERT_EQ(clients[3].read_until("\r\n\r\n"), ReadEnd::satisfied);
  EXPECT_THAT(clients[3].received(), StartsWith("HTTP/1.1 200 OK"));
}

TEST(TheBreaker, NeedsFailuresInARow) {
  Stage stage(breaker_settings());
  for (int i = 0; i < 4; ++i) {
    stage.simulator.script("status=500");
    for (int k = 0; k < 2; ++k) EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1")).status, 500);
    stage.simulator.script("");
    EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1")).status, 200);
  }
}

TEST(TheBreaker, OfAnUpstreamThatCannotBeReachedCoversEveryModel) {
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(unused_port()) + "/v1"},
                      {"CIRCUIT_BREAKER_THRESHOLD", "3"},
                      {"CIRCUIT_BREAKER_RESET", "60s"},
                      {"MAX_RETRIES", "0"}});
  for (const char* model : {"a", "b", "c"}) {
    expect_gateway_error(fetch(proxy.port(), chat(model)), 502, "upstream_connect_error");
  }
  expect_gateway_error(fetch(proxy.port(), chat("d")), 503, "circuit_open");
}

TEST(TheBreaker, WithThreshold0NeverOpens) {
  Stage stage({{"CIRCUIT_BREAKER_THRESHOLD", "0"}, {"MAX_RETRIES", "0"}});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(fetch(stage.port(), chat("sim:status=500")).status, 500);
}

}  // namespace
}  // namespace holysheep::testing
