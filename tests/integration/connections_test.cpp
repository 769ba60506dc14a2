#include "support/stage.hpp"
#include "support/tcp_server.hpp"

#include <atomic>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view answer_ok =
    "HTTP/1.1 200 OK\r\nContent-Type: text/x-test\r\nContent-Length: 2\r\n\r\nok";

TEST(UpstreamConnections, AreReused) {
  Stage stage;
  HttpClient client(stage.port());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.exchange({.target = "/v1/models"}).status, 200);
  EXPECT_EQ(stage.simulator.stats()["connections_accepted"], 1);
}

TEST(UpstreamConnections, ThatUpstreamClosedWhileIdleAreReplacedSilently) {
  Stage stage({{"MAX_RETRIES", "0"}}, {"--idle-close", "50"});
  for (int i = 0; i < 3; ++i) {
    const auto answer = get(stage.port(), "/v1/models");
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(attempts(answer), 1);
    ASSERT_TRUE(eventually([&] { return stage.simulator.stats()["connections_open"] == 0; }));
  }
}

TEST(UpstreamConnections, FoundDeadAtFirstUseAreReplacedOnceWithoutCountingAsARetry) {
  TcpServer upstream([](RawClient& connection, int) {
    std::string request;
    if (!read_request(connection, request)) return;
    connection.send(answer_ok);
    read_request(connection, request);  // the reused connection: taken, then closed without a word
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"},
                      {"MAX_RETRIES", "0"},
                      {"CIRCUIT_BREAKER_THRESHOLD", "1"}});
  for (int i = 0; i < 4; ++i) {
    const auto answer = get(proxy.port(), "/v1/x");
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.body, "ok");
    EXPECT_EQ(attempts(answer), 1);
  }
}

/// One that is lost long after it took a request was not dead: whether to ask again is the retry policy's to
/// say.
TEST(UpstreamConnections, LostLongAfterTheRequestAreNoneThatWereDead) {
  std::atomic<int> requests = 0;
  TcpServer upstream([&](RawClient& connection, int) {
    std::string request;
    if (!read_request(connection, request)) return;
    ++requests;
    connection.send(answer_ok);
    if (!read_request(connection, request)) return;
    ++requests;
    std::this_thread::sleep_for(std::chrono::milliseconds(1300));  // it works on it
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"},
                      {"WORKER_PROCESSES", "1"},
                      {"MAX_RETRIES", "0"}});
  EXPECT_EQ(get(proxy.port(), "/v1/x").status, 200);
  const auto lost = get(proxy.port(), "/v1/y");
  expect_gateway_error(lost, 502, "upstream_protocol_error");
  EXPECT_EQ(requests, 2);
}

TEST(UpstreamConnections, FoundDeadWhileALargeBodyGoesOutAreReplacedWithTheWholeBody) {
  std::string received;
  std::atomic<bool> replaced = false;
  TcpServer upstream([&](RawClient& connection, int number) {
    if (number > 1) replaced = true;
    std::string request;
    if (!read_request(connection, request)) return;
    if (number > 1) received = request;  // before its answer, after which the test looks
    connection.send(answer_ok);
    if (number > 1) return;
    connection.read_until("\r\n\r\n");  // the reused connection: ended in the middle of the body
    connection.half_close();
    eventually([&] { return replaced.load(); });  // not read meanwhile, so that the sending is stuck
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"},
                      {"MAX_RETRIES", "0"},
                      {"WORKER_PROCESSES", "1"},
                      {"UPSTREAM_READ_TIMEOUT", "3s"}});
  EXPECT_EQ(get(proxy.port(), "/v1/x").status, 200);
  const std::string body(16 << 20, 'b');
  const auto answer = post_json(proxy.port(), "/v1/x", body);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(attempts(answer), 1);
  EXPECT_TRUE(received.ends_with(body));
}

