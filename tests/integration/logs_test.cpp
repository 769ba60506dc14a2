#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <sstream>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TheLog, HasOneLinePerRequestWithItsFields) {
  Stage stage;
  const auto answer =
      fetch(stage.port(), chat("gpt-4.1", false,
                               {{"X-Request-Id", "a-request"},
                                {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}));
  ASSERT_EQ(answer.status, 200);
  const auto line = stage.proxy.request_line("a-request");
  ASSERT_TRUE(line.is_object());
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(line["method"], "POST");
  EXPECT_EQ(line["path"], "/v1/chat/completions");
  EXPECT_EQ(line["model"], "gpt-4.1");
  EXPECT_EQ(line["status"], 200);
  EXPECT_EQ(line["attempts"], 1);
  EXPECT_EQ(line["request_bytes"], chat_body("gpt-4.1").size());
  EXPECT_EQ(line["response_bytes"], answer.body.size());
  EXPECT_GT(line["upstream_ms"].get<double>(), 0);
  EXPECT_GE(line["total_ms"].get<double>(), line["upstream_ms"].get<double>());
  EXPECT_GE(line["queue_ms"].get<double>(), 0);
  EXPECT_TRUE(line.contains("time"));
  EXPECT_EQ(stage.proxy.log_where("request_id", "a-request").size(), 1U);
}

TEST(TheLog, NamesNoModelOfTheConnectionsRequestBefore) {
  Stage stage;
  HttpClient client(stage.port());
  EXPECT_EQ(client.exchange(chat("gpt-4.1")).status, 200);
  Request lost;
  lost.target = "/no-such-thing";
  lost.headers = {{"X-Request-Id", "names-none"}};
  EXPECT_EQ(client.exchange(lost).status, 404);
  const auto line = stage.proxy.request_line("names-none");
  ASSERT_TRUE(line.is_object());
  EXPECT_FALSE(line.contains("model")) << line.dump();
}

TEST(TheLog, HasAShareOfTheSuccessfulRequestsAndAllOthers) {
  Stage stage({{"LOG_SAMPLE", "0"}});
  HttpClient client(stage.port());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.exchange(chat("gpt-4.1")).status, 200);
  EXPECT_EQ(client.exchange(chat("sim:status=404", false, {{"X-Request-Id", "not-there"}})).status, 404);
  ASSERT_TRUE(stage.proxy.request_line("not-there").is_object());
  EXPECT_EQ(stage.proxy.log_where("path", "/v1/chat/completions").size(), 1U);
}

TEST(TheLog, SaysWhatAnAnswerCost) {
  Stage stage;
  int number = 0;
  for (const char* target : {"/v1/chat/completions", "/v1/responses", "/v1/messages"}) {
    for (const bool streamed : {false, true}) {
      const auto id = "cost-" + std::to_string(++number);
      fetch(stage.port(),
            json_request(target, chat_body("sim:usage=100:50:20:5", streamed), {{"X-Request-Id", id}}));
      const auto line = stage.proxy.request_line(id);
      EXPECT_EQ(line["output_tokens"], 50) << line.dump();
      EXPECT_GE(line["input_tokens"], 100) << line.dump();
      EXPECT_EQ(line["cached_input_tokens"], 20) << line.dump();
      EXPECT_FALSE(line.contains("partial"));
    }
  }
}

TEST(TheLog, MarksAsPartialWhatAClientHadReceivedThatLeft) {
  Stage stage;
  {
    HttpClient client(stage.port());
    client.send(json_request("/v1/messages", chat_body("sim:usage=100:50;chunks=500;chunk-delay=10", true),
                             {{"X-Request-Id", "left"}}));
    ASSERT_EQ(client.read_head().status, 200);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(client.next_event());
    client.close();
  }
  const auto line = stage.proxy.request_line("left");
  EXPECT_EQ(line["partial"], true) << line.dump();
  EXPECT_GE(line["input_tokens"], 100) << line.dump();
  EXPECT_LT(line["output_tokens"], 50) << line.dump();
}

