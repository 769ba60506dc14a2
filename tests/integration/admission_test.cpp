#include "support/connection_crowd.hpp"
#include "support/stage.hpp"

#include <algorithm>
#include <chrono>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

std::string get_models(const std::string& id, const std::string& lines = "") {
  return "GET /v1/models HTTP/1.1\r\nHost: x\r\nX-Request-Id: " + id + "\r\n" + lines + "\r\n";
}

std::vector<double> arrivals(const SimulatorProcess& simulator) {
  std::vector<double> seconds;
  for (const auto& request : simulator.requests()) {
    seconds.push_back(static_cast<double>(request["arrived_ns"].get<std::int64_t>()) / 1e9);
  }
  std::ranges::sort(seconds);
  return seconds;
}

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// That no attempt came sooner than the bucket, full when `began`, allows. What is seen is the arrival
/// upstream, which is late by whatever a busy machine makes it, and attempts that are late come in bunches:
/// so only the window that begins with the first request tells. Every window is looked at by the unit tests,
/// on given times.
void expect_paced(const std::vector<double>& times, double began, double rate, double burst) {
  for (std::size_t i = 0; i < times.size(); ++i) {
    ASSERT_GE(times[i] - began, (static_cast<double>(i + 1) - burst) / rate) << "attempt " << i;
  }
}

TEST(TheTokenBucket, IsOneForAllEventLoops) {
  Stage stage({{"WORKER_PROCESSES", "4"}, {"RATE_LIMIT_PER_SECOND", "50"}, {"RATE_LIMIT_BURST", "10"}});
  ConnectionCrowd crowd(stage.port());
  crowd.open(120);
  const double began = now_seconds();
  for (std::size_t i = 0; i < 120; ++i) crowd.send(i, get_models("r" + std::to_string(i)));
  ASSERT_TRUE(crowd.run_until([&] { return crowd.having("HTTP/1.1 200") == 120; }))
      << crowd.having("HTTP/1.1 200");
  const auto times = arrivals(stage.simulator);
  ASSERT_EQ(times.size(), 120U);
  expect_paced(times, began, 50, 10);
  EXPECT_LT(times.back() - times.front(), 2.2 * 1.3 * time_scale())
      << "it must give what the rate allows, too";
}

TEST(TheTokenBucket, CountsRetries) {
  Stage stage({{"WORKER_PROCESSES", "4"},
               {"RATE_LIMIT_PER_SECOND", "40"},
               {"RATE_LIMIT_BURST", "5"},
               {"RETRY_BUDGET_PERCENT", "100"},
               {"CIRCUIT_BREAKER_THRESHOLD", "0"},
               {"MAX_RETRIES", "1"}});
  ConnectionCrowd crowd(stage.port());
  crowd.open(40);
  const double began = now_seconds();
  for (std::size_t i = 0; i < 40; ++i) {
    crowd.send(i, get_models("r" + std::to_string(i), "X-Sim: sim:status=503\r\n"));
  }
  ASSERT_TRUE(crowd.run_until([&] { return crowd.having("HTTP/1.1 503") == 40; }));
  const auto times = arrivals(stage.simulator);
  EXPECT_GT(times.size(), 60U) << "most were retried";
  expect_paced(times, began, 40, 5);
}

TEST(TheQueue, KeepsTheOrder) {
  Stage stage({{"RATE_LIMIT_PER_SECOND", "25"}, {"RATE_LIMIT_BURST", "1"}});
  ConnectionCrowd crowd(stage.port());
  crowd.open(20);
  ASSERT_TRUE(crowd.run_until([&] { return crowd.connected() == 20; }));
  std::vector<std::string> sent;
  for (std::size_t i = 0; i < 20; ++i) {
    sent.push_back("r" + std::to_string(i));
    crowd.send(i, get_models(sent.back()));
  }
  ASSERT_TRUE(crowd.run_until([&] { return crowd.having("HTTP/1.1 200") == 20; }));
  std::vector<std::string> seen;
  for (const auto& request : stage.simulator.requests())
    seen.push_back(recorded_header(request, "x-request-id"));
  EXPECT_EQ(seen, sent);
}

TEST(TheQueue, IsBoundedAndSaysWhenToComeBack) {
  Stage stage({{"RATE_LIMIT_PER_SECOND", "0.2"}, {"RATE_LIMIT_BURST", "1"}, {"QUEUE_SIZE", "5"}});
  ConnectionCrowd crowd(stage.port());
  crowd.open(20);
  for (std::size_t i = 0; i < 20; ++i) crowd.send(i, get_models("r" + std::to_string(i)));
  const auto refused = [&] { return crowd.having("X-HolySheep-Error: queue_full\r\n"); };
  ASSERT_TRUE(crowd.run_until([&] { return refused() == 14 && crowd.having("HTTP/1.1 200") == 1; }))
      << refused() << " refused";
  EXPECT_EQ(crowd.having("HTTP/1.1 503"), 14U);
  EXPECT_EQ(crowd.having("\r\nRetry-After: "), 14U);
  EXPECT_EQ(crowd.having("\r\nretry-after-ms: "), 14U);
}

