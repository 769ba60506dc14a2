#include "support/connection_crowd.hpp"
#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

/// Keep-alive connections that ask at a steady pace until each is told `Connection: close`.
class SteadyLoad {
 public:
  SteadyLoad(std::uint16_t port, std::size_t connections, std::chrono::milliseconds pace)
      : crowd_(port), pace_(pace), lanes_(connections) {
    crowd_.open(connections);
  }

  /// Sends and receives until `done`; false when it took too long.
  bool run_until(const std::function<bool()>& done) {
    return crowd_.run_until([&] {
      for (std::size_t i = 0; i < lanes_.size(); ++i) turn(i);
      return done();
    });
  }
  void stop_asking() { asking_ = false; }
  bool all_answered() const { return sent_ == answered_; }
  bool all_told_to_close() const {
    return std::ranges::all_of(lanes_, [](const Lane& lane) { return lane.closing; });
  }
  std::size_t sent() const { return sent_; }
  std::size_t answered() const { return answered_; }
  std::size_t failed() const { return failed_; }
  std::size_t lost() const { return lost_; }

 private:
  struct Lane {
    Clock::time_point next;
    bool waiting = false;
    bool closing = false;
  };

  void turn(std::size_t index) {
    auto& lane = lanes_[index];
    const auto& member = crowd_.member(index);
    if (lane.waiting && !complete(member.received)) {
      if (member.ended) {
        ++lost_;
        lane.waiting = false;
        lane.closing = true;
      }
      return;
    }
    if (lane.waiting) finish(index);
    const auto now = Clock::now();
    if (asking_ && member.connected && !lane.closing && !member.ended && now >= lane.next) {
      crowd_.send(index, "GET /v1/models HTTP/1.1\r\nHost: x\r\nX-Sim: sim:delay=20\r\n\r\n");
      lane = {now + pace_, true, false};
      ++sent_;
    }
  }

  static bool complete(const std::string& text) {
    const auto head = text.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const auto at = text.find("\r\nContent-Length: ");
    if (at == std::string::npos || at > head) return text.ends_with("0\r\n\r\n");
    return text.size() >= head + 4 + std::strtoull(text.c_str() + at + 18, nullptr, 10);
  }

  void finish(std::size_t index) {
    auto& lane = lanes_[index];
    const auto& text = crowd_.member(index).received;
    ++answered_;
    if (!text.starts_with("HTTP/1.1 200")) ++failed_;
    lane.waiting = false;
    lane.closing = text.find("\r\nConnection: close\r\n") != std::string::npos;
    crowd_.forget_received(index);
  }

  ConnectionCrowd crowd_;
  std::chrono::milliseconds pace_;
  std::vector<Lane> lanes_;
  bool asking_ = true;
  std::size_t sent_ = 0;
  std::size_t answered_ = 0;
  std::size_t failed_ = 0;
  std::size_t lost_ = 0;
};

bool refused(std::uint16_t port) {
  try {
    RawClient client(port);
    return false;
  } catch (const std::system_error&) {
    return true;
  }
}

TEST(ADrain, LosesNoRequestOf200ASecondAndLetsStreamsFinish) {
  Stage stage({{"WORKER_PROCESSES", "2"}, {"SHUTDOWN_GRACE", "10s"}});
  ConnectionCrowd streams(stage.port());
  streams.open(10);
  for (std::size_t i = 0; i < 10; ++i) {
    streams.send(i, "GET /v1/stream?events=40&interval_ms=50 HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  ASSERT_TRUE(streams.run_until([&] { return streams.having("\"seq\":1,") == 10; }));
  SteadyLoad load(stage.port(), 20, std::chrono::milliseconds{100});
  ASSERT_TRUE(load.run_until([&] { return load.answered() >= 100; })) << load.answered();
  stage.proxy.process().signal(SIGTERM);
  ASSERT_TRUE(load.run_until([&] { return load.all_told_to_close() && load.all_answered(); }))
      << load.sent() << " sent, " << load.answered() << " answered, " << load.lost() << " lost";
  EXPECT_EQ(load.lost(), 0U);
  EXPECT_EQ(load.failed(), 0U);
  ASSERT_TRUE(streams.run_until([&] { return streams.ended() == 10; }));
  EXPECT_EQ(streams.having("data: [DONE]"), 10U);
  EXPECT_EQ(streams.having("\r\n0\r\n\r\n"), 10U);
  const auto ending = stage.proxy.process().wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0);
}

