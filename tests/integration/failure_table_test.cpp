#include "support/stage.hpp"

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

struct Fault {
  std::string script;
  int status;
  std::string code;  ///< empty: upstream's own answer passes
  int attempts;
  int least_ms = 0;
  int most_ms = 3000;
  bool stream = false;
  std::vector<Header> headers = {};
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.script;
}

/// MAX_RETRIES=1, UPSTREAM_READ_TIMEOUT=1s, no breaker: each row is alone.
class AnUpstreamFault : public ::testing::TestWithParam<Fault> {
 protected:
  static void SetUpTestSuite() {
    stage_ = new Stage({{"MAX_RETRIES", "1"},
                        {"UPSTREAM_READ_TIMEOUT", "1s"},
                        {"CIRCUIT_BREAKER_THRESHOLD", "0"},
                        {"MAX_RESPONSE_SIZE", "100k"}});
  }
  static void TearDownTestSuite() { delete std::exchange(stage_, nullptr); }
  static inline Stage* stage_ = nullptr;
};

TEST_P(AnUpstreamFault, HasItsStatusCodeAttemptsAndTime) {
  const auto& fault = GetParam();
  stage_->simulator.reset();
  auto headers = fault.headers;
  headers.push_back({"X-Request-Id", "this-one"});
  const auto asked = Clock::now();
  const auto answer = fetch(stage_->port(), chat("sim:" + fault.script, fault.stream, headers));
  const auto took = Clock::now() - asked;
  EXPECT_EQ(answer.status, fault.status) << answer.body.substr(0, 500) << answer.failure;
  EXPECT_EQ(answer.header("X-HolySheep-Error"), fault.code) << answer.body.substr(0, 500);
  if (!fault.code.empty()) {
    EXPECT_EQ(error_code(answer), fault.code);
  }
  EXPECT_EQ(stage_->simulator.requests_of("this-one").size(), static_cast<std::size_t>(fault.attempts));
  EXPECT_EQ(attempts(answer), fault.attempts) << answer.header("Server-Timing");
  EXPECT_GE(took, std::chrono::milliseconds{fault.least_ms});
  EXPECT_LE(took, std::chrono::milliseconds{fault.most_ms} * time_scale());
}

