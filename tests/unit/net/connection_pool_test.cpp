#include <holysheep/core/task.hpp>
#include <holysheep/net/connection_pool.hpp>
#include <holysheep/net/event_loop.hpp>

#include <array>
#include <csignal>

#include <gtest/gtest.h>
#include <support/deadline.hpp>
#include <support/simulator_process.hpp>

namespace holysheep::net {
namespace {

using holysheep::testing::eventually;
using holysheep::testing::SimulatorProcess;

using Leased = Result<Lease, ConnectFailure>;

Task<Leased> lease_new(ConnectionPool& pool, Wakeup& wakeup) {
  auto made = co_await pool.connect(wakeup, Clock::now() + std::chrono::seconds(30));
  co_return made;
}

/// A pool with a real upstream behind it.
struct PoolWithUpstream {
  explicit PoolWithUpstream(std::vector<std::string> arguments = {})
      : simulator(std::move(arguments)),
        trust(*TlsContext::make(tls() ? simulator.ca_file() : "")),
        address{"localhost", simulator.port(),        tls(), Resolver("localhost", simulator.port()),
                trust,       std::chrono::seconds(20)},
        pool(loop, address, {.keep = 4, .idle_timeout = std::chrono::seconds(60)}) {}

  [[nodiscard]] bool tls() const { return simulator.base_url().starts_with("https"); }

  template <class Condition>
  bool turn_until(Condition&& condition) {
    return eventually([&] {
      loop.io.restart();
      loop.io.poll();
      return condition();
    });
  }

  Lease connect() {
    auto task = lease_new(pool, wakeup);
    task.start();
    EXPECT_TRUE(turn_until([&] { return task.done(); }));
    auto made = task.result();
    EXPECT_TRUE(made) << (made ? "" : made.error().detail);
    return made ? std::move(*made) : Lease();
  }

  /// Asks for something, so that the session tickets behind the handshake are read too.
  void exchange(Lease& lease) {
    lease->write("GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
    std::array<char, 4096> room;
    bool answered = false;
    EXPECT_TRUE(turn_until([&] {
      const auto got = lease->read(room);
      answered = answered || (got.status == IoStatus::done && got.count > 0);
      return answered && got.status == IoStatus::want_read;
    }));
  }

  EventLoop loop;
  SimulatorProcess simulator;
  Published<TlsContext> trust;
  UpstreamAddress address;
  Wakeup wakeup{loop.timers};
  ConnectionPool pool;
};

TEST(ConnectionPoolFigures, TellIdleConnectionsFromLentOnes) {
  PoolWithUpstream at({"--http"});
  const auto& figures = at.pool.figures();
  {
    auto one = at.connect();
    const auto other = at.connect();
    EXPECT_EQ(figures.all.get(), 2);
    EXPECT_EQ(figures.idle.get(), 0);
    one.give_back(Clock::now());
    EXPECT_EQ(figures.all.get(), 2);
    EXPECT_EQ(figures.idle.get(), 1);
  }
  EXPECT_EQ(figures.all.get(), 1);
  {
    const auto again = at.pool.take_idle(at.wakeup);
    EXPECT_TRUE(again);
    EXPECT_EQ(figures.idle.get(), 0);
    EXPECT_EQ(figures.all.get(), 1);
  }
  EXPECT_EQ(figures.all.get(), 0);
  EXPECT_EQ(figures.full_handshakes.get() + figures.resumed_handshakes.get(), 0U);
}

TEST(ConnectionPoolFigures, ForgetIdleConnectionsThatUpstreamEnds) {
  PoolWithUpstream at({"--http"});
  at.connect().give_back(Clock::now());
  EXPECT_EQ(at.pool.figures().idle.get(), 1);
  at.simulator.process().signal(SIGKILL);
  EXPECT_TRUE(at.turn_until([&] { return at.pool.figures().idle.get() == 0; }));
  EXPECT_EQ(at.pool.figures().all.get(), 0);
}

TEST(ConnectionPoolFigures, CountHandshakesAndResumptionsApart) {
  PoolWithUpstream at;
  {
    auto first = at.connect();
    at.exchange(first);
  }
  EXPECT_EQ(at.pool.figures().full_handshakes.get(), 1U);
  EXPECT_EQ(at.pool.figures().resumed_handshakes.get(), 0U);
  const auto second = at.connect();
  EXPECT_EQ(at.pool.figures().full_handshakes.get(), 1U);
  EXPECT_EQ(at.pool.figures().resumed_handshakes.get(), 1U);
}

/// A session that is resumed is not verified again: one that comes late must not carry old trust on.
TEST(TlsSessions, ThatComeOnAConnectionOfOldAnchorsAreNotResumed) {
  PoolWithUpstream at;
  auto old = at.connect();
  at.trust.publish(*TlsContext::make(at.simulator.ca_file()));
  EXPECT_FALSE(at.pool.take_idle(at.wakeup));
  at.exchange(old);
  old.give_back(Clock::now());
  EXPECT_FALSE(at.pool.take_idle(at.wakeup)) << "nor is it lent again";
  {
    auto renewed = at.connect();
    at.exchange(renewed);
  }
  EXPECT_EQ(at.pool.figures().full_handshakes.get(), 2U);
  const auto third = at.connect();
  EXPECT_EQ(at.pool.figures().resumed_handshakes.get(), 1U) << "the renewed connection's";
}

}  // namespace
}  // namespace holysheep::net
