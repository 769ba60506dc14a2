#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;

/// A proxy with a second upstream behind the first.
struct TwoUpstreams {
  explicit TwoUpstreams(Environment settings = {})
      : proxy(with_fallback(std::move(settings), first, second)) {}

  static Environment with_fallback(Environment settings, const SimulatorProcess& first,
                                   const SimulatorProcess& second) {
    for (const auto& [name, value] : first.as_upstream()) settings.emplace(name, value);
    settings.emplace("FALLBACK_BASE_URL", second.base_url());
    settings.emplace("FALLBACK_API_KEY", "the-second-key");
    return settings;
  }
  Response ask(const std::string& model, bool stream = false) const {
    return fetch(proxy.port(), chat(model, stream));
  }

  SimulatorProcess first;
  SimulatorProcess second{{"--http"}};
  ProxyProcess proxy;
};

TEST(TheSecondUpstream, AnswersWhereTheFirstCannotBeReached) {
  SimulatorProcess second({"--http"});
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(unused_port()) + "/v1"},
                      {"HOLYSHEEP_API_KEY", "the-first-key"},
                      {"FALLBACK_BASE_URL", second.base_url()},
                      {"FALLBACK_API_KEY", "the-second-key"}});
  const auto begin = Clock::now();
  const auto answer = fetch(proxy.port(), chat("gpt-4.1"));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(attempts(answer), 2) << "at once, without a retry at the first";
  EXPECT_LT(Clock::now() - begin, std::chrono::milliseconds(500) * time_scale());
  ASSERT_EQ(second.request_count(), 1U);
  EXPECT_EQ(recorded_header(second.requests()[0], "authorization"), "Bearer the-second-key");
}

TEST(TheSecondUpstream, IsAskedOnceTheFirstsRetriesAreSpent) {
  TwoUpstreams both({{"MAX_RETRIES", "2"}, {"CIRCUIT_BREAKER_THRESHOLD", "0"}});
  both.first.script("status=503");
  const auto answer = both.ask("gpt-4.1");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(both.first.request_count(), 3U);
  EXPECT_EQ(both.second.request_count(), 1U);
  EXPECT_FALSE(answer.has("X-HolySheep-Model"));
}

TEST(TheSecondUpstream, IsAskedAtOnceWhereTheFirstStaysSilent) {
  TwoUpstreams both({{"UPSTREAM_READ_TIMEOUT", "300ms"}});
  both.first.script("silent");
  const auto answer = both.ask("gpt-4.1");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(both.first.request_count(), 1U);
}

TEST(TheSecondUpstream, IsAskedAtOnceWhereTheFirstsBreakerIsOpen) {
  TwoUpstreams both({{"CIRCUIT_BREAKER_THRESHOLD", "1"}, {"MAX_RETRIES", "0"}});
  both.first.script("status=500");
  EXPECT_EQ(both.ask("gpt-4.1").status, 200);
  const auto answer = both.ask("gpt-4.1");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(both.first.request_count(), 1U) << "the second request does not reach it";
  EXPECT_EQ(both.second.request_count(), 2U);
}

TEST(TheSecondUpstream, IsAskedAtOnceWhereThePauseOutlastsTheDeadline) {
  TwoUpstreams both({{"REQUEST_TIMEOUT", "5"}});
  both.first.script("status=429;retry-after=30");
  const auto answer = both.ask("gpt-4.1");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(both.first.request_count(), 1U);
}

TEST(TheSecondUpstream, IsAskedAtOnceForAsLongAsTheFirstAskedForAPause) {
  TwoUpstreams both({{"REQUEST_TIMEOUT", std::to_string(5 * time_scale())}});
  both.first.script("status=429;retry-after=3600");
  EXPECT_EQ(both.ask("gpt-4.1").status, 200);
  const auto begin = Clock::now();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(both.ask("gpt-4.1").status, 200);
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(2) * time_scale()) << "nobody waits for the first";
  EXPECT_EQ(both.first.request_count(), 1U);
}

TEST(TheSecondUpstream, GetsOneAttemptWhereTheRetriesWereTheFirsts) {
  TwoUpstreams both({{"MAX_RETRIES", "3"}, {"CIRCUIT_BREAKER_THRESHOLD", "0"}});
  both.first.script("status=429;retry-after=100");
  both.second.script("status=503");
  EXPECT_EQ(both.ask("gpt-4.1").status, 503);
  EXPECT_EQ(both.first.request_count(), 1U);
  EXPECT_EQ(both.second.request_count(), 1U);
}

