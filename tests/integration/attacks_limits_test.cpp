#include "support/connection_crowd.hpp"
#include "support/hostile_crowd.hpp"
#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t mib = std::size_t{1} << 20;
constexpr std::string_view chunked =
    "POST /v1/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A pod with few places and its admin port, and how it fares meanwhile.
class UnderAttack : public ::testing::Test {
 protected:
  explicit UnderAttack(Environment settings = {{"CLIENT_BODY_TIMEOUT", "300ms"}})
      : stage_(with_admin(std::move(settings), admin_)) {
    get(stage_.port(), "/v1/models");
    before_ = resident();
    descriptors_ = stage_.proxy.process().open_descriptors();
  }

  /// Both ports' probes, each within the second that a kubelet waits.
  void expect_probes() const {
    for (const std::uint16_t port : {stage_.port(), admin_}) {
      for (const char* path : {"/health", "/ready"}) {
        const auto asked = Clock::now();
        EXPECT_EQ(get(port, path).status, 200) << path << (port == admin_ ? " on the admin port" : "");
        EXPECT_LT(Clock::now() - asked, seconds{1} * time_scale()) << path;
      }
    }
  }
  void expect_little_memory_used(std::size_t most) const {
    if (!proxy_is_sanitized()) {
      EXPECT_LT(resident(), before_ + most);
    }
  }
  std::size_t resident() const { return stage_.proxy.process().resident_bytes(); }

  const std::uint16_t admin_ = unused_port();
  const Stage stage_;
  std::size_t descriptors_ = 0;

 private:
  static Environment with_admin(Environment settings, std::uint16_t admin) {
    settings["ADMIN_PORT"] = std::to_string(admin);
    return settings;
  }
  std::size_t before_ = 0;
};

using ARequestThatFloods = UnderAttack;

TEST_F(ARequestThatFloods, ItsHeaderWithSmallFieldsIsRefused) {
  std::string flood = "GET /v1/models HTTP/1.1\r\nHost: x\r\n";
  while (flood.size() < 30'000) flood += "a:\r\n";
  RawClient client(stage_.port());
  client.send(flood + "\r\n");
  EXPECT_EQ(client.read_to_end(), ReadEnd::eof);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(client.received(), HasSubstr("X-HolySheep-Error: headers_too_large"));
}

TEST_F(ARequestThatFloods, ItsConnectionOptionsIsRefused) {
  std::string flood = "GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: a";
  while (flood.size() < 30'000) flood += ",a";
  RawClient client(stage_.port());
  client.send(flood + "\r\n\r\n");
  client.read_to_end();
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 431 "));
}

TEST_F(ARequestThatFloods, ItsChunksWithExtensionsIsRefusedAfter64KiBOfThem) {
  std::vector<RawClient> clients;
  const std::string chunk = "1;" + std::string(1000, 'x') + "\r\na\r\n";
  std::string flood(chunked);
  for (int i = 0; i < 100; ++i) flood += chunk;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(stage_.port());
    clients.back().send(flood);
  }
  expect_probes();
  for (auto& client : clients) {
    client.read_to_end();
    EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(client.received(), HasSubstr("X-HolySheep-Error: bad_request"));
  }
  EXPECT_EQ(stage_.simulator.request_count(), 1U) << "the one before";
  expect_little_memory_used(8 * mib);
}

TEST_F(ARequestThatFloods, WithAChunkBeyondAllBoundsHoldsNothingForIt) {
  std::vector<RawClient> clients;
  for (const char* size : {"fffffffffffffff", "7fffffffffffffff", "ffffffffffffffff", "10000000000000000"}) {
    clients.emplace_back(stage_.port());
    clients.back().send(std::string(chunked) + size + "\r\nabc");
  }
  expect_probes();
  for (auto& client : clients) {
    EXPECT_NE(client.read_to_end(), ReadEnd::timeout);
    EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 4"));
  }
  EXPECT_THAT(clients[0].received(), StartsWith("HTTP/1.1 408 ")) << "the only one that is a number";
  expect_little_memory_used(4 * mib);
}

TEST_F(ARequestThatFloods, ItsConnectionWithMoreThanNobodyReadsWaitsAlone) {
  RawClient client(stage_.port(), 4096);
  client.set_limit(std::chrono::milliseconds{300});
  const std::string some = [] {
    std::string all;
    for (int i = 0; i < 1000; ++i) all += "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    return all;
  }();
  bool taken = true;
  for (int i = 0; i < 1000 && taken; ++i) taken = client.send(some);
  EXPECT_FALSE(taken) << "what nobody reads holds up what is sent";
  expect_probes();
  expect_little_memory_used(4 * mib);
}

/// Eight places, and far more who want one.
class AFloodOfConnections : public UnderAttack {
 protected:
  AFloodOfConnections() : UnderAttack({{"WORKER_CONNECTIONS", "8"}, {"CLIENT_HEADER_TIMEOUT", "60s"}}) {}

  void expect_probes_under(HostileCrowd::Habit habit) {
    {
      const HostileCrowd crowd(stage_.port(), habit, 400, 2);
      const auto full = [&] {
        const bool displaces = habit == HostileCrowd::Habit::silent;  // each of them makes room for the next
        const auto descriptors = stage_.proxy.process().open_descriptors();
        return crowd.figures().settled + crowd.figures().ended >= 400 &&
               (displaces ? crowd.figures().ended >= 300 : descriptors >= descriptors_ + 8 + 64 - 1);
      };
      ASSERT_TRUE(eventually(full)) << crowd.figures().settled << ", " << crowd.figures().ended << " ended";
      for (int i = 0; i < 10; ++i) expect_probes();
      expect_little_memory_used(4 * mib);
    }
    EXPECT_EQ(get(stage_.port(), "/v1/models").status, 200) << "once they are gone";
  }
};

TEST_F(AFloodOfConnections, ThatSayNothingHidesNoProbe) {
  expect_probes_under(HostileCrowd::Habit::silent);
}

TEST_F(AFloodOfConnections, ThatBeginAHeaderHidesNoProbe) {
  expect_probes_under(HostileCrowd::Habit::part);
}

TEST_F(AFloodOfConnections, ThatDripAHeaderHidesNoProbe) {
  expect_probes_under(HostileCrowd::Habit::drip);
}

class ThousandsOfIdleConnections : public UnderAttack {
 protected:
  ThousandsOfIdleConnections() : UnderAttack({{"WORKER_CONNECTIONS", "200"}}) {}
};

TEST_F(ThousandsOfIdleConnections, MakeRoomForEachOtherAndForWhoAsks) {
  ConnectionCrowd crowd(stage_.port());
  for (std::size_t i = 0; i < 2000; i += 100) {
    crowd.open(100);
    for (std::size_t k = i; k < i + 100; ++k) crowd.send(k, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(crowd.run_until([&] { return crowd.having(R"({"status":"ok"})") == i + 100; }));
    expect_probes();
    EXPECT_EQ(get(stage_.port(), "/v1/models").status, 200);
  }
  ASSERT_TRUE(crowd.run_until([&] { return crowd.ended() >= 1800; })) << crowd.ended();
  EXPECT_LE(stage_.proxy.process().open_descriptors(), 200U + 100U);
  expect_little_memory_used(4 * mib);
}

}  // namespace
}  // namespace holysheep::testing
