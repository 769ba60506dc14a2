#include "support/raw_client.hpp"
#include "support/stage.hpp"
#include "support/tcp_server.hpp"

#include <array>
#include <atomic>
#include <cstdio>

#include <gmock/gmock.h>
#include <zlib.h>

namespace holysheep::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t mib = std::size_t{1} << 20;
constexpr std::string_view interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n";
constexpr std::string_view chunked_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/x-test\r\nTransfer-Encoding: chunked\r\n\r\n";

/// An upstream that begins its answer with `head` and then says `more`, again and again, as long as it is
/// taken; `pause`: after each.
class AnUpstreamWithoutEnd : public ::testing::Test {
 protected:
  void say(std::string head, std::string more, milliseconds pause = {}) {
    upstream_.emplace([head, more, pause](RawClient& connection, int) {
      std::string request;
      if (!read_request(connection, request)) return;
      bool taken = connection.send(head);
      while (taken && !more.empty()) {
        taken = connection.send(more);
        if (pause.count() > 0) std::this_thread::sleep_for(pause);
      }
      connection.read_to_end();
    });
    proxy_.emplace(
        Environment{{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream_->port()) + "/v1"},
                    {"ADMIN_PORT", std::to_string(admin_)},
                    {"CACHE_SIZE_MB", "0"},
                    {"MAX_RETRIES", "0"},
                    {"MAX_RESPONSE_SIZE", "1m"},
                    {"REQUEST_TIMEOUT", "1"},
                    {"CIRCUIT_BREAKER_THRESHOLD", "0"}});
    before_ = proxy_->process().resident_bytes();
  }

  /// What a client gets until the end of its connection, while probes are answered, in little memory.
  std::string ask() {
    const auto asked = Clock::now();
    RawClient client(proxy_->port());
    client.send("GET /v1/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(get(proxy_->port(), "/health").status, 200);
    EXPECT_EQ(get(admin_, "/health").status, 200);
    EXPECT_LT(Clock::now() - asked, seconds{1} * time_scale()) << "for the probes";
    EXPECT_NE(client.read_to_end(), ReadEnd::timeout);
    EXPECT_LT(Clock::now() - asked, seconds{3} * time_scale());
    if (!proxy_is_sanitized()) {
      EXPECT_LT(proxy_->process().resident_bytes(), before_ + 8 * mib);
    }
    return client.take();
  }

  /// The header came and then too much: the client must not take it for whole.
  static void expect_cut(const std::string& got) {
    EXPECT_THAT(got.substr(0, 200), StartsWith("HTTP/1.1 200 "));
    EXPECT_FALSE(got.ends_with("0\r\n\r\n"));
    EXPECT_LT(got.size(), 2 * mib);
  }
  static void expect_refused(const std::string& got, int status, const std::string& code) {
    EXPECT_THAT(got, StartsWith("HTTP/1.1 " + std::to_string(status) + " "));
    EXPECT_THAT(got, HasSubstr("X-HolySheep-Error: " + code));
  }

  const std::uint16_t admin_ = unused_port();
  std::optional<TcpServer> upstream_;
  std::optional<ProxyProcess> proxy_;
  std::size_t before_ = 0;
};

TEST_F(AnUpstreamWithoutEnd, OfInterimAnswersIsGivenUpAfter64KiB) {
  say("", std::string(interim));
  const auto got = ask();
  EXPECT_THAT(got, StartsWith("HTTP/1.1 103 "));
  EXPECT_LT(got.size(), 128U * 1024);
  EXPECT_THAT(got, HasSubstr("X-HolySheep-Error: upstream_protocol_error"));
}

TEST_F(AnUpstreamWithoutEnd, OfInterimAnswersThatComeSlowlyIsGivenUpAtTheDeadline) {
  say("", std::string(interim), milliseconds{50});
  EXPECT_THAT(ask(), HasSubstr("X-HolySheep-Error: upstream_timeout"));
}

TEST_F(AnUpstreamWithoutEnd, OfHeaderFieldsIsGivenUpAfter64KiB) {
  say("HTTP/1.1 200 OK\r\n", "X-More: and more\r\n");
  expect_refused(ask(), 502, "upstream_protocol_error");
}

TEST_F(AnUpstreamWithoutEnd, OfOneHeaderFieldIsGivenUpAfter64KiB) {
  say("HTTP/1.1 200 OK\r\nX-More: ", "and more and more and more ");
  expect_refused(ask(), 502, "upstream_protocol_error");
}

TEST_F(AnUpstreamWithoutEnd, OfHeaderFieldsThatComeSlowlyIsGivenUpAtTheDeadline) {
  say("HTTP/1.1 200 OK\r\n", "X-More: and more\r\n", milliseconds{50});
  expect_refused(ask(), 504, "upstream_timeout");
}

TEST_F(AnUpstreamWithoutEnd, OfChunkExtensionsIsCut) {
  say(std::string(chunked_head) + "2\r\nok\r\n", "1;" + std::string(1000, 'x') + "\r\na\r\n");
  expect_cut(ask());
}

TEST_F(AnUpstreamWithoutEnd, OfOneChunkExtensionIsCut) {
  say(std::string(chunked_head) + "2\r\nok\r\n2;", std::string(1000, 'x'));
  expect_cut(ask());
}