TEST(TheLog, CountsAFailedAttemptsTokensNowhere) {
  Stage stage({{"MODEL_FALLBACKS", R"({"sim:status=503":["sim:usage=7:3"]})"}, {"MAX_RETRIES", "1"}});
  const auto answer = fetch(stage.port(), chat("sim:status=503"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto line = stage.proxy.request_line(answer.header("X-Request-Id"));
  EXPECT_EQ(line["input_tokens"], 7) << line.dump();
  EXPECT_EQ(line["model"], "sim:status=503");
  EXPECT_EQ(line["used_model"], "sim:usage=7:3");
  EXPECT_EQ(line["attempts"], 3);
}

// As the OpenAI SDK for Python writes it.
TEST(TheLog, NamesAModelThatStandsBehindALongPrompt) {
  Stage stage;
  std::string prompt;
  while (prompt.size() < 200 * 1024) prompt += R"(say \"model\": \"mine\" }],\n)";
  auto request = json_request("/v1/chat/completions", R"({"messages":[{"role":"user","content":")" + prompt +
                                                          R"("}],"model":"gpt-4.1"})");
  for (const bool chunked : {false, true}) {
    request.chunked = chunked;
    const auto answer = fetch(stage.port(), request);
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(stage.proxy.request_line(answer.header("X-Request-Id"))["model"], "gpt-4.1");
  }
}

TEST(TheLog, CallsARefusalAWarningAndOnlyACutAnswerBroken) {
  Stage stage;
  EXPECT_EQ(get(stage.port(), "/nowhere", {{"X-Request-Id", "refused"}}).status, 404);
  const auto refused = stage.proxy.request_line("refused");
  EXPECT_EQ(refused["level"], "warn");
  EXPECT_FALSE(refused.contains("broken")) << "the client has the whole of its answer";
  fetch(stage.port(), chat("sim:close=event:3", true, {{"X-Request-Id", "cut"}}));
  const auto cut = stage.proxy.request_line("cut");
  EXPECT_EQ(cut["level"], "error");
  EXPECT_EQ(cut["broken"], true);
}

TEST(TheLog, TellsTheGatewayCodeAndTheAttemptsOfAFailure) {
  Stage stage({{"MAX_RETRIES", "1"}});
  fetch(stage.port(), chat("sim:close=before", false, {{"X-Request-Id", "failed"}}));
  const auto line = stage.proxy.request_line("failed");
  ASSERT_TRUE(line.is_object());
  EXPECT_EQ(line["status"], 502);
  EXPECT_EQ(line["code"], "upstream_protocol_error");
  EXPECT_EQ(line["attempts"], 2);
}

TEST(TheLog, SaysWhichCertificateDidNotVerify) {
  Stage stage({{"SSL_CERT_FILE", ""}});
  fetch(stage.port(), chat("gpt-4.1", false, {{"X-Request-Id", "distrusted"}}));
  const auto line = stage.proxy.request_line("distrusted");
  EXPECT_EQ(line["code"], "upstream_tls_error");
  EXPECT_THAT(line.value("detail", ""), HasSubstr("CN=Simulator CA"));
}

TEST(TheLog, SaysNothingOfAFailureThatAnotherUpstreamMadeGood) {
  SimulatorProcess second;
  auto settings = second.as_upstream();
  settings["FALLBACK_BASE_URL"] = second.base_url();
  settings["API_BASE_URL"] = "http://127.0.0.1:" + std::to_string(unused_port()) + "/v1";
  ProxyProcess proxy(settings);
  fetch(proxy.port(), chat("gpt-4.1", false, {{"X-Request-Id", "mended"}}));
  const auto line = proxy.request_line("mended");
  EXPECT_EQ(line["status"], 200);
  EXPECT_EQ(line["attempts"], 2);
  EXPECT_FALSE(line.contains("detail"));
}

TEST(TheLog, HasALineForAClientThatLeft) {
  Stage stage;
  HttpClient client(stage.port());
  client.send(chat("sim:silent", false, {{"X-Request-Id", "left"}}));
  ASSERT_TRUE(eventually([&] { return stage.simulator.request_count() == 1; }));
  client.reset();
  EXPECT_TRUE(stage.proxy.request_line("left").is_object());
}