TEST(ADoomedRequest, IsRefusedAtOnceNotAtTheEndOfItsTime) {
  Stage stage({{"RATE_LIMIT_PER_SECOND", "0.2"}, {"RATE_LIMIT_BURST", "1"}, {"REQUEST_TIMEOUT", "3"}});
  EXPECT_EQ(get(stage.port(), "/v1/models").status, 200);
  const auto asked = Clock::now();
  const auto refused = get(stage.port(), "/v1/models");
  EXPECT_LT(Clock::now() - asked, std::chrono::milliseconds{500} * time_scale());
  expect_gateway_error(refused, 503, "queue_timeout");
  EXPECT_GE(std::atoi(refused.header("Retry-After").c_str()), 1);
  const auto anthropic = post_json(stage.port(), "/v1/messages", chat_body("claude-sonnet-4.5"));
  EXPECT_EQ(anthropic.status, 529);
  EXPECT_EQ(nlohmann::json::parse(anthropic.body)["error"]["type"], "overloaded_error");
}

TEST(ADoomedRequest, IsJudgedByTheTimeTheClientSaysItWaits) {
  Stage stage({{"RATE_LIMIT_PER_SECOND", "0.2"}, {"RATE_LIMIT_BURST", "1"}});
  EXPECT_EQ(get(stage.port(), "/v1/models").status, 200);
  const auto asked = Clock::now();
  expect_gateway_error(get(stage.port(), "/v1/models", {{"X-Stainless-Timeout", "2"}}), 503, "queue_timeout");
  EXPECT_LT(Clock::now() - asked, std::chrono::milliseconds{500} * time_scale());
}

TEST(WithoutBackpressure, ARequestOverTheLimitGets429AtOnce) {
  Stage stage(
      {{"RATE_LIMIT_PER_SECOND", "0.5"}, {"RATE_LIMIT_BURST", "1"}, {"BACKPRESSURE_ENABLED", "false"}});
  EXPECT_EQ(get(stage.port(), "/v1/models").status, 200);
  const auto refused = get(stage.port(), "/v1/models");
  expect_gateway_error(refused, 429, "rate_limit_exceeded");
  EXPECT_EQ(nlohmann::json::parse(refused.body)["error"]["type"], "rate_limit_exceeded");
  EXPECT_GE(std::atoi(refused.header("Retry-After").c_str()), 1);
  EXPECT_LE(std::atoi(refused.header("Retry-After").c_str()), 2);
  EXPECT_GT(std::atoi(refused.header("retry-after-ms").c_str()), 0);
  EXPECT_EQ(stage.simulator.request_count(), 1U);
}

TEST(UpstreamsRetryAfter, PausesThatModelAlone) {
  Stage stage({{"WORKER_PROCESSES", "2"}, {"MAX_RETRIES", "0"}});
  stage.simulator.script("fail=1:429;retry-after=2");
  const auto asked = Clock::now();
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1")).status, 429);
  stage.simulator.script("");
  // Waits in the queue for the pause to end, on whichever event loop.
  HttpClient same(stage.port());
  same.send(chat("gpt-4.1", false, {{"X-Request-Id", "same"}}));
  EXPECT_EQ(fetch(stage.port(), chat("deepseek-v3.2")).status, 200);
  EXPECT_LT(Clock::now() - asked, std::chrono::milliseconds{1500}) << "another model goes past";
  EXPECT_TRUE(stage.simulator.requests_of("same").empty());
  EXPECT_EQ(same.read_head().status, 200);
  EXPECT_GE(Clock::now() - asked, std::chrono::milliseconds{1950});
}

TEST(UpstreamsRetryAfter, IsWhatARetryWaitsFor) {
  Stage stage;
  for (const char* wait : {"retry-after=1", "header=retry-after-ms:700"}) {
    stage.simulator.reset();
    const auto answer = fetch(stage.port(), chat(std::string("sim:fail=1:429;") + wait));
    EXPECT_EQ(answer.status, 200) << answer.body;
    const auto times = arrivals(stage.simulator);
    ASSERT_EQ(times.size(), 2U);
    EXPECT_GE(times[1] - times[0], 0.65);
    EXPECT_LE(times[1] - times[0], 1.0 + 1.0 * time_scale());
  }
}

}  // namespace
}  // namespace holysheep::testing