TEST(ADrain, WithNothingInFlightEndsAtOnce) {
  Stage stage;
  const auto asked = Clock::now();
  EXPECT_EQ(stage.proxy.stop(), 0);
  EXPECT_LT(Clock::now() - asked, std::chrono::seconds{2} * time_scale());
}

TEST(ADrain, IsToldToClientsAndClosesTheListener) {
  Stage stage({{"SHUTDOWN_GRACE", "10s"}});
  HttpClient open(stage.port());
  EXPECT_EQ(open.exchange({.target = "/v1/models"}).status, 200);
  HttpClient busy(stage.port());
  busy.send(chat("sim:delay=1500"));
  ASSERT_TRUE(eventually([&] { return stage.simulator.request_count() == 2; }));
  stage.proxy.process().signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return refused(stage.port()); }));
  const auto ready = open.exchange({.target = "/ready"});
  EXPECT_EQ(ready.status, 503) << "on a connection that was open";
  EXPECT_THAT(ready.body, ::testing::HasSubstr("drain"));
  const auto last = busy.read_head();
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.header("Connection"), "close");
  const auto ending = stage.proxy.process().wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0);
}

TEST(ADrain, ThatRunsOutOfGraceCutsWhatIsLeftAndExits1) {
  Stage stage({{"SHUTDOWN_GRACE", "1s"}});
  HttpClient client(stage.port());
  client.send(chat("sim:chunks=1000;chunk-delay=50", true));
  ASSERT_TRUE(client.read_head().status == 200);
  const auto asked = Clock::now();
  EXPECT_EQ(stage.proxy.stop(), 1);
  EXPECT_GE(Clock::now() - asked, std::chrono::milliseconds{900});
  EXPECT_LT(Clock::now() - asked, std::chrono::seconds{3} * time_scale());
  client.read_rest();
  EXPECT_NE(client.body_end(), BodyEnd::complete);
}

/// HTTP/1.0 has nothing but the connection's end to say that an answer is whole.
TEST(ADrain, ResetsAnHttp10AnswerThatItCutsWhileItsReaderIsSlow) {
  Stage stage({{"SHUTDOWN_GRACE", "1s"}});
  RawClient client(stage.port(), 4096);
  client.send("GET /v1/bytes/50000000?chunked=1 HTTP/1.0\r\nHost: x\r\n\r\n");
  ASSERT_EQ(client.read_until("\r\n\r\n"), ReadEnd::satisfied);
  EXPECT_EQ(stage.proxy.stop(), 1);
  EXPECT_EQ(client.read_to_end(), ReadEnd::reset);
  EXPECT_LT(client.received().size(), 50'000'000U);
}

std::string raw_chat(std::string_view model, bool stream) {
  const auto body = chat_body(model, stream);
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST(ADrain, TellsTheClientsOfWhatItCutsAndLogsIt) {
  Stage stage({{"SHUTDOWN_GRACE", "1s"}});
  RawClient streaming(stage.port());
  streaming.send(raw_chat("sim:chunks=1000;chunk-delay=50", true));
  ASSERT_EQ(streaming.read_until("data: "), ReadEnd::satisfied);
  RawClient waiting(stage.port());
  waiting.send(raw_chat("sim:silent", false));
  ASSERT_TRUE(eventually([&] { return stage.simulator.request_count() == 2; }));
  EXPECT_EQ(stage.proxy.stop(), 1);
  streaming.read_to_end();
  const auto stream = std::string(streaming.take());
  EXPECT_THAT(stream, ::testing::HasSubstr("\"code\":\"draining\""));
  EXPECT_FALSE(stream.ends_with("0\r\n\r\n"));
  waiting.read_to_end();
  EXPECT_THAT(std::string(waiting.take()), ::testing::StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(stage.proxy.log_where("code", "draining").size(), 2U);
}

TEST(ASecondSignal, EndsTheDrainWithExit1) {
  Stage stage;
  HttpClient client(stage.port());
  client.send(chat("sim:silent"));
  ASSERT_TRUE(eventually([&] { return stage.simulator.request_count() == 1; }));
  stage.proxy.process().signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return refused(stage.port()); }));
  EXPECT_TRUE(stage.proxy.process().running());
  stage.proxy.process().signal(SIGINT);
  const auto ending = stage.proxy.process().wait(std::chrono::seconds{3} * time_scale());
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 1);
}