TEST(TheLog, NeverHoldsKeysQueriesOrBodies) {
  Stage stage({{"LOG_LEVEL", "trace"}});
  for (const char* model : {"gpt-4.1", "sim:status=500", "sim:garbage", "sim:close=before"}) {
    auto request =
        chat(model, false, {{"Authorization", "Bearer client-secret"}, {"x-api-key", "client-secret"}});
    request.target += "?key=client-secret&note=private-query";
    request.body.insert(request.body.size() - 1, R"(,"note":"private-body")");
    fetch(stage.port(), request);
  }
  RawClient broken(stage.port());
  broken.send(
      "GET /v1/x?note=private-query HTTP/1.1\r\nAuthorization: Bearer client-secret\r\nbroken \r\n\r\n");
  broken.read_to_end();
  EXPECT_EQ(stage.proxy.stop(), 0);
  const auto all = stage.proxy.process().out() + stage.proxy.process().err();
  EXPECT_THAT(all, HasSubstr("/v1/chat/completions"));
  for (const char* secret : {"client-secret", "upstream-secret-key", "private-query", "private-body"}) {
    EXPECT_THAT(all, Not(HasSubstr(secret)));
  }
}

TEST(TheLog, IsNotBrokenByWhatClientsSend) {
  Stage stage;
  get(stage.port(), "/v1/%22%0a\"quote", {{"X-Request-Id", "q\"}{\""}});
  const auto line = stage.proxy.request_line("q\"}{\"");
  EXPECT_TRUE(line.is_object());
  EXPECT_EQ(stage.proxy.stop(), 0);
  std::istringstream lines(stage.proxy.process().out());
  for (std::string text; std::getline(lines, text);) {
    EXPECT_TRUE(nlohmann::json::accept(text)) << text;
    EXPECT_LE(text.size(), 16U * 1024U);
  }
}

TEST(TheRequestId, OfTheClientIsKeptSentUpstreamAndReturned) {
  Stage stage;
  for (const std::string& id : {std::string("x"), std::string(128, 'i'), std::string("!~#{}")}) {
    EXPECT_EQ(get(stage.port(), "/v1/models", {{"X-Request-Id", id}}).header("X-Request-Id"), id);
    EXPECT_EQ(stage.simulator.requests_of(id).size(), 1U);
  }
}

TEST(TheRequestId, ThatIsNotUsableIsReplaced) {
  Stage stage;
  for (const std::string& id :
       {std::string(), std::string(129, 'i'), std::string("with space"), std::string("\xc3\xa4")}) {
    const auto given = get(stage.port(), "/v1/models", {{"X-Request-Id", id}}).header("X-Request-Id");
    EXPECT_NE(given, id);
    EXPECT_FALSE(given.empty());
    EXPECT_EQ(stage.simulator.requests_of(given).size(), 1U);
  }
  EXPECT_NE(get(stage.port(), "/v1/models").header("X-Request-Id"),
            get(stage.port(), "/v1/models").header("X-Request-Id"));
}

TEST(TheRequestId, OfUpstreamIsKeptUnderAnotherName) {
  Stage stage;
  const auto answer = get(stage.port(), "/v1/models",
                          {{"X-Request-Id", "mine"},
                           {"X-Sim", "sim:header=x-request-id:theirs;header=request-id:req_anthropic"}});
  EXPECT_EQ(answer.header("X-Request-Id"), "mine");
  EXPECT_EQ(answer.header("X-Upstream-Request-Id"), "theirs");
  EXPECT_EQ(answer.header("request-id"), "req_anthropic");
}

TEST(ServerTiming, IsOnEveryResponse) {
  Stage stage({{"MAX_RETRIES", "0"}});
  const std::vector<Response> forwarded{
      get(stage.port(), "/v1/models"), fetch(stage.port(), chat("sim:status=500")),
      fetch(stage.port(), chat("sim:close=before")), fetch(stage.port(), chat("gpt-4.1", true))};
  for (const auto& answer : forwarded) {
    const auto timing = answer.header("Server-Timing");
    EXPECT_THAT(timing, ::testing::ContainsRegex("queue;dur=[0-9]")) << answer.status;
    EXPECT_THAT(timing, ::testing::ContainsRegex("upstream;dur=[0-9]")) << answer.status;
    EXPECT_THAT(timing, ::testing::ContainsRegex("proxy;dur=[0-9]")) << answer.status;
    EXPECT_THAT(timing, HasSubstr("attempts;desc=\"1\"")) << answer.status;
  }
  for (const char* target : {"/health", "/ready", "/nowhere"}) {
    EXPECT_TRUE(get(stage.port(), target).has("Server-Timing")) << target;
  }
}

}  // namespace
}  // namespace holysheep::testing
