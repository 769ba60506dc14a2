#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class HttpRules : public ::testing::Test {
 protected:
  /// Sends bytes and gives all that comes until the proxy closes.
  std::string until_closed(std::string_view bytes) {
    RawClient client(stage_.port());
    client.send(bytes);
    EXPECT_EQ(client.read_to_end(), ReadEnd::eof) << client.received().substr(0, 500);
    return client.take();
  }

  Stage stage_;
};

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

TEST_F(HttpRules, AnHttp10ClientGetsNoChunksAndTheEndOfTheConnection) {
  const auto answer = until_closed("GET /v1/bytes/5000?chunked=1 HTTP/1.0\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1."));
  EXPECT_THAT(answer, HasSubstr(" 200 "));
  const auto head = answer.find("\r\n\r\n");
  EXPECT_THAT(answer.substr(0, head), Not(HasSubstr("ransfer-")));
  EXPECT_EQ(answer.size() - head - 4, 5000U);
}

TEST_F(HttpRules, AnHttp10ClientThatAsksForItKeepsItsConnection) {
  RawClient client(stage_.port());
  for (int i = 0; i < 2; ++i) {
    client.send("GET /v1/bytes/10 HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
    ASSERT_EQ(client.read_until("\r\n\r\n"), ReadEnd::satisfied);
    const auto whole = client.received().find("\r\n\r\n") + 4 + 10;
    ASSERT_EQ(client.read_until([&](auto all) { return all.size() >= whole; }), ReadEnd::satisfied);
    client.take();
  }
}

TEST_F(HttpRules, HeadHasTheHeaderOfGetAndNoBody) {
  HttpClient client(stage_.port());
  const auto head = client.exchange({.method = "HEAD", .target = "/v1/bytes/1000"});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), "1000");
  EXPECT_TRUE(head.body.empty());
  EXPECT_EQ(client.exchange({.target = "/v1/bytes/1000"}).body.size(), 1000U) << "on the same connection";
}

TEST_F(HttpRules, NoContentAndNotModifiedHaveNoBody) {
  HttpClient client(stage_.port());
  for (const int status : {204, 304}) {
    const auto answer = client.exchange(
        {.target = "/v1/models", .headers = {{"X-Sim", "sim:status=" + std::to_string(status)}}});
    EXPECT_EQ(answer.status, status);
    EXPECT_TRUE(answer.body.empty());
    EXPECT_FALSE(answer.has("Transfer-Encoding"));
    EXPECT_EQ(client.exchange({.target = "/v1/bytes/7"}).body.size(), 7U) << "on the same connection";
  }
}

TEST_F(HttpRules, PipelinedRequestsAreAnsweredInOrder) {
  std::string all;
  for (const char* name : {"one", "two", "three"}) {
    all += std::string("POST /v1/mirror HTTP/1.1\r\nHost: x\r\nContent-Length: ") +
           std::to_string(std::string_view(name).size()) + "\r\n";
    if (name == std::string_view("three")) all += "Connection: close\r\n";
    all += std::string("Content-Type: text/x-test\r\n\r\n") + name;
  }
  const auto answer = until_closed(all);
  EXPECT_EQ(count(answer, "HTTP/1.1 200"), 3U);
  const auto one = answer.find("\r\n\r\none");
  const auto two = answer.find("\r\n\r\ntwo");
  const auto three = answer.find("\r\n\r\nthree");
  EXPECT_TRUE(one < two && two < three && three != std::string::npos) << answer;
}

TEST_F(HttpRules, EachRequestMayComeByteByByte) {
  RawClient client(stage_.port());
  const std::string request =
      "POST /v1/mirror HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
      "Content-Type: text/x-test\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n";
  for (const char byte : request) ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_EQ(client.read_to_end(), ReadEnd::eof);
  EXPECT_THAT(client.received(), HasSubstr("\r\n\r\nabcde"));
}