std::vector<Fault> faults() {
  std::vector<Fault> all;
  for (const int status : {408, 429, 500, 502, 503, 504, 529}) {
    all.push_back(
        {.script = "status=" + std::to_string(status), .status = status, .code = "", .attempts = 2});
  }
  for (const int status : {400, 401, 403, 404, 413, 422, 501}) {
    all.push_back(
        {.script = "status=" + std::to_string(status), .status = status, .code = "", .attempts = 1});
  }
  const std::vector<Fault> others{
      {.script = "fail=1:503;chunks=3", .status = 200, .code = "", .attempts = 2},
      {.script = "fail=1:529;chunks=3", .status = 200, .code = "", .attempts = 2},
      {.script = "status=503;header=x-should-retry:false", .status = 503, .code = "", .attempts = 1},
      {.script = "status=404;header=x-should-retry:true", .status = 404, .code = "", .attempts = 2},
      {.script = "status=400;header=x-should-retry:true", .status = 400, .code = "", .attempts = 1},
      {.script = "status=503;retry-after=1", .status = 503, .code = "", .attempts = 2, .least_ms = 950},
      {.script = "status=503;header=retry-after-ms:600",
       .status = 503,
       .code = "",
       .attempts = 2,
       .least_ms = 550},
      {.script = "silent", .status = 504, .code = "upstream_timeout", .attempts = 1, .least_ms = 900},
      {.script = "delay=5000", .status = 504, .code = "upstream_timeout", .attempts = 1, .least_ms = 900},
      {.script = "close=before", .status = 502, .code = "upstream_protocol_error", .attempts = 2},
      {.script = "reset=before", .status = 502, .code = "upstream_protocol_error", .attempts = 2},
      {.script = "close=header", .status = 502, .code = "upstream_protocol_error", .attempts = 1},
      {.script = "garbage", .status = 502, .code = "upstream_protocol_error", .attempts = 1},
      {.script = "upgrade", .status = 502, .code = "upstream_protocol_error", .attempts = 1},
      {.script = "header-flood=2000000", .status = 502, .code = "upstream_protocol_error", .attempts = 1},
      {.script = "interim-flood", .status = 502, .code = "upstream_protocol_error", .attempts = 1},
      {.script = "big=200000", .status = 502, .code = "response_too_large", .attempts = 1},
      {.script = "early=413", .status = 413, .code = "", .attempts = 1},
      {.script = "early=413:close", .status = 413, .code = "", .attempts = 1},
      {.script = "linger", .status = 200, .code = "", .attempts = 1},
      {.script = "delay=500", .status = 200, .code = "", .attempts = 1, .least_ms = 450},
      {.script = "error-event", .status = 500, .code = "", .attempts = 2, .stream = true},
      {.script = "error-event;error-type=rate_limit_error",
       .status = 429,
       .code = "",
       .attempts = 2,
       .stream = true},
      {.script = "error-event;error-type=invalid_request_error;error-code=400",
       .status = 400,
       .code = "",
       .attempts = 1,
       .stream = true},
      {.script = "error-event;error-type=mystery", .status = 502, .code = "", .attempts = 2, .stream = true},
      {.script = "close=event:0",
       .status = 502,
       .code = "upstream_protocol_error",
       .attempts = 1,
       .stream = true},
      {.script = "status=503;tag=sdk-retry",
       .status = 503,
       .code = "",
       .attempts = 1,
       .headers = {{"X-Stainless-Retry-Count", "1"}}},
      {.script = "status=503;tag=sdk-first",
       .status = 503,
       .code = "",
       .attempts = 2,
       .headers = {{"X-Stainless-Retry-Count", "0"}}},
  };
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

INSTANTIATE_TEST_SUITE_P(Each, AnUpstreamFault, ::testing::ValuesIn(faults()), [](const auto& each) {
  std::string name = each.param.script + "_" + std::to_string(each.index);
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

TEST(TheDeadline, CountsFromTheRequestAndCoversRetries) {
  Stage stage({{"REQUEST_TIMEOUT", "1"}, {"MAX_RETRIES", "10"}, {"CIRCUIT_BREAKER_THRESHOLD", "0"}});
  auto asked = Clock::now();
  expect_gateway_error(fetch(stage.port(), chat("sim:silent")), 504, "upstream_timeout");
  EXPECT_GE(Clock::now() - asked, std::chrono::milliseconds{950});
  EXPECT_LT(Clock::now() - asked, std::chrono::milliseconds{2000} * time_scale());
  asked = Clock::now();
  const auto last = fetch(stage.port(), chat("sim:status=503;header=retry-after-ms:300"));
  EXPECT_EQ(last.status, 503);
  EXPECT_EQ(last.header("X-HolySheep-Error"), "") << "upstream's last answer goes to the client unchanged";
  EXPECT_LT(Clock::now() - asked, std::chrono::milliseconds{2000} * time_scale());
}

TEST(TheDeadline, IsShortenedByAClientThatSaysHowLongItWaits) {
  Stage stage;
  const auto asked = Clock::now();
  expect_gateway_error(fetch(stage.port(), chat("sim:silent", false, {{"X-Stainless-Timeout", "1"}})), 504,
                       "upstream_timeout");
  EXPECT_LT(Clock::now() - asked, std::chrono::milliseconds{2000} * time_scale());
}

TEST(TheDeadline, DoesNotEndAStreamThatRuns) {
  Stage stage({{"REQUEST_TIMEOUT", "1"}});
  const auto answer = fetch(stage.port(), chat("sim:chunks=10;chunk-delay=200", true));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.end, BodyEnd::complete);
  EXPECT_THAT(answer.body, ::testing::HasSubstr("[DONE]"));
}

TEST(ARetriedBody, IsTheSameBytes) {
  Stage stage;
  const auto body = nlohmann::json{{"model", "sim:fail=2:503"}, {"pad", std::string(300'000, 'p')}}.dump();
  EXPECT_EQ(post_json(stage.port(), "/v1/chat/completions", body).status, 200);
  const auto seen = stage.simulator.requests();
  ASSERT_EQ(seen.size(), 3U);
  for (const auto& request : seen) EXPECT_EQ(request["body_length"], body.size());
}

TEST(ABodyThatIsNotHeld, StreamsThroughAndIsNotRetried) {
  Stage stage({{"REPLAY_BUFFER_MB", "1"}, {"CIRCUIT_BREAKER_THRESHOLD", "0"}});
  const auto body =
      nlohmann::json{{"model", "sim:fail=1:503;tag=big"}, {"pad", std::string(3'000'000, 'p')}}.dump();
  EXPECT_EQ(post_json(stage.port(), "/v1/chat/completions", body).status, 503);
  EXPECT_EQ(stage.simulator.request_count(), 1U);
}

}  // namespace
}  // namespace holysheep::testing
