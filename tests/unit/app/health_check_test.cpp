#include <holysheep/app/health_check.hpp>

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/tcp_server.hpp>

namespace holysheep::app {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Settings at(const std::string& address, std::uint16_t port) {
  Settings settings;
  settings.listen_address = address;
  settings.listen_port = port;
  return settings;
}

/// Answers `GET /health` on 127.0.0.1, and nothing else.
class Daemon {
 public:
  explicit Daemon(std::string answer)
      : server_([answer = std::move(answer)](testing::RawClient& connection, int) {
          std::string request;
          if (testing::read_request(connection, request) && request.starts_with("GET /health HTTP/1.1\r\n")) {
            connection.send(answer);
          }
        }) {}
  std::uint16_t port() const { return server_.port(); }

 private:
  testing::TcpServer server_;
};

constexpr auto well = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"status\":\"ok\"}";

TEST(HealthCheck, GivesTheAnswerOfADaemonThatIsWell) {
  const Daemon daemon(well);
  const auto answer = ask_health(at("127.0.0.1", daemon.port()));
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(*answer, R"({"status":"ok"})");
}

TEST(HealthCheck, AsksLoopbackWhereItListensEverywhere) {
  const Daemon daemon(well);
  EXPECT_TRUE(ask_health(at("0.0.0.0", daemon.port())));
  EXPECT_TRUE(ask_health(at("::", daemon.port())));  // served on IPv4 alone, as where a container has no ::1
}

TEST(HealthCheck, AnyOtherStatusIsNotWell) {
  const Daemon daemon("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
  const auto answer = ask_health(at("127.0.0.1", daemon.port()));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), "status 503");
}

TEST(HealthCheck, SaysThatNobodyAnswers) {
  std::uint16_t port = 0;
  {
    const Daemon gone(well);
    port = gone.port();
  }
  const auto answer = ask_health(at("127.0.0.1", port));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error(), StartsWith("nobody answers: "));
}

TEST(HealthCheck, WhatIsNotHttpIsNoAnswer) {
  const Daemon daemon("SSH-2.0-x\r\n\r\n");
  const auto answer = ask_health(at("127.0.0.1", daemon.port()));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error(), StartsWith("no answer: "));
}

TEST(HealthCheck, APortThatIsNotKnownCannotBeAsked) {
  const auto answer = ask_health(at("127.0.0.1", 0));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error(), HasSubstr("LISTEN_PORT"));
}

}  // namespace
}  // namespace holysheep::app
