#include "support/hostile_crowd.hpp"
#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <algorithm>
#include <iostream>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using Habit = HostileCrowd::Habit;
using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr std::size_t mib = std::size_t{1} << 20;

/// As many as the story tells of, with HOLYSHEEP_LONG_TESTS=1; else a twentieth.
std::uint32_t part_of(std::uint32_t all) {
  return long_tests() ? all : all / 20;
}

/// The places and descriptors that such a crowd needs. A machine that gives a process fewer descriptors gets
/// as many places as they allow: then those who say nothing make room for each other.
std::uint32_t places_for(std::uint32_t clients, std::uint32_t upstream) {
  const auto limit = static_cast<std::uint32_t>(raise_descriptor_limit());
  const std::uint32_t others = upstream + 2 * 64 + 100;
  return (std::min(clients * 21 / 20, limit - others) + 1) / 2;
}

/// Well-behaved clients, each on a connection of its own: the longest that one of them waited.
class GoodClients {
 public:
  GoodClients(const Stage& stage, std::uint16_t admin) : stage_(stage), admin_(admin) {}

  void ask() {
    took([&] { EXPECT_EQ(fetch(stage_.port(), chat("gpt-4.1")).status, 200); });
    took([&] { EXPECT_EQ(get(stage_.port(), "/v1/models").status, 200); });
    took([&] { EXPECT_EQ(get(stage_.port(), "/health").status, 200); });
    took([&] { EXPECT_EQ(get(stage_.port(), "/ready").status, 200); });
    took([&] { EXPECT_EQ(get(admin_, "/metrics").status, 200); });
    resident_ = std::max(resident_, stage_.proxy.process().resident_bytes());
  }
  /// Forgets how long the others waited.
  void begin() {
    worst_ = {};
    asked_ = 0;
  }
  milliseconds worst() const { return worst_; }
  std::size_t asked() const { return asked_; }
  std::size_t resident() const { return resident_; }

 private:
  void took(const std::function<void()>& what) {
    const auto began = Clock::now();
    what();
    worst_ = std::max(worst_, std::chrono::ceil<milliseconds>(Clock::now() - began));
    ++asked_;
  }

  const Stage& stage_;
  const std::uint16_t admin_;
  milliseconds worst_{0};
  std::size_t asked_ = 0;
  std::size_t resident_ = 0;
};

TEST(ACrowdOfAttackers, HoldsUpNoGoodRequestAndTakesNoMoreMemoryThanItMay) {
  const std::uint32_t half_open = part_of(10'000) / 2;     // and as many that close their side
  const std::uint32_t slow_headers = part_of(10'000) / 2;  // and as many that drip
  const std::uint32_t slow_readers = part_of(2'000);
  const std::uint32_t held = half_open + 2 * slow_headers + slow_readers;
  const std::uint32_t places = places_for(2 * half_open + 2 * slow_headers + slow_readers, slow_readers + 50);
  const std::uint16_t admin = unused_port();
  Stage stage({{"WORKER_PROCESSES", "2"},
               {"WORKER_CONNECTIONS", std::to_string(places)},
               {"CLIENT_HEADER_TIMEOUT", "300s"},  // so that all are there at once
               {"KEEPALIVE_TIMEOUT", "300s"},
               {"UPSTREAM_MAX_CONNECTIONS", std::to_string(slow_readers + 50)},
               {"UPSTREAM_CONNECT_TIMEOUT", "40s"},  // thousands of handshakes on the test's own processors
               {"REQUEST_TIMEOUT", "120s"},
               {"CIRCUIT_BREAKER_THRESHOLD", "0"},
               {"ADMIN_PORT", std::to_string(admin)}},
              {"--no-record"});
  get(stage.port(), "/v1/models");
  const auto descriptors = stage.proxy.process().open_descriptors();
  GoodClients good(stage, admin);
  {
    // Of each answer more than all buffers on its way take, so that it waits in the proxy.
    const HostileCrowd readers(
        stage.port(), Habit::stop, slow_readers, 2,
        "GET /v1/stream?events=24&size=16000&interval_ms=0 HTTP/1.1\r\nHost: x\r\n\r\n");
    const HostileCrowd silent(stage.port(), Habit::silent, half_open, 3);
    const HostileCrowd closed(stage.port(), Habit::half_closed, half_open, 4);
    const HostileCrowd parts(stage.port(), Habit::part, slow_headers, 5);
    const HostileCrowd drips(stage.port(), Habit::drip, slow_headers, 6);
    const auto all_there = [&] {
      return readers.figures().settled == slow_readers && silent.figures().settled >= half_open * 9 / 10 &&
             parts.figures().settled == slow_headers && drips.figures().settled == slow_headers &&
             closed.figures().ended >= half_open && stage.proxy.process().open_descriptors() > held * 9 / 10;
    };
    ASSERT_TRUE(eventually(all_there, seconds{long_tests() ? 120 : 20} * time_scale()))
        << readers.figures().settled << " readers, " << silent.figures().settled << " silent, "
        << parts.figures().settled << " parts, " << drips.figures().settled << " dripping, "
        << closed.figures().ended << " half-closed ended, " << stage.proxy.process().open_descriptors()
        << " descriptors";
    // Another time where the machine was busy with something else: the attack goes on, so a fault would too.
    for (int window = 0; window < 3; ++window) {
      good.begin();
      const auto until = Clock::now() + seconds{long_tests() ? 20 : 1};
      while (Clock::now() < until) good.ask();
      if (good.worst() < seconds{1} * time_scale()) break;
    }
    EXPECT_EQ(parts.figures().ended + drips.figures().ended, 0U) << "a request that has begun is not idle";
    std::cout << "held at once: " << readers.figures().settled << " slow readers, " << parts.figures().settled
              << " parts of headers, " << drips.figures().settled << " dripping headers, "
              << silent.figures().settled << " silent (" << silent.figures().ended << " displaced), "
              << closed.figures().connected << " half-closed (" << closed.figures().ended << " ended); "
              << stage.proxy.process().open_descriptors() << " descriptors; " << good.asked()
              << " good requests, the slowest " << good.worst().count() << " ms; resident "
              << good.resident() / mib << " MiB at most" << std::endl;
  }
  EXPECT_LT(good.worst(), seconds{1} * time_scale());
  if (!proxy_is_sanitized()) {
    EXPECT_LT(good.resident(), 256 * mib);
  }
  EXPECT_TRUE(eventually([&] { return stage.proxy.process().open_descriptors() <= descriptors + 64; },
                         patience() * 3))
      << stage.proxy.process().open_descriptors() << " descriptors, before " << descriptors;
}

}  // namespace
}  // namespace holysheep::testing