TEST_F(HttpRules, ConnectionCloseIsObeyedAndSaid) {
  const auto answer = until_closed("GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(HttpRules, ExpectContinueIsAnsweredBeforeTheBodyIsSent) {
  RawClient client(stage_.port());
  client.send(
      "POST /v1/mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
      "Content-Type: text/x-test\r\nConnection: close\r\n\r\n");
  ASSERT_EQ(client.read_until("HTTP/1.1 100 Continue\r\n\r\n"), ReadEnd::satisfied) << client.received();
  client.send("hello");
  EXPECT_EQ(client.read_to_end(), ReadEnd::eof);
  EXPECT_THAT(client.received(), HasSubstr("\r\n\r\nhello"));
}

TEST_F(HttpRules, ExpectContinueOfABodyThatIsTooLargeIsRefusedInstead) {
  const auto answer = until_closed(
      "POST /v1/mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpRules, InterimAnswersReachAnHttp11Client) {
  for (const int status : {100, 102, 103}) {
    const auto answer =
        get(stage_.port(), "/v1/models", {{"X-Sim", "sim:interim=" + std::to_string(status)}});
    EXPECT_THAT(answer.interims, ::testing::ElementsAre(status));
    EXPECT_EQ(answer.status, 200);
  }
}

TEST_F(HttpRules, InterimAnswersNeverReachAnHttp10Client) {
  const auto answer = until_closed("GET /v1/models HTTP/1.0\r\nHost: x\r\nX-Sim: sim:interim=103\r\n\r\n");
  EXPECT_EQ(count(answer, "HTTP/1."), 1U) << answer;
}

TEST_F(HttpRules, AnAnswerOfHttp10IsRelayedWhole) {
  const auto answer = get(stage_.port(), "/v1/models", {{"X-Sim", "sim:http10"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.end, BodyEnd::complete);
  EXPECT_TRUE(nlohmann::json::accept(answer.body));
}

TEST_F(HttpRules, TrailersOfUpstreamDoNotDisturbTheBody) {
  HttpClient client(stage_.port());
  const auto answer =
      client.exchange({.target = "/v1/bytes/3000?chunked=1", .headers = {{"X-Sim", "sim:trailers"}}});
  EXPECT_EQ(answer.body.size(), 3000U);
  EXPECT_EQ(answer.end, BodyEnd::complete);
  EXPECT_EQ(client.exchange({.target = "/v1/bytes/7"}).body.size(), 7U) << "on the same connection";
}

TEST_F(HttpRules, WhatUpstreamEncodedPassesAsItIs) {
  const auto answer = get(stage_.port(), "/v1/models", {{"X-Sim", "sim:gzip"}, {"Accept-Encoding", "gzip"}});
  EXPECT_EQ(answer.header("Content-Encoding"), "gzip");
  EXPECT_THAT(answer.body, StartsWith("\x1f\x8b"));
}

TEST_F(HttpRules, EndpointsOfTheProxyItself) {
  EXPECT_EQ(get(stage_.port(), "/health").status, 200);
  EXPECT_EQ(nlohmann::json::parse(get(stage_.port(), "/health").body)["status"], "ok");
  EXPECT_EQ(get(stage_.port(), "/ready").status, 200);
  expect_gateway_error(get(stage_.port(), "/"), 404, "not_found");
  EXPECT_EQ(get(stage_.port(), "/").header("Allow"), "") << "every method is as good there";
  expect_gateway_error(get(stage_.port(), "/metrics"), 404, "not_found");
  const auto refused = post_json(stage_.port(), "/health", "{}");
  expect_gateway_error(refused, 405, "method_not_allowed");
  EXPECT_THAT(refused.header("Allow"), HasSubstr("GET"));
  const auto trace = fetch(stage_.port(), {.method = "TRACE", .target = "/v1/models"});
  expect_gateway_error(trace, 405, "method_not_allowed");
  EXPECT_EQ(stage_.simulator.request_count(), 0U);
}

TEST_F(HttpRules, AnEventStreamIsMarkedSoThatNoProxyInFrontHoldsIt) {
  HttpClient client(stage_.port());
  client.send(chat("gpt-4.1", true));
  const auto head = client.read_head();
  EXPECT_EQ(head.header("X-Accel-Buffering"), "no");
  EXPECT_THAT(head.header("Cache-Control"), HasSubstr("no-transform"));
}

}  // namespace
}  // namespace holysheep::testing
