#include "client.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep {
namespace {

using nlohmann::json;

class SimulatorDialects : public testing::Test {
 protected:
  WireAnswer ask(const std::string& request) {
    client.send(request);
    WireAnswer answer = client.read_answer();
    EXPECT_TRUE(answer.complete);
    return answer;
  }
  json ask_json(const std::string& request) {
    const WireAnswer answer = ask(request);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.header("content-type"), "application/json");
    return json::parse(answer.body);
  }
  std::vector<std::string> ask_events(const std::string& request) {
    const WireAnswer answer = ask(request);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_TRUE(answer.header("content-type").starts_with("text/event-stream"));
    return data_of(answer.body);
  }

  sim::Simulator simulator;
  WireClient client{simulator};
};

TEST_F(SimulatorDialects, ChatIsTheSameTextPlainAndStreamed) {
  const json plain = ask_json(chat("gpt-4.1"));
  EXPECT_EQ(plain["object"], "chat.completion");
  EXPECT_EQ(plain["model"], "gpt-4.1");
  EXPECT_EQ(plain["usage"]["total_tokens"], 29);
  const auto events = ask_events(chat("gpt-4.1", true));
  ASSERT_EQ(events.back(), "[DONE]");
  std::string text;
  for (std::size_t i = 0; i + 1 < events.size(); ++i) {
    const json chunk = json::parse(events[i]);
    EXPECT_EQ(chunk["object"], "chat.completion.chunk");
    EXPECT_FALSE(chunk.contains("usage"));
    text += chunk["choices"][0]["delta"].value("content", "");
  }
  EXPECT_EQ(plain["choices"][0]["message"]["content"], text);
  EXPECT_EQ(events.size(), 11U) << "role, 8 deltas, finish, [DONE]";
}

TEST_F(SimulatorDialects, ChatSendsUsageOnlyWhenAsked) {
  const auto events = ask_events(
      post("/v1/chat/completions",
           R"({"model":"sim:usage=5:7:1:2","stream":true,"stream_options":{"include_usage":true}})"));
  EXPECT_TRUE(json::parse(events.front())["usage"].is_null());
  const json usage = json::parse(events[events.size() - 2]);
  EXPECT_TRUE(usage["choices"].empty());
  EXPECT_EQ(usage["usage"]["prompt_tokens"], 5);
  EXPECT_EQ(usage["usage"]["completion_tokens"], 7);
  EXPECT_EQ(usage["usage"]["prompt_tokens_details"]["cached_tokens"], 1);
  EXPECT_EQ(usage["usage"]["completion_tokens_details"]["reasoning_tokens"], 2);
  const auto first = ask_events(
      post("/v1/chat/completions",
           R"({"model":"sim:usage-first","stream":true,"stream_options":{"include_usage":true}})"));
  EXPECT_EQ(json::parse(first.front())["usage"]["prompt_tokens"], 21);
  EXPECT_EQ(first.size(), 12U);
}

TEST_F(SimulatorDialects, AnthropicMessages) {
  const json plain = ask_json(post("/v1/messages", R"({"model":"claude-sonnet-4.5","max_tokens":9})"));
  EXPECT_EQ(plain["type"], "message");
  EXPECT_EQ(plain["usage"]["output_tokens"], 8);
  const auto events = ask_events(post("/v1/messages", R"({"model":"claude-sonnet-4.5","stream":true})"));
  EXPECT_EQ(json::parse(events.front())["type"], "message_start");
  EXPECT_EQ(json::parse(events.back())["type"], "message_stop");
  EXPECT_EQ(json::parse(events[events.size() - 2])["usage"]["output_tokens"], 8);
  EXPECT_EQ(ask_json(post("/v1/messages/count_tokens", R"({"model":"c"})"))["input_tokens"], 21);
}

TEST_F(SimulatorDialects, Responses) {
  EXPECT_EQ(ask_json(post("/v1/responses", R"({"model":"gpt-4.1","input":"x"})"))["status"], "completed");
  const auto events = ask_events(post("/v1/responses", R"({"model":"gpt-4.1","stream":true})"));
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(json::parse(events[i])["sequence_number"], i);
  EXPECT_EQ(json::parse(events.front())["type"], "response.created");
  const json last = json::parse(events.back());
  EXPECT_EQ(last["type"], "response.completed");
  EXPECT_EQ(last["response"]["usage"]["input_tokens"], 21);
}

