#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Ambiguity {
  const char* name;
  std::string bytes;
  int status;
  const char* code;
};

class Refused : public ::testing::TestWithParam<Ambiguity> {
 protected:
  static void SetUpTestSuite() { stage_ = new Stage; }
  static void TearDownTestSuite() { delete std::exchange(stage_, nullptr); }
  static inline Stage* stage_ = nullptr;
};

TEST_P(Refused, WithItsStatusAndCodeAndTheConnectionClosed) {
  const auto& [name, bytes, status, code] = GetParam();
  const auto before = stage_->simulator.request_count();
  RawClient client(stage_->port());
  client.send(bytes);
  EXPECT_NE(client.read_to_end(), ReadEnd::timeout) << "it must close";
  const auto& answer = client.received();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(status) + " "));
  EXPECT_THAT(answer, HasSubstr(std::string("\r\nX-HolySheep-Error: ") + code + "\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  const auto body = answer.find("\r\n\r\n");
  ASSERT_NE(body, std::string::npos);
  const auto json = nlohmann::json::parse(answer.substr(body + 4), nullptr, false);
  ASSERT_TRUE(json.is_object()) << answer;
  EXPECT_EQ(json["error"]["code"], code);
  EXPECT_EQ(json["error"]["type"], status < 500 ? "invalid_request_error" : "server_error");
  EXPECT_TRUE(json["error"]["param"].is_null());
  EXPECT_EQ(stage_->simulator.request_count(), before) << "nothing ambiguous may reach upstream";
}

std::string post(const std::string& lines, const std::string& body = "") {
  return "POST /v1/echo HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n" + body;
}
std::string of(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

std::vector<Ambiguity> ambiguities() {
  const auto bad = [](const char* name, std::string bytes) {
    return Ambiguity{name, std::move(bytes), 400, "bad_request"};
  };
  const std::string filler(40'000, 'a');
  return {
      bad("not_http", "hello there\r\n\r\n"),
      bad("length_with_transfer_encoding",
          post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
      bad("two_lengths", post("Content-Length: 1\r\nContent-Length: 2\r\n", "ab")),
      bad("same_length_twice", post("Content-Length: 1\r\nContent-Length: 1\r\n", "a")),
      bad("length_list", post("Content-Length: 1, 1\r\n", "a")),
      bad("signed_length", post("Content-Length: +1\r\n", "a")),
      bad("negative_length", post("Content-Length: -1\r\n")),
      bad("hexadecimal_length", post("Content-Length: 0x1\r\n", "a")),
      bad("empty_length", post("Content-Length:\r\n")),
      bad("bare_lf_in_head", "GET /v1/echo HTTP/1.1\nHost: x\n\n"),
      bad("bare_lf_ends_a_line", "GET /v1/echo HTTP/1.1\r\nHost: x\nX-A: 1\r\n\r\n"),
      bad("bare_cr_in_value", post("X-A: a\rb\r\n")),
      bad("space_before_colon", post("X-A : 1\r\n")),
      bad("folded_line", post("X-A: 1\r\n 2\r\n")),
      bad("control_character", post(std::string("X-A: a\x01") + "b\r\n")),
      bad("nul_in_value", post(std::string("X-A: a") + '\0' + "b\r\n")),
      bad("no_host", "GET /v1/echo HTTP/1.1\r\n\r\n"),
      bad("two_hosts", "GET /v1/echo HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"),
      bad("target_of_another_host", "GET http://y/v1/echo HTTP/1.1\r\nHost: x\r\n\r\n"),
      bad("dot_segment", of("/v1/../echo")),
      bad("single_dot_segment", of("/v1/./echo")),
      bad("escaped_dot_segment", of("/v1/%2e%2e/echo")),
      bad("half_escaped_dot_segment", of("/v1/.%2E/echo")),
      bad("backslash", of("/v1/a\\b")),
      bad("bad_chunk_size", post("Transfer-Encoding: chunked\r\n", "zz\r\n")),
      bad("chunk_without_end", post("Transfer-Encoding: chunked\r\n", "1\r\nab\r\n0\r\n\r\n")),
      bad("chunk_with_bare_lf", post("Transfer-Encoding: chunked\r\n", "1\na\n0\n\n")),
      bad("huge_chunk_extension",
          post("Transfer-Encoding: chunked\r\n", "1;" + filler + "\r\na\r\n0\r\n\r\n")),
      {"unknown_coding", post("Transfer-Encoding: gzip\r\n", "x"), 501, "not_implemented"},
      {"two_codings", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501, "not_implemented"},
      {"declared_too_large", post("Content-Length: 52428801\r\n"), 413, "request_too_large"},
      {"headers_too_large", post("X-A: " + filler + "\r\n"), 431, "headers_too_large"},
      {"trailers_too_large", post("Transfer-Encoding: chunked\r\n", "0\r\nX-A: " + filler + "\r\n\r\n"), 431,
       "headers_too_large"},
      {"uri_too_long", of("/v1/" + filler), 414, "uri_too_long"},
  };
}

INSTANTIATE_TEST_SUITE_P(Each, Refused, ::testing::ValuesIn(ambiguities()),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(RefusalDialect, IsThatOfThePath) {
  Stage stage({{"CLIENT_MAX_BODY_SIZE", "1k"}});
  const std::string body(2000, ' ');
  const auto anthropic = post_json(stage.port(), "/v1/messages", body);
  EXPECT_EQ(anthropic.status, 413);
  const auto a = nlohmann::json::parse(anthropic.body);
  EXPECT_EQ(a["type"], "error");
  EXPECT_TRUE(a["error"]["type"].is_string());
  EXPECT_TRUE(a["error"]["message"].is_string());
  EXPECT_EQ(a["request_id"], anthropic.header("X-Request-Id"));
  const auto gemini = post_json(stage.port(), "/v1beta/models/g:generateContent", body);
  EXPECT_EQ(gemini.status, 413);
  const auto g = nlohmann::json::parse(gemini.body);
  EXPECT_EQ(g["error"]["code"], 413);
  EXPECT_TRUE(g["error"]["status"].is_string());
  for (const auto& answer : {anthropic, gemini}) {
    EXPECT_EQ(answer.header("X-HolySheep-Error"), "request_too_large");
  }
}

TEST(BodyLimit, CountsWhatComesInChunksToo) {
  Stage stage({{"CLIENT_MAX_BODY_SIZE", "64k"}});
  auto request = json_request("/v1/echo", std::string(65'536, ' '));
  request.chunked = true;
  EXPECT_EQ(fetch(stage.port(), request).status, 200) << "exactly the limit";
  request.body += ' ';
  expect_gateway_error(fetch(stage.port(), request), 413, "request_too_large");
}

TEST(SlowClient, IsTold408AndClosed) {
  Stage stage({{"CLIENT_HEADER_TIMEOUT", "300ms"}, {"CLIENT_BODY_TIMEOUT", "300ms"}});
  for (const char* part : {"GET /v1/models HTTP/1.1\r\nHost:",
                           "POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe"}) {
    RawClient client(stage.port());
    client.send(part);
    EXPECT_EQ(client.read_to_end(), ReadEnd::eof) << part;
    EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 408 ")) << part;
    EXPECT_THAT(client.received(), HasSubstr("X-HolySheep-Error: request_timeout")) << part;
  }
  EXPECT_EQ(stage.simulator.request_count(), 0U);
}

TEST(IdleClient, IsClosedAfterItsKeepAliveWithoutAWord) {
  Stage stage({{"KEEPALIVE_TIMEOUT", "300ms"}});
  RawClient client(stage.port());
  client.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_to_end(), ReadEnd::eof);
  EXPECT_EQ(client.received().find("HTTP/1.1", 1), std::string::npos);
}

TEST(ARefusal, FollowsAGoodRequestOnItsConnection) {
  Stage stage;
  for (const std::string_view junk :
       {"\x16\x03\x01", "GET /v1/x HTTP/1.1\nHost: x\n\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    RawClient client(stage.port());
    client.send("GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_EQ(client.read_until("\"data\""), ReadEnd::satisfied);
    client.send(junk);
    client.read_to_end();
    EXPECT_THAT(std::string(client.take()), ::testing::HasSubstr("HTTP/1.1 400 "));
  }
}

}  // namespace
}  // namespace holysheep::testing