TEST(ASecondSignal, IsToldToTheClientsOfWhatItCuts) {
  Stage stage;
  RawClient streaming(stage.port());
  streaming.send(raw_chat("sim:chunks=1000;chunk-delay=50", true));
  ASSERT_EQ(streaming.read_until("data: "), ReadEnd::satisfied);
  RawClient waiting(stage.port());
  waiting.send(raw_chat("sim:silent", false));
  ASSERT_TRUE(eventually([&] { return stage.simulator.request_count() == 2; }));
  stage.proxy.process().signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return refused(stage.port()); }));
  stage.proxy.process().signal(SIGTERM);
  streaming.read_to_end();
  const auto stream = std::string(streaming.take());
  EXPECT_THAT(stream, ::testing::HasSubstr("\"code\":\"draining\""));
  EXPECT_FALSE(stream.ends_with("0\r\n\r\n"));
  waiting.read_to_end();
  EXPECT_THAT(std::string(waiting.take()), ::testing::StartsWith("HTTP/1.1 503 "));
}

TEST(TheShutdownDelay, KeepsAcceptingWhileReadySays503) {
  Stage stage({{"SHUTDOWN_DELAY", "1s"}});
  const auto asked = Clock::now();
  stage.proxy.process().signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return get(stage.port(), "/ready").status == 503; }));
  const auto served = get(stage.port(), "/v1/models");
  EXPECT_EQ(served.status, 200);
  EXPECT_EQ(served.header("Connection"), "close");
  EXPECT_EQ(get(stage.port(), "/health").status, 200);
  const auto ending = stage.proxy.process().wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0);
  EXPECT_GE(Clock::now() - asked, std::chrono::milliseconds{950});
}

TEST(TheShutdownDelay, TakesNothingFromTheGrace) {
  Stage stage({{"SHUTDOWN_DELAY", "1s"}, {"SHUTDOWN_GRACE", "1500ms"}});
  HttpClient client(stage.port());
  const auto asked = Clock::now();
  client.send(chat("sim:chunks=20;chunk-delay=100", true));
  ASSERT_TRUE(client.read_head().status == 200);
  stage.proxy.process().signal(SIGTERM);
  std::this_thread::sleep_until(asked + std::chrono::milliseconds(800));
  EXPECT_EQ(get(stage.port(), "/v1/models").status, 200) << "what is invited is served";
  client.read_rest();
  EXPECT_EQ(client.body_end(), BodyEnd::complete);
  const auto ending = stage.proxy.process().wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0);
}

TEST(Draining, CountsNothingAsCutThatWasAnswered) {
  Stage stage({{"SHUTDOWN_GRACE", "2s"}});
  RawClient client(stage.port());
  const auto body = chat_body("sim:delay=1000");
  client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  ASSERT_TRUE(eventually([&] { return stage.simulator.request_count() == 1; }));
  // The client has its answer a second before the grace is over, and never closes its side.
  EXPECT_EQ(stage.proxy.stop(), 0);
  EXPECT_NE(client.read_to_end(), ReadEnd::timeout);
  EXPECT_THAT(client.received(), ::testing::HasSubstr("HTTP/1.1 200 OK"));
}

TEST(ADrain, ServesTheConnectionsThatWaitedToBeAccepted) {
  Stage stage;
  std::vector<RawClient> clients;
  stage.proxy.process().signal(SIGSTOP);
  for (int i = 0; i < 200; ++i) {
    clients.emplace_back(stage.port());
    clients.back().send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  stage.proxy.process().signal(SIGTERM);
  stage.proxy.process().signal(SIGCONT);
  for (auto& client : clients) {
    EXPECT_EQ(client.read_to_end(), ReadEnd::eof);
    EXPECT_THAT(client.received(), ::testing::StartsWith("HTTP/1.1 200 OK"));
    client.close();
  }
}

}  // namespace
}  // namespace holysheep::testing