TEST(TheSecondUpstream, AnswersWithoutHoldingTheFirstsConnection) {
  TwoUpstreams both({{"MAX_RETRIES", "0"}});
  both.first.script("error-event=0;chunks=500;chunk-delay=20");
  both.second.script("chunks=400;chunk-delay=20");
  HttpClient client(both.proxy.port());
  client.send(chat("gpt-4.1", true));
  ASSERT_EQ(client.read_head().status, 200);
  EXPECT_TRUE(eventually([&] { return both.first.stats()["connections_open"] == 0; }));
}

TEST(TheSecondUpstream, IsNotAskedForWhatTheClientDidWrong) {
  TwoUpstreams both;
  for (const char* status : {"400", "401", "403", "404", "413", "422"}) {
    both.first.script(std::string("status=") + status);
    EXPECT_EQ(std::to_string(both.ask("gpt-4.1").status), status);
  }
  EXPECT_EQ(both.second.request_count(), 0U);
}

TEST(TheSecondUpstream, LeavesTheFirstsLastWordWhereItHasNone) {
  SimulatorProcess first;
  Environment settings = first.as_upstream();
  settings["FALLBACK_BASE_URL"] = "http://127.0.0.1:" + std::to_string(unused_port()) + "/v1";
  settings["MAX_RETRIES"] = "0";
  ProxyProcess proxy(settings);
  first.script("status=503;body=the first's own words");
  const auto answer = fetch(proxy.port(), chat("gpt-4.1"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "the first's own words");
}

TEST(TheSecondUpstream, GetsNoKeyThatIsTheFirsts) {
  SimulatorProcess second({"--http"});
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(unused_port()) + "/v1"},
                      {"HOLYSHEEP_API_KEY", "the-first-key"},
                      {"FALLBACK_BASE_URL", second.base_url()}});
  const auto answer =
      fetch(proxy.port(),
            chat("gpt-4.1", false, {{"Authorization", "Bearer a-client"}, {"x-api-key", "a-client"}}));
  EXPECT_EQ(answer.status, 200) << answer.body;
  ASSERT_EQ(second.request_count(), 1U);
  EXPECT_EQ(recorded_header(second.requests()[0], "authorization"), "");
  EXPECT_EQ(recorded_header(second.requests()[0], "x-api-key"), "");
}

TEST(TheSecondUpstream, StreamsWhereTheFirstsStreamBeginsWithAnError) {
  TwoUpstreams both({{"MAX_RETRIES", "0"}});
  both.first.script("error-event=0;error-type=overloaded_error");
  HttpClient client(both.proxy.port());
  client.send(chat("gpt-4.1", true));
  EXPECT_EQ(client.read_head().status, 200);
  EXPECT_THAT(client.read_rest(), HasSubstr("[DONE]"));
  EXPECT_EQ(both.second.request_count(), 1U);
}

TEST(OtherModels, AreAskedInTheirOrderByReplacingTheModelsNameAlone) {
  Stage stage({{"MODEL_FALLBACKS", R"({"sim:status=503":["sim:status=500","sim:tag=good"]})"},
               {"MAX_RETRIES", "1"},
               {"CIRCUIT_BREAKER_THRESHOLD", "0"}});
  const std::string body =
      R"({ "messages" : [{"role":"user","content":"\"model\": \"sim:status=503\""}],  "model":"sim:status=503" , "n":1})";
  const auto answer = post_json(stage.port(), "/v1/chat/completions", body);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("X-HolySheep-Model"), "sim:tag=good");
  EXPECT_EQ(attempts(answer), 4) << "two at the first model, one each at the others";
  const auto seen = stage.simulator.requests();
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_EQ(seen[2]["model"], "sim:status=500");
  EXPECT_EQ(seen[3]["model"], "sim:tag=good");
  const std::string renamed =
      R"({ "messages" : [{"role":"user","content":"\"model\": \"sim:status=503\""}],  "model":"sim:tag=good" , "n":1})";
  EXPECT_EQ(seen[3]["body_length"], renamed.size());
}

TEST(OtherModels, AreAskedAtOnceWhereTheContextIsTooLong) {
  Stage stage({{"MODEL_FALLBACKS", R"({"gpt-4.1":["sim:tag=large"]})"}});
  stage.simulator.script(
      R"(status=400;body={"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}})");
  const auto answer = fetch(stage.port(), chat("gpt-4.1"));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("X-HolySheep-Model"), "sim:tag=large");
}