TEST_F(AnUpstreamWithoutEnd, OfTrailersIsCut) {
  say(std::string(chunked_head) + "2\r\nok\r\n0\r\n", "X-More: and more\r\n");
  expect_cut(ask());
}

TEST_F(AnUpstreamWithoutEnd, OfAChunkIsCutAtTheResponsesLimit) {
  say(std::string(chunked_head) + "fffffffffffffff\r\n", std::string(10'000, 'x'));
  expect_cut(ask());
}

TEST_F(AnUpstreamWithoutEnd, OfAChunkWhoseSizeNoNumberHoldsIsCut) {
  say(std::string(chunked_head) + "2\r\nok\r\n10000000000000000\r\n", std::string(10'000, 'x'));
  expect_cut(ask());
}

TEST_F(AnUpstreamWithoutEnd, OfBytesThatNothingDelimitsIsCutAtTheResponsesLimit) {
  say("HTTP/1.1 200 OK\r\nContent-Type: text/x-test\r\n\r\n", std::string(10'000, 'x'));
  expect_cut(ask());
}

/// `members` gzip members of 16 MiB of zeros each, 16 KiB long.
std::string bomb(int members) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string zeros(mib, '\0');
  std::string one(mib, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(one.data());
  stream.avail_out = static_cast<uInt>(one.size());
  for (int i = 0; i < 16; ++i) {
    stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
    stream.avail_in = static_cast<uInt>(zeros.size());
    deflate(&stream, i < 15 ? Z_NO_FLUSH : Z_FINISH);
  }
  one.resize(stream.total_out);
  deflateEnd(&stream);
  std::string all;
  for (int i = 0; i < members; ++i) all += one;
  return all;
}

class ABomb : public ::testing::TestWithParam<const char*> {};

TEST_P(ABomb, OfTwoGibibytesIsPassedOnUnreadInNoTime) {
  static const std::string body = bomb(128);
  TcpServer upstream([&](RawClient& connection, int) {
    std::string request;
    while (read_request(connection, request)) {
      connection.send(
          "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: " + std::string(GetParam()) +
          "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
      connection.send(body);
    }
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"}});
  const auto before = proxy.process().resident_bytes();
  const auto asked = Clock::now();
  const auto answer = fetch(proxy.port(), chat("gpt-4.1", true, {{"Accept-Encoding", "gzip"}}));
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.body == body) << answer.body.size() << " bytes of " << body.size();
  EXPECT_LT(Clock::now() - asked, seconds{1} * time_scale()) << "inflating all of it takes longer";
  if (!proxy_is_sanitized()) {
    EXPECT_LT(proxy.process().resident_bytes(), before + 4 * mib);
  }
}

INSTANTIATE_TEST_SUITE_P(OfKind, ABomb, ::testing::Values("application/json", "text/event-stream"),
                         [](const auto& each) { return each.index == 0 ? "Json" : "EventStream"; });

/// Of every length: at some the read that completes it fills its buffer.
TEST(AnAnswersHead, MayComeWithMuchOfItsBody) {
  std::atomic<std::size_t> lines = 0;
  TcpServer upstream([&](RawClient& connection, int) {
    std::string request;
    if (!read_request(connection, request)) return;
    std::string answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 200000\r\n";
    for (std::size_t i = 0; i < lines; ++i)
      answer += "X-Line-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n";
    connection.send(answer + "\r\n" + std::string(200'000, 'b'));
    connection.read_to_end();
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"},
                      {"CACHE_SIZE_MB", "0"},
                      {"MAX_RETRIES", "0"},
                      {"CIRCUIT_BREAKER_THRESHOLD", "0"}});
  for (lines = 1; lines < 60; ++lines) {
    const auto answer = get(proxy.port(), "/v1/x");
    EXPECT_EQ(answer.status, 200) << lines;
    EXPECT_EQ(answer.body.size(), 200'000U);
  }
}

/// A stream that has come to its own end is whole, whatever stands behind it; that goes to nobody.
TEST(ATrailerThatIsNone, IsNotPassedOn) {
  std::atomic<int> requests = 0;
  TcpServer upstream([&](RawClient& connection, int) {
    std::string request;
    if (!read_request(connection, request)) return;
    ++requests;
    const std::string event =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n";
    std::array<char, 16> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", event.size());
    connection.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" +
        std::string(size.data()) + event + "\r\n0\r\nX-Good: 1\r\nbad line\r\n");
    connection.read_to_end();
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"},
                      {"MAX_RETRIES", "0"},
                      {"UPSTREAM_READ_TIMEOUT", "1s"}});
  const auto body = chat_body("gpt-4.1", true);
  for (const char* sharing : {"Cache-Control: max-age=60\r\n", "Cache-Control: max-age=60\r\n", ""}) {
    RawClient client(proxy.port());
    client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
                std::string(sharing) + "Content-Type: application/json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    client.read_to_end();
    EXPECT_THAT(client.received(), HasSubstr("[DONE]"));
    EXPECT_THAT(client.received(), EndsWith("\r\n0\r\n\r\n")) << sharing;
  }
  EXPECT_EQ(requests, 2) << "the second was kept from the first";
}

}  // namespace
}  // namespace holysheep::testing
