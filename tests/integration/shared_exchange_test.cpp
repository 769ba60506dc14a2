#include "support/cached_stage.hpp"
#include "support/connection_crowd.hpp"
#include "support/raw_client.hpp"

#include <algorithm>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

std::string chat_bytes(std::string_view model, bool stream) {
  const std::string body = chat_body(model, stream);
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
         "Cache-Control: max-age=60\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// What came behind a response's head, chunk framing and all.
std::string_view body_of(const std::string& received) {
  const auto at = received.find("\r\n\r\n");
  return at == std::string::npos ? std::string_view() : std::string_view(received).substr(at + 4);
}

/// The payload of a chunked body.
std::string dechunked(std::string_view body) {
  std::string payload;
  while (!body.empty()) {
    const auto line = body.find("\r\n");
    if (line == body.npos) break;
    const auto size = std::stoul(std::string(body.substr(0, line)), nullptr, 16);
    payload += body.substr(line + 2, size);
    if (body.size() < line + 2 + size + 2) break;
    body.remove_prefix(line + 2 + size + 2);
  }
  return payload;
}

class AThousandAtOnce : public ::testing::TestWithParam<bool> {};

TEST_P(AThousandAtOnce, CauseOneExchangeUpstreamAndOneThatStopsHoldsUpNobody) {
  const bool stream = GetParam();
  const std::string end = stream ? "0\r\n\r\n" : "}";
  Stage stage = cached({{"RATE_LIMIT_PER_SECOND", "0"}, {"WORKER_PROCESSES", "4"}});
  const auto request = chat_bytes(
      stream ? "sim:chunks=25;chunk-size=4000;chunk-delay=20" : "sim:delay=400;big=100000", stream);
  RawClient stopped(stage.port(), 4096);
  ASSERT_TRUE(stopped.send(request));
  ConnectionCrowd crowd(stage.port());
  constexpr std::size_t count = 999;
  crowd.open(count);
  for (std::size_t i = 0; i < count; ++i) crowd.send(i, request);
  const auto all_whole = [&] {
    for (std::size_t i = 0; i < count; ++i) {
      if (!crowd.member(i).received.ends_with(end)) return false;
    }
    return true;
  };
  EXPECT_TRUE(crowd.run_until(all_whole, patience() * 3));
  EXPECT_EQ(stage.simulator.request_count(), 1U);
  EXPECT_EQ(crowd.having("desc=coalesced") + crowd.having("desc=hit") + crowd.having("desc=miss"), count);
  EXPECT_LE(crowd.having("desc=miss"), 1U);
  EXPECT_GT(crowd.having("desc=coalesced"), 0U);

  stopped.set_limit(patience() * 3);
  EXPECT_EQ(stopped.read_until([&](std::string_view all) { return all.size() > 1000 && all.ends_with(end); }),
            ReadEnd::satisfied)
      << "and it gets all of it, later";
  const auto payload = [&](const std::string& received) {
    return stream ? dechunked(body_of(received)) : std::string(body_of(received));
  };
  const std::string first = payload(stopped.received());
  EXPECT_GE(first.size(), 100'000U);
  std::size_t equal = 0;
  for (std::size_t i = 0; i < count; ++i) equal += payload(crowd.member(i).received) == first;
  EXPECT_EQ(equal, count);
}

INSTANTIATE_TEST_SUITE_P(PlainAndStreamed, AThousandAtOnce, ::testing::Bool(),
                         [](const auto& of) { return of.param ? "Streamed" : "Plain"; });

bool nobody_asks(const Stage& stage) {
  return eventually([&] {
    const auto requests = stage.simulator.requests();
    return !requests.empty() && std::ranges::all_of(requests, [](const auto& request) {
      return request.value("cancelled", false) || request.value("answered", false);
    });
  });
}

/// A crowd that asks for the same stream, of which all have the first event.
void open_same_stream(ConnectionCrowd& crowd, std::size_t count, const std::string& script) {
  crowd.open(count);
  for (std::size_t i = 0; i < count; ++i) crowd.send(i, chat_bytes(script, true));
  ASSERT_TRUE(crowd.run_until([&] { return crowd.having("data: ") == count; }));
}

TEST(ASharedExchange, GoesOnWhenTheOneWhoAskedFirstLeaves) {
  Stage stage = cached({{"RATE_LIMIT_PER_SECOND", "0"}});
  ConnectionCrowd crowd(stage.port());
  crowd.open(2);
  crowd.send(0, chat_bytes("sim:chunks=30;chunk-delay=30", true));
  ASSERT_TRUE(crowd.run_until([&] { return crowd.having("data: ") == 1; }));
  crowd.send(1, chat_bytes("sim:chunks=30;chunk-delay=30", true));
  ASSERT_TRUE(crowd.run_until([&] { return crowd.having("desc=coalesced") == 1; }));
  crowd.close(0);
  EXPECT_TRUE(crowd.run_until([&] { return crowd.having("[DONE]") == 1; }));
  EXPECT_EQ(stage.simulator.request_count(), 1U);
  EXPECT_EQ(stage.simulator.requests()[0].value("cancelled", true), false);
}

TEST(ASharedExchange, GoesOnBeforeItsHeadToo) {
  Stage stage = cached({{"RATE_LIMIT_PER_SECOND", "0"}});
  ConnectionCrowd crowd(stage.port());
  crowd.open(2);
  crowd.send(0, chat_bytes("sim:delay=500", false));
  ASSERT_TRUE(crowd.run_until([&] { return stage.simulator.request_count() == 1; }));
  crowd.send(1, chat_bytes("sim:delay=500", false));
  HttpClient probe(stage.port());
  probe.exchange({.method = "GET", .target = "/health"});
  crowd.close(0);
  EXPECT_TRUE(crowd.run_until([&] { return crowd.having("HTTP/1.1 200") == 1; }));
  EXPECT_EQ(crowd.having("desc=coalesced"), 1U);
  EXPECT_EQ(stage.simulator.request_count(), 1U);
}

TEST(ASharedExchange, IsCancelledWhenTheLastReaderLeaves) {
  Stage stage = cached({{"RATE_LIMIT_PER_SECOND", "0"}});
  ConnectionCrowd crowd(stage.port());
  open_same_stream(crowd, 3, "sim:chunks=3000;chunk-delay=20");
  for (std::size_t i = 0; i < 3; ++i) crowd.close(i);
  EXPECT_TRUE(nobody_asks(stage));
  EXPECT_EQ(stage.simulator.requests()[0].value("cancelled", false), true);
}

TEST(ASharedExchange, LeavesEachOnItsOwnWhenItFails) {
  Stage stage = cached({{"RATE_LIMIT_PER_SECOND", "0"}, {"MAX_RETRIES", "0"}});
  ConnectionCrowd crowd(stage.port());
  crowd.open(5);
  for (std::size_t i = 0; i < 5; ++i) crowd.send(i, chat_bytes("sim:delay=300;fail=1:503", false));
  EXPECT_TRUE(crowd.run_until([&] { return crowd.having("HTTP/1.1 ") == 5; }));
  EXPECT_EQ(crowd.having("HTTP/1.1 503"), 1U) << "the one it was asked for";
  EXPECT_EQ(crowd.having("HTTP/1.1 200"), 4U);
  EXPECT_EQ(stage.simulator.request_count(), 5U);
}

TEST(ASharedExchange, IsNotSharedWhenItsAnswerMayNotBe) {
  Stage stage = cached({{"RATE_LIMIT_PER_SECOND", "0"}});
  ConnectionCrowd crowd(stage.port());
  crowd.open(4);
  for (std::size_t i = 0; i < 4; ++i) {
    crowd.send(i, chat_bytes("sim:delay=200;header=Cache-Control:no-store", false));
  }
  EXPECT_TRUE(crowd.run_until([&] { return crowd.having("HTTP/1.1 200") == 4; }));
  EXPECT_EQ(stage.simulator.request_count(), 4U);
}

TEST(ASharedExchange, EndsForAllAsItBreaks) {
  Stage stage = cached({{"RATE_LIMIT_PER_SECOND", "0"}});
  ConnectionCrowd crowd(stage.port());
  open_same_stream(crowd, 10, "sim:chunk-delay=50;close=event:8");
  EXPECT_TRUE(crowd.run_until([&] { return crowd.ended() == 10; }));
  EXPECT_EQ(crowd.having("upstream_protocol_error"), 10U);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_FALSE(crowd.member(i).received.ends_with("0\r\n\r\n"));
  }
}

TEST(ASharedExchange, IsNotHeldUpByAReaderThatStops) {
  Stage stage = cached({{"RATE_LIMIT_PER_SECOND", "0"}, {"WORKER_PROCESSES", "2"}});
  const std::string script = "sim:chunks=400;chunk-size=8000";
  RawClient stopped(stage.port(), 4096);
  ASSERT_TRUE(stopped.send(chat_bytes(script, true)));
  ASSERT_EQ(stopped.read_until("data: "), ReadEnd::satisfied);
  ConnectionCrowd crowd(stage.port());
  crowd.open(100);
  for (std::size_t i = 0; i < 100; ++i) crowd.send(i, chat_bytes(script, true));
  EXPECT_TRUE(crowd.run_until([&] { return crowd.having("[DONE]") == 100; }, patience() * 3));
  EXPECT_EQ(stage.simulator.request_count(), 1U);
  EXPECT_EQ(stopped.read_until("[DONE]"), ReadEnd::satisfied) << "and it gets all of it, later";
}

TEST(ASharedExchange, PastWhatIsKeptCutsOnlyTheReaderThatFellBehind) {
  Stage stage = cached({{"CACHE_SIZE_MB", "1"}, {"RATE_LIMIT_PER_SECOND", "0"}});
  const std::string script = "sim:chunks=2000;chunk-size=8000;chunk-delay=1";
  RawClient stopped(stage.port(), 4096);
  ASSERT_TRUE(stopped.send(chat_bytes(script, true)));
  ASSERT_EQ(stopped.read_until("data: "), ReadEnd::satisfied);
  RawClient along(stage.port());
  along.set_limit(patience() * 3);
  ASSERT_TRUE(along.send(chat_bytes(script, true)));
  EXPECT_EQ(along.read_until([](std::string_view all) { return all.ends_with("[DONE]\n\n\r\n0\r\n\r\n"); }),
            ReadEnd::satisfied);
  EXPECT_GT(dechunked(body_of(along.received())).size(), 2000U * 8000);
  stopped.set_limit(patience() * 3);
  stopped.read_to_end();
  EXPECT_NE(stopped.received().find("memory_pressure"), std::string::npos);
  EXPECT_FALSE(stopped.received().ends_with("0\r\n\r\n"));
  EXPECT_EQ(stage.simulator.request_count(), 1U);
}

TEST(ASharedExchange, IsPacedByItsOnlyReader) {
  Stage stage =
      cached({{"RATE_LIMIT_PER_SECOND", "0"}, {"MAX_RESPONSE_SIZE", "30m"}, {"CACHE_SIZE_MB", "1"}});
  RawClient slow(stage.port(), 4096);
  ASSERT_TRUE(slow.send(chat_bytes("sim:big=20000000", false)));
  ASSERT_EQ(slow.read_until("\r\n\r\n"), ReadEnd::satisfied);
  HttpClient other(stage.port());
  EXPECT_EQ(other.exchange(models()).status, 200);
  slow.set_limit(patience() * 3);
  EXPECT_EQ(slow.read_until([](std::string_view all) { return all.size() > 20000000; }), ReadEnd::satisfied);
}

TEST(ASharedExchange, KeepsAQuietStreamAliveForEachReader) {
  Stage stage = cached({{"RATE_LIMIT_PER_SECOND", "0"}, {"STREAM_PING_INTERVAL", "100ms"}});
  ConnectionCrowd crowd(stage.port());
  open_same_stream(crowd, 3, "sim:chunks=4;pause=2:600");
  EXPECT_TRUE(crowd.run_until([&] { return crowd.having("[DONE]") == 3; }));
  EXPECT_EQ(crowd.having("\n\r\n: "), 0U);
  EXPECT_EQ(crowd.having(": ping"), 3U);
  EXPECT_EQ(ask(stage, opted_in("sim:chunks=4;pause=2:600", true)), "hit") << "and what is kept has none";
}

TEST(ASharedExchange, EndsWithTheProcess) {
  Stage stage = cached({{"RATE_LIMIT_PER_SECOND", "0"}, {"SHUTDOWN_GRACE", "300ms"}});
  ConnectionCrowd crowd(stage.port());
  open_same_stream(crowd, 3, "sim:chunks=3000;chunk-delay=20");
  EXPECT_EQ(stage.proxy.stop(), 1);
  EXPECT_TRUE(crowd.run_until([&] { return crowd.ended() == 3; }));
  EXPECT_EQ(crowd.having("draining"), 3U);
}

TEST(ASharedExchange, CutWithTheProcessIsWorkThatWasCut) {
  // The kernel chooses event loops: in some rounds the one who stays is on another than who asked first.
  for (int round = 0; round < 10; ++round) {
    Stage stage =
        cached({{"RATE_LIMIT_PER_SECOND", "0"}, {"SHUTDOWN_GRACE", "100ms"}, {"WORKER_PROCESSES", "4"}});
    ConnectionCrowd crowd(stage.port());
    crowd.open(2);
    const std::string request = chat_bytes("sim:chunks=3000;chunk-delay=20", true);
    crowd.send(0, request);
    ASSERT_TRUE(crowd.run_until([&] { return crowd.having("data: ") == 1; }));
    crowd.send(1, request);
    ASSERT_TRUE(crowd.run_until([&] { return crowd.having("data: ") == 2; }));
    crowd.close(0);
    EXPECT_EQ(stage.proxy.stop(), 1) << "round " << round;
  }
}

TEST(ASharedExchange, ThatHasComeToItsEndMarkIsCompleteForAllWhenTheProcessEnds) {
  Stage stage = cached({{"RATE_LIMIT_PER_SECOND", "0"}, {"SHUTDOWN_GRACE", "200ms"}});
  ConnectionCrowd crowd(stage.port());
  open_same_stream(crowd, 3, "sim:chunks=3;pause=2:300;stall=after-done");
  ASSERT_TRUE(crowd.run_until([&] { return crowd.having("[DONE]") == 3; }));
  stage.proxy.stop();
  EXPECT_TRUE(crowd.run_until([&] { return crowd.ended() == 3; }));
  EXPECT_EQ(crowd.having("draining"), 0U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(crowd.member(i).received.ends_with("0\r\n\r\n"));
}

TEST(ASharedExchange, IsMeteredOnce) {
  Stage stage = cached({{"RATE_LIMIT_PER_SECOND", "0"}});
  ConnectionCrowd crowd(stage.port());
  crowd.open(5);
  for (std::size_t i = 0; i < 5; ++i) crowd.send(i, chat_bytes("sim:delay=200;usage=11:7", false));
  ASSERT_TRUE(crowd.run_until([&] { return crowd.having("HTTP/1.1 200") == 5; }));
  EXPECT_TRUE(eventually([&] { return stage.proxy.log_where("path", "/v1/chat/completions").size() == 5; }));
  std::size_t metered = 0;
  for (const auto& line : stage.proxy.log_where("path", "/v1/chat/completions")) {
    metered += line.contains("input_tokens");
  }
  EXPECT_EQ(metered, 1U);
}

TEST(ASharedExchange, IsTriedAgainWithABodyThatTheReplayMemoryTakesOnce) {
  Stage stage = cached({{"REPLAY_BUFFER_MB", "1"}});
  const Request request =
      json_request("/v1/chat/completions",
                   R"({"model":"sim:fail=1:503","messages":[],"pad":")" + std::string(700000, 'x') + "\"}",
                   {{"Cache-Control", "max-age=60"}});
  HttpClient client(stage.port());
  const Response answer = client.exchange(request);
  EXPECT_EQ(cache_result(answer), "miss");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(attempts(answer), 2);
}

TEST(ASharedExchange, HoldsNoRequestBodyOnceItsAnswerHasBegun) {
  Stage stage = cached();
  constexpr std::size_t count = 20;
  constexpr std::size_t size = 1'000'000;
  ConnectionCrowd crowd(stage.port());
  crowd.open(count + 1);
  std::size_t before = 0;
  for (std::size_t i = 0; i <= count; ++i) {
    const std::string body = R"({"model":"sim:chunks=4;stall=event:2","stream":true,"messages":[],"pad":")" +
                             std::string(size, static_cast<char>('a' + i)) + "\"}";
    crowd.send(i,
               "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nCache-Control: max-age=60\r\n"
               "Content-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body);
    ASSERT_TRUE(crowd.run_until([&] { return crowd.having("data: ") == i + 1; }));
    if (i == 0) before = stage.proxy.process().resident_bytes();
  }
  EXPECT_EQ(crowd.having("desc=miss"), count + 1);
  if (time_scale() == 1) {  // a sanitizer's memory says nothing
    EXPECT_LT(stage.proxy.process().resident_bytes(), before + count * size / 2);
  }
}

TEST(ASharedExchange, SaysInWhichHttpItWasAskedFor) {
  Stage stage = cached();
  ask(stage, models());
  ask(stage, models({{"Cache-Control", "no-store"}}));
  const auto requests = stage.simulator.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_THAT(recorded_header(requests[0], "Via"), ::testing::StartsWith("1.1 "));
  EXPECT_EQ(recorded_header(requests[0], "Via"), recorded_header(requests[1], "Via"));
}

TEST(ASharedExchange, NamesTheOtherModelWhoseStreamBeginsWithAnError) {
  Stage stage =
      cached({{"MODEL_FALLBACKS", R"({"sim:status=503":["sim:error-event=0"]})"}, {"MAX_RETRIES", "0"}});
  HttpClient client(stage.port());
  const Response answer = client.exchange(opted_in("sim:status=503", true));
  EXPECT_EQ(cache_result(answer), "miss");
  EXPECT_GE(answer.status, 400);
  EXPECT_EQ(answer.header("X-HolySheep-Model"), "sim:error-event=0");
}

}  // namespace
}  // namespace holysheep::testing