TEST(UpstreamConnections, ThatSaidMoreThanTheirAnswerAreNotUsedAgain) {
  // One read of the proxy's ends where the first answer ends; what is behind it is for no request.
  std::string first = "HTTP/1.1 200 OK\r\nContent-Type: text/x-test\r\nContent-Length: 16000\r\nX-Filler: ";
  first += std::string(16 * 1024 - 16000 - 4 - first.size(), 'f') + "\r\n\r\n" + std::string(16000, '1');
  const std::string unasked = "HTTP/1.1 200 OK\r\nContent-Type: text/x-test\r\nContent-Length: 4\r\n\r\nevil";
  TcpServer upstream([&](RawClient& connection, int number) {
    std::string request;
    while (read_request(connection, request)) {
      connection.send(number == 1 ? first + unasked : std::string(answer_ok));
    }
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"}});
  RawClient client(proxy.port());
  const std::string request = "GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(request + request);
  ASSERT_EQ(client.read_until("\r\n\r\nok"), ReadEnd::satisfied);
  EXPECT_THAT(client.received(), ::testing::Not(HasSubstr("evil")));
}

TEST(UpstreamConnections, ThatTakeOneRequestEachStillServeAll) {
  Stage stage({}, {"--max-requests-per-connection", "1"});
  HttpClient client(stage.port());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.exchange({.target = "/v1/models"}).status, 200);
}

TEST(UpstreamConnections, AreNeverMoreThanTheLimit) {
  Stage stage({{"UPSTREAM_MAX_CONNECTIONS", "2"}, {"WORKER_PROCESSES", "2"}});
  std::vector<HttpClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back(stage.port());
    clients.back().send(chat("sim:delay=100"));
  }
  for (auto& client : clients) EXPECT_EQ(client.read_head().status, 200);
  EXPECT_LE(stage.simulator.stats()["connections_accepted"].get<int>(), 8);
  std::vector<std::pair<std::int64_t, int>> edges;
  for (const auto& request : stage.simulator.requests()) {
    edges.emplace_back(request["arrived_ns"].get<std::int64_t>(), 1);
    edges.emplace_back(request["ended_ns"].get<std::int64_t>(), -1);
  }
  std::ranges::sort(edges);
  int together = 0;
  for (const auto& [when, step] : edges) {
    together += step;
    EXPECT_LE(together, 2);
  }
}

TEST(UpstreamFailures, OfTheNameSayWhatToCheck) {
  ProxyProcess proxy({{"API_BASE_URL", "https://no-such-host.invalid/v1"}, {"MAX_RETRIES", "0"}});
  const auto answer = get(proxy.port(), "/v1/models");
  expect_gateway_error(answer, 502, "upstream_dns_error");
  EXPECT_THAT(answer.body, HasSubstr("no-such-host.invalid"));
  EXPECT_THAT(answer.body, HasSubstr("53"));
}

TEST(UpstreamFailures, OfConnectingSayWhatToCheck) {
  const auto port = unused_port();
  ProxyProcess proxy(
      {{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(port) + "/v1"}, {"MAX_RETRIES", "0"}});
  const auto answer = get(proxy.port(), "/v1/models");
  expect_gateway_error(answer, 502, "upstream_connect_error");
  EXPECT_THAT(answer.body, HasSubstr("NetworkPolicy"));
  EXPECT_THAT(answer.body, HasSubstr(std::to_string(port)));
}

TEST(ACertificateOfAnUnknownAuthority, IsRefusedWithoutSslCertFile) {
  Stage stage({{"SSL_CERT_FILE", ""}});
  expect_gateway_error(fetch(stage.port(), chat("gpt-4.1")), 502, "upstream_tls_error");
}

TEST(ATlsHandshake, ThatNeverEndsTakesNoLongerThanTheConnectTimeout) {
  Stage stage({{"UPSTREAM_CONNECT_TIMEOUT", "500ms"}, {"MAX_RETRIES", "0"}},
              {"--tls-fault", "handshake-stall"});
  const auto asked = Clock::now();
  expect_gateway_error(fetch(stage.port(), chat("gpt-4.1")), 504, "upstream_timeout");
  EXPECT_GE(Clock::now() - asked, std::chrono::milliseconds{450});
  EXPECT_LT(Clock::now() - asked, std::chrono::milliseconds{1500} * time_scale());
}

TEST(ATlsHandshake, ThatBreaksOffIsRetried) {
  Stage stage({{"MAX_RETRIES", "1"}, {"CIRCUIT_BREAKER_THRESHOLD", "0"}}, {"--tls-fault", "handshake-close"});
  const auto answer = fetch(stage.port(), chat("gpt-4.1"));
  expect_gateway_error(answer, 502, "upstream_tls_error");
  EXPECT_EQ(attempts(answer), 2);
}

TEST(AnOddUpstream, CutAtEveryByteOfItsHeaderIsRelayedAllTheSame) {
  const std::string answer =
      "HTTP/1.1 200 OK\r\nContent-Type: text/x-test\r\nTransfer-Encoding: "
      "chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
  TcpServer upstream([&](RawClient& connection, int) {
    std::string request;
    while (read_request(connection, request)) {
      const auto cut = static_cast<std::size_t>(std::stoi(request.substr(request.find("/v1/") + 4)));
      connection.send(std::string_view(answer).substr(0, cut));
      connection.send(std::string_view(answer).substr(cut));
    }
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"}});
  HttpClient client(proxy.port());
  for (std::size_t cut = 0; cut < answer.size(); ++cut) {
    const auto relayed = client.exchange({.target = "/v1/" + std::to_string(cut)});
    ASSERT_EQ(relayed.status, 200) << cut << relayed.body;
    ASSERT_EQ(relayed.body, "ok") << cut;
  }
}

}  // namespace
}  // namespace holysheep::testing
