#include "support/stage.hpp"
#include "support/tcp_server.hpp"

#include <future>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string head(const std::string& target, const std::string& lines) {
  return "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n";
}

/// How many times `what` occurs in `text`.
int occurrences(std::string_view text, std::string_view what) {
  int count = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
  return count;
}

constexpr std::string_view hidden = "GET /v1/hidden HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string hidden_length = "Content-Length: " + std::to_string(hidden.size()) + "\r\n";

TEST(ABodyThatComesAfterItsHead, IsNotTakenForTheNextRequest) {
  Stage stage;
  RawClient client(stage.port());
  for (int i = 1; i <= 3; ++i) {
    client.send(head("/v1/echo", hidden_length + "Expect: 100-continue\r\n"));
    ASSERT_EQ(client.read_until("100 Continue\r\n\r\n"), ReadEnd::satisfied);
    client.send(hidden);
    ASSERT_EQ(client.read_until("\"}"), ReadEnd::satisfied) << client.received();
    const auto answer = client.take();
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200 OK"));
    EXPECT_THAT(answer, HasSubstr("\"body_length\":" + std::to_string(hidden.size())));
    EXPECT_THAT(answer, Not(HasSubstr("Connection: close")));
    EXPECT_EQ(stage.simulator.request_count(), static_cast<std::size_t>(i));
  }
}

/// Upstream says something when it has the header, and takes the body after it.
TEST(ABodyThatComesAfterItsHead, GoesOnBehindInterimAnswers) {
  constexpr std::string_view interims =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  std::promise<void> half;
  TcpServer upstream([&half, interims](RawClient& connection, int) {
    if (connection.read_until("\r\n\r\n") != ReadEnd::satisfied) return;
    connection.send(interims);
    if (connection.read_until("first") != ReadEnd::satisfied) return;
    half.set_value();
    if (connection.read_until("second") != ReadEnd::satisfied) return;
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nall");
    connection.read_to_end();
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"},
                      {"REPLAY_BUFFER_MB", "0"},
                      {"UPSTREAM_READ_TIMEOUT", "5"}});
  RawClient client(proxy.port());
  client.send(head("/v1/x", "Content-Length: 11\r\nConnection: close\r\n") + "first");
  ASSERT_EQ(half.get_future().wait_for(std::chrono::seconds{20}), std::future_status::ready);
  client.send("second");
  EXPECT_EQ(client.read_to_end(), ReadEnd::eof);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 100 Continue\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("HTTP/1.1 103 Early Hints\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(client.received().ends_with("\r\n\r\nall")) << client.received();
}

TEST(ABodyOfARequestThatTakesNone, IsNotTakenForTheNextRequest) {
  Stage stage;
  for (const char* path : {"/health", "/ready"}) {
    RawClient client(stage.port());
    client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + hidden_length + "\r\n" +
                std::string(hidden));
    EXPECT_NE(client.read_to_end(), ReadEnd::timeout) << path;
    EXPECT_EQ(occurrences(client.received(), "HTTP/1.1 "), 1) << client.received();
    EXPECT_THAT(client.received(), HasSubstr("Connection: close\r\n"));
    EXPECT_EQ(stage.simulator.request_count(), 0U);
  }
}

TEST(AProbeThatSaysItHasAnEmptyBody, KeepsItsConnection) {
  Stage stage;
  RawClient client(stage.port());
  for (int i = 0; i < 2; ++i) {
    client.send("GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    ASSERT_EQ(client.read_until("{\"status\":\"ok\"}"), ReadEnd::satisfied);
    client.take();
  }
}

const std::string hello_sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// Bodies that no replay memory takes go straight through, whole, and in their coding.
class WithoutReplayMemory : public ::testing::Test {
 protected:
  const Environment settings_{{"REPLAY_BUFFER_MB", "0"}, {"UPSTREAM_READ_TIMEOUT", "3s"}};
  Stage stage_{settings_};
  RawClient client_{stage_.port()};

  /// Two such requests on one connection, both echoed.
  void expect_echo(const std::string& request_head, const std::string& body, bool after_continue) {
    for (int i = 0; i < 2; ++i) {
      client_.send(request_head);
      if (after_continue) {
        ASSERT_EQ(client_.read_until("100 Continue\r\n\r\n"), ReadEnd::satisfied);
      }
      client_.send(body);
      ASSERT_EQ(client_.read_until(hello_sha256 + "\"}"), ReadEnd::satisfied) << client_.received();
      EXPECT_THAT(client_.take(), HasSubstr("HTTP/1.1 200 OK"));
    }
  }
};

TEST_F(WithoutReplayMemory, ABodyOfKnownLengthStreams) {
  expect_echo(head("/v1/echo", "Content-Length: 5\r\n"), "hello", false);
}

TEST_F(WithoutReplayMemory, ABodyThatComesAfterItsHeadStreams) {
  expect_echo(head("/v1/echo", "Content-Length: 5\r\nExpect: 100-continue\r\n"), "hello", true);
}

TEST_F(WithoutReplayMemory, AChunkedBodyStreams) {
  expect_echo(head("/v1/echo", "Transfer-Encoding: chunked\r\n"), "5\r\nhello\r\n0\r\n\r\n", false);
}

TEST_F(WithoutReplayMemory, TheModelOfASmallBodyIsKnownAllTheSame) {
  const auto answer = fetch(stage_.port(), chat("gpt-4.1"));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(stage_.proxy.request_line(answer.header("X-Request-Id"))["model"], "gpt-4.1");
}

}  // namespace
}  // namespace holysheep::testing