TEST_F(SimulatorDialects, CompletionsEmbeddingsModels) {
  EXPECT_EQ(ask_json(post("/v1/completions", R"({"model":"m","prompt":"x"})"))["object"], "text_completion");
  EXPECT_EQ(ask_events(post("/v1/completions", R"({"model":"m","stream":true})")).size(), 10U);
  EXPECT_EQ(ask_json(post("/v1/embeddings", R"({"model":"m","input":"x"})"))["data"][0]["embedding"].size(),
            16U);
  EXPECT_EQ(ask_json(get("/v1/models"))["data"].size(), 4U);
  EXPECT_EQ(ask_json(get("/v1/models/gpt%2D4.1"))["id"], "gpt-4.1");
}

TEST_F(SimulatorDialects, Gemini) {
  const json plain = ask_json(post("/v1beta/models/gemini-2.5-flash:generateContent", "{}"));
  EXPECT_EQ(plain["modelVersion"], "gemini-2.5-flash");
  const auto events = ask_events(post("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", "{}"));
  EXPECT_EQ(events.size(), 8U);
  EXPECT_EQ(json::parse(events.back())["usageMetadata"]["candidatesTokenCount"], 8);
  client.send(post("/v1beta/models/sim%3Astatus=429:generateContent", "{}"));
  const WireAnswer refused = client.read_answer();
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(json::parse(refused.body)["error"]["status"], "RESOURCE_EXHAUSTED");
}

TEST_F(SimulatorDialects, RefusesWhatIsNoJsonOrHasNoModel) {
  client.send(post("/v1/chat/completions", "{\"model\":"));
  EXPECT_EQ(client.read_answer().status, 400U);
  client.send(post("/v1/messages", "{}"));
  const WireAnswer answer = client.read_answer();
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(json::parse(answer.body)["type"], "error");
}

TEST_F(SimulatorDialects, EchoTellsWhatCame) {
  const json echo = ask_json(post("/v1/echo?q=1", "abc", "X-OdD: one\r\nX-OdD: two\r\n"));
  EXPECT_EQ(echo["method"], "POST");
  EXPECT_EQ(echo["target"], "/v1/echo?q=1");
  EXPECT_EQ(echo["headers"][1], json::array({"X-OdD", "one"}));
  EXPECT_EQ(echo["headers"][2], json::array({"X-OdD", "two"}));
  EXPECT_EQ(echo["body_length"], 3);
  EXPECT_EQ(echo["body_sha256"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ask_json("DELETE /v1/files/x HTTP/1.1\r\nHost: a\r\n\r\n")["method"], "DELETE");
}

TEST_F(SimulatorDialects, MirrorAndBytes) {
  const std::string large(3'000'000, 'm');
  EXPECT_EQ(ask(post("/v1/mirror", large)).body, large);
  const std::string plain = ask(get("/v1/bytes/200000")).body;
  ASSERT_EQ(plain.size(), 200'000U);
  EXPECT_EQ(static_cast<unsigned char>(plain[70'001]), (70'001U * 31 + (70'001U >> 8U)) & 0xFFU);
  const WireAnswer chunked = ask(get("/v1/bytes/200000?chunked=1"));
  EXPECT_EQ(chunked.header("transfer-encoding"), "chunked");
  EXPECT_EQ(chunked.body, plain);
  client.send(get("/v1/bytes/200000?close=1"));
  const WireAnswer closed = client.read_to_end();
  EXPECT_EQ(closed.body, plain);
  EXPECT_EQ(closed.end, WireEnd::closed);
}

TEST_F(SimulatorDialects, StreamStampsItsEvents) {
  const WireAnswer answer = ask(get("/v1/stream?events=3&size=200"));
  const auto events = data_of(answer.body);
  ASSERT_EQ(events.size(), 4U);
  std::int64_t before = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(events[i].size(), 200U - 8) << "with `data: ` and the two line ends";
    const json event = json::parse(events[i]);
    EXPECT_EQ(event["seq"], i);
    EXPECT_GT(event["ns"].get<std::int64_t>(), before);
    before = event["ns"].get<std::int64_t>();
  }
}

TEST_F(SimulatorDialects, HeadHasTheHeaderAlone) {
  client.send("HEAD /v1/models HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.read_until("\r\n\r\n").find("Content-Length: "), std::string::npos);
  EXPECT_EQ(ask(get("/v1/models")).status, 200U) << "the next answer begins where it should";
}

TEST_F(SimulatorDialects, PipelinedRequestsAreAnsweredInOrder) {
  client.send(chat("one") + chat("two", true) + get("/v1/models/three"));
  EXPECT_EQ(json::parse(client.read_answer().body)["model"], "one");
  EXPECT_EQ(data_of(client.read_answer().body).size(), 11U);
  EXPECT_EQ(json::parse(client.read_answer().body)["id"], "three");
}

}  // namespace
}  // namespace holysheep