TEST(OtherModels, AreNotAskedWhereThePathNamesTheModel) {
  Stage stage({{"MODEL_FALLBACKS", R"({"gpt-4.1":["deepseek-v3.2"]})"}, {"MAX_RETRIES", "0"}});
  stage.simulator.script("status=503");
  const auto answer =
      post_json(stage.port(), "/v1beta/models/gpt-4.1:embedContent", R"({"model":"models/gpt-4.1"})");
  EXPECT_EQ(answer.status, 503);
  EXPECT_FALSE(answer.has("X-HolySheep-Model"));
  EXPECT_EQ(stage.simulator.request_count(), 1U);
}

TEST(OtherModels, AreNamedWhereTheirStreamBeginsWithAnError) {
  Stage stage({{"MODEL_FALLBACKS", R"({"sim:status=503":["sim:error-event=0"]})"}, {"MAX_RETRIES", "0"}});
  const auto answer = fetch(stage.port(), chat("sim:status=503", true));
  EXPECT_GE(answer.status, 400);
  EXPECT_EQ(answer.header("X-HolySheep-Model"), "sim:error-event=0");
  EXPECT_EQ(stage.proxy.request_line(answer.header("X-Request-Id"))["used_model"], "sim:error-event=0");
}

TEST(OtherModels, AreNotAskedForAnyOther400) {
  Stage stage({{"MODEL_FALLBACKS", R"({"gpt-4.1":["sim:tag=large"]})"}});
  const std::string words =
      R"({"error":{"message":"no","type":"invalid_request_error","code":"content_filter"}})";
  stage.simulator.script("status=400;body=" + words);
  const auto answer = fetch(stage.port(), chat("gpt-4.1"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, words) << "byte for byte, although it was looked into";
  EXPECT_EQ(stage.simulator.request_count(), 1U);
}

TEST(OtherModels, ComeAfterTheSecondUpstreamAndPreferTheFirst) {
  TwoUpstreams both({{"MODEL_FALLBACKS", R"({"gpt-4.1":["sim:tag=other"]})"}, {"MAX_RETRIES", "0"}});
  both.first.script("status=503");
  both.second.script("status=503");
  const auto answer = both.ask("gpt-4.1");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(both.first.request_count(), 2U);
  EXPECT_EQ(both.second.request_count(), 1U);
}

class FirstToken : public ::testing::Test {
 protected:
  static std::string late() { return "chunks=3;delay=" + std::to_string(1500 * time_scale()); }
  static Environment quick() { return {{"FIRST_TOKEN_TIMEOUT", std::to_string(300 * time_scale()) + "ms"}}; }
};

TEST_F(FirstToken, ThatComesTooLateCountsAsSilence) {
  Stage stage(quick());
  const auto answer = fetch(stage.port(), chat("sim:" + late(), true));
  expect_gateway_error(answer, 504, "upstream_timeout");
  EXPECT_EQ(stage.simulator.request_count(), 1U) << "silence is not asked again";
}

TEST_F(FirstToken, ThatComesTooLateMovesTheRequestToTheSecondUpstream) {
  TwoUpstreams both(quick());
  both.first.script(late());
  HttpClient client(both.proxy.port());
  client.send(chat("gpt-4.1", true));
  EXPECT_EQ(client.read_head().status, 200);
  EXPECT_THAT(client.read_rest(), HasSubstr("[DONE]"));
  EXPECT_EQ(both.second.request_count(), 1U);
}

TEST_F(FirstToken, IsNotMissedWhileTheClientStillSendsItsBody) {
  auto settings = quick();
  settings["REPLAY_BUFFER_MB"] = "0";
  Stage stage(settings);
  RawClient client(stage.port());
  const auto body = chat_body("sim:chunks=3", true) + std::string(2000, ' ');
  client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body.substr(0, 1000));
  const auto began = Clock::now();
  client.set_limit(std::chrono::milliseconds(700) * time_scale());
  EXPECT_EQ(client.read_some(), ReadEnd::timeout) << "nothing is answered before the body is there";
  EXPECT_GE(Clock::now() - began, std::chrono::milliseconds(600) * time_scale());
  client.set_limit(patience());
  client.send(body.substr(1000));
  EXPECT_EQ(client.read_until("[DONE]"), ReadEnd::satisfied) << client.received();
}

TEST_F(FirstToken, IsNotWaitedForInAPlainAnswer) {
  Stage stage(quick());
  EXPECT_EQ(fetch(stage.port(), chat("sim:delay=" + std::to_string(700 * time_scale()))).status, 200);
}

}  // namespace
}  // namespace holysheep::testing
