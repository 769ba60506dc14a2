#include "support/cached_stage.hpp"
#include "support/raw_client.hpp"

#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string streamed_body(const std::string& model, const char* options = nullptr) {
  auto body = nlohmann::json::parse(chat_body(model, true));
  if (options != nullptr) body["stream_options"] = nlohmann::json::parse(options);
  return body.dump();
}

Request streamed(const std::string& id, const std::string& model, const char* options = nullptr,
                 const char* target = "/v1/chat/completions") {
  return json_request(target, streamed_body(model, options), {{"X-Request-Id", id}});
}

/// The simulator makes its ids out of the request's body, which METER_STREAM_USAGE changes.
std::string without_ids(const Response& answer) {
  static const std::regex id(R"("id":"[^"]*")");
  return std::regex_replace(answer.body, id, R"("id":"")");
}

/// Two proxies before one upstream, which differ in the setting alone.
class StreamUsage : public ::testing::Test {
 protected:
  static Environment with(const char* metering) {
    return {{"METER_STREAM_USAGE", metering}, {"CACHE_SIZE_MB", "0"}};
  }
  StreamUsage() : asking_(with("true")), silent_(settings_of_silent()) {}

  Environment settings_of_silent() const {
    Environment all = asking_.simulator.as_upstream();
    all.merge(with("false"));
    return all;
  }

  Stage asking_;
  ProxyProcess silent_;
};

TEST_F(StreamUsage, IsInTheLogAndTheClientsBytesAreWhatTheyWouldHaveBeen) {
  int number = 0;
  for (const char* target : {"/v1/chat/completions", "/v1/completions"}) {
    for (const std::string model :
         {"sim:usage=100:50:20:5", "sim:usage=100:50:20:5;chunks=200", "sim:usage=100:50:20:5;usage-first"}) {
      const auto id = "same-" + std::to_string(++number);
      const auto metered = fetch(asking_.port(), streamed(id, model, nullptr, target));
      const auto plain = fetch(silent_.port(), streamed(id, model, nullptr, target));
      EXPECT_EQ(metered.status, 200);
      EXPECT_EQ(metered.end, BodyEnd::complete);
      EXPECT_EQ(without_ids(metered), without_ids(plain)) << target << ' ' << model;
      EXPECT_THAT(plain.body, Not(HasSubstr("usage\"")));
      const auto line = asking_.proxy.request_line(id);
      EXPECT_EQ(line["input_tokens"], 100) << line.dump();
      EXPECT_EQ(line["output_tokens"], 50) << line.dump();
      EXPECT_EQ(line["cached_input_tokens"], 20) << line.dump();
      EXPECT_FALSE(silent_.request_line(id).contains("output_tokens"));
    }
  }
}

TEST_F(StreamUsage, IsLeftToAClientThatAskedItself) {
  const auto request = streamed("own", "sim:usage=9:2", R"({"include_usage":true})");
  const auto metered = fetch(asking_.port(), request);
  EXPECT_EQ(without_ids(metered), without_ids(fetch(silent_.port(), request)));
  EXPECT_THAT(metered.body, HasSubstr(R"("usage":null)"));
  EXPECT_THAT(metered.body, HasSubstr(R"("choices":[],"usage":{)"));
  EXPECT_EQ(asking_.proxy.request_line("own")["output_tokens"], 2);
}

TEST_F(StreamUsage, IsAskedForInOptionsThatSayOtherwise) {
  for (const char* options :
       {"{}", "null", R"({"include_usage":false})", R"({"include_obfuscation":false})"}) {
    const auto request = streamed("other", "sim:usage=9:2", options);
    const auto metered = fetch(asking_.port(), request);
    EXPECT_EQ(without_ids(metered), without_ids(fetch(silent_.port(), request))) << options;
    EXPECT_THAT(metered.body, Not(HasSubstr("usage\""))) << options;
  }
  for (const auto& line : asking_.proxy.log_where("request_id", "other")) EXPECT_EQ(line["output_tokens"], 2);
}

TEST_F(StreamUsage, IsTakenOutHoweverTheClientSendsAndReads) {
  const std::string model = "sim:usage=9:2;chunks=20";
  const std::string body = streamed_body(model);
  const auto halves = body.size() / 2;
  std::ostringstream chunked;
  chunked << std::hex << halves << "\r\n"
          << body.substr(0, halves) << "\r\n"
          << body.size() - halves << "\r\n"
          << body.substr(halves) << "\r\n";
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  for (const auto& [version, rest] :
       {std::pair<std::string, std::string>{"1.0", length},
        {"1.1", "Transfer-Encoding: chunked\r\n\r\n" + chunked.str() + "0\r\n\r\n"},
        {"1.1", "Transfer-Encoding: chunked\r\n\r\n" + chunked.str() + "0\r\nX: y\r\n\r\n"},
        {"1.1", "Content-Digest: sha-256=:x:\r\n" + length}}) {
    std::vector<std::string> bodies;
    for (const std::uint16_t port : {asking_.port(), silent_.port()}) {
      RawClient client(port);
      client.send("POST /v1/chat/completions HTTP/" + version +
                  "\r\nHost: x\r\nConnection: close\r\nX-Request-Id: way\r\n" + rest);
      client.read_to_end();
      Response read;
      read.body = client.received().substr(client.received().find("\r\n\r\n") + 4);
      EXPECT_THAT(client.received(), HasSubstr(" 200 OK\r\n"));
      EXPECT_THAT(read.body, HasSubstr("data: [DONE]\n\n"));
      EXPECT_THAT(read.body, Not(HasSubstr("usage\"")));
      bodies.push_back(without_ids(read));
    }
    if (version == "1.0") EXPECT_EQ(bodies[0], bodies[1]);
  }
  std::vector<bool> counted;
  eventually([&] {
    counted.clear();
    for (const auto& line : asking_.proxy.log_where("request_id", "way"))
      counted.push_back(line.contains("output_tokens"));
    return counted.size() == 4;
  });
  EXPECT_EQ(counted, (std::vector<bool>{true, true, false, false}));
}

TEST(AStreamsUsage, IsAskedForOnEveryAttemptAndWithAnotherModelsName) {
  const Stage stage({{"MODEL_FALLBACKS", R"({"sim:status=503":["sim:usage=7:3"]})"}, {"MAX_RETRIES", "1"}});
  const auto answer = fetch(stage.port(), streamed("attempts", "sim:status=503"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, Not(HasSubstr("usage\"")));
  EXPECT_THAT(answer.body, HasSubstr("data: [DONE]\n\n"));
  EXPECT_EQ(stage.proxy.request_line("attempts")["output_tokens"], 3);
  const auto asked = stage.simulator.requests_of("attempts");
  ASSERT_EQ(asked.size(), 3U);
}

TEST(AStreamsUsage, IsNotInTheCopyThatIsKept) {
  Stage stage = cached();
  const auto request = opted_in("sim:usage=9:2", true);
  HttpClient client(stage.port());
  const Response first = client.exchange(request);
  EXPECT_THAT(first.body, Not(HasSubstr("usage\"")));
  EXPECT_EQ(stage.proxy.request_line(first.header("X-Request-Id"))["output_tokens"], 2);
  EXPECT_EQ(ask(stage, request, &first), "hit");
  // Who asks for usage asks something else.
  auto body = nlohmann::json::parse(chat_body("sim:usage=9:2", true));
  body["stream_options"] = {{"include_usage", true}};
  const auto own = fetch(
      stage.port(), json_request("/v1/chat/completions", body.dump(), {{"Cache-Control", "max-age=60"}}));
  EXPECT_EQ(cache_result(own), "miss");
  EXPECT_THAT(own.body, HasSubstr(R"("choices":[],"usage":{)"));
}

// Upstream tells the length of what it sends, which is not the client's.
TEST(AStreamsUsage, IsTakenOutOfAStreamOfKnownLength) {
  const std::string kept = R"(data: {"choices":[{"delta":{"content":"a"}}])";
  const std::string model = "sim:header=Content-Type:text/event-stream;body=" + kept +
                            ",\"usage\":null}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,"
                            "\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";
  Stage unasked({{"METER_STREAM_USAGE", "false"}});
  EXPECT_NE(fetch(unasked.port(), json_request("/v1/chat/completions", chat_body(model, true)))
                .header("Content-Length"),
            "");
  Stage stage = cached();
  int hits = 0;
  for (const char* cache_control : {"no-store", "max-age=60", "max-age=60"}) {
    const auto answer = fetch(stage.port(), json_request("/v1/chat/completions", chat_body(model, true),
                                                         {{"Cache-Control", cache_control}}));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.end, BodyEnd::complete) << cache_control;
    EXPECT_EQ(answer.body, kept + "}\n\ndata: [DONE]\n\n") << cache_control;
    const bool hit = cache_result(answer) == "hit";
    hits += hit ? 1 : 0;
    EXPECT_EQ(answer.header("Content-Length"), hit ? std::to_string(answer.body.size()) : "");
    const auto line = stage.proxy.request_line(answer.header("X-Request-Id"));
    EXPECT_EQ(line.contains("output_tokens"), !hit) << line.dump();
  }
  EXPECT_EQ(hits, 1);
}

TEST(AnAnswersTokens, AreReadThroughItsCoding) {
  const Stage stage;
  Request request = json_request("/v1/chat/completions", chat_body("sim:gzip;usage=9:2"),
                                 {{"X-Request-Id", "coded"}, {"Accept-Encoding", "gzip, br"}});
  const auto answer = fetch(stage.port(), request);
  EXPECT_EQ(answer.header("Content-Encoding"), "gzip");
  const auto line = stage.proxy.request_line("coded");
  EXPECT_EQ(line["input_tokens"], 9) << line.dump();
  EXPECT_EQ(line["output_tokens"], 2) << line.dump();
  EXPECT_EQ(recorded_header(stage.simulator.requests_of("coded").at(0), "accept-encoding"), "gzip");
}

TEST(AStreamsUsage, IsAskedForInNoCodingThatHidesIt) {
  const Stage stage;
  Request request = streamed("plain", "sim:usage=9:2");
  request.headers.push_back({"Accept-Encoding", "gzip, br"});
  EXPECT_THAT(fetch(stage.port(), request).body, Not(HasSubstr("usage\"")));
  EXPECT_EQ(recorded_header(stage.simulator.requests_of("plain").at(0), "accept-encoding"), "identity");
}

}  // namespace
}  // namespace holysheep::testing
