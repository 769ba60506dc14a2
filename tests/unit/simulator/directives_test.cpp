#include "client.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep {
namespace {

using nlohmann::json;

/// What one directive makes of a chat request that says `Connection: close`.
struct Row {
  const char* script;
  bool stream;
  unsigned status;
  bool complete;
  std::size_t events;  ///< `data:` lines that came
  WireEnd end;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.script << (row.stream ? " s" : "");
}

class SimulatorDirective : public testing::TestWithParam<Row> {};

TEST_P(SimulatorDirective, ShowsOnTheWire) {
  const Row& row = GetParam();
  const sim::Simulator simulator;
  WireClient client(simulator);
  client.send(chat(row.script, row.stream, "Connection: close\r\n"));
  const WireAnswer answer = client.read_to_end();
  EXPECT_EQ(answer.status, row.status);
  EXPECT_EQ(answer.complete, row.complete);
  EXPECT_EQ(data_of(answer.body).size(), row.events);
  EXPECT_EQ(answer.end, row.end);
}

INSTANTIATE_TEST_SUITE_P(
    All, SimulatorDirective,
    testing::Values(Row{"sim:status=503", false, 503, true, 0, WireEnd::closed},
                    Row{"sim:status=204", false, 204, true, 0, WireEnd::closed},
                    Row{"sim:status=529", true, 529, true, 0, WireEnd::closed},
                    Row{"sim:flying", false, 400, true, 0, WireEnd::closed},
                    Row{"sim:chunks=60", true, 200, true, 63, WireEnd::closed},
                    Row{"sim:delay=1;chunk-delay=1", true, 200, true, 11, WireEnd::closed},
                    Row{"sim:pause=0:1", true, 200, true, 11, WireEnd::closed},
                    Row{"sim:pause=3:1", true, 200, true, 11, WireEnd::closed},
                    Row{"sim:pause=3", true, 400, true, 0, WireEnd::closed},
                    Row{"sim:close=before", false, 0, false, 0, WireEnd::closed},
                    Row{"sim:close=header", false, 200, false, 0, WireEnd::closed},
                    Row{"sim:close=body:10", false, 200, false, 0, WireEnd::closed},
                    Row{"sim:close=event:0", true, 200, false, 0, WireEnd::closed},
                    Row{"sim:close=event:3", true, 200, false, 3, WireEnd::closed},
                    Row{"sim:close=mid-event:3", true, 200, false, 4, WireEnd::closed},
                    Row{"sim:close=after-done", true, 200, false, 11, WireEnd::closed},
                    Row{"sim:reset=before", false, 0, false, 0, WireEnd::reset},
                    Row{"sim:reset=event:3", true, 200, false, 3, WireEnd::reset},
                    Row{"sim:reset=body:10", false, 200, false, 0, WireEnd::reset},
                    Row{"sim:bad-chunk=2", true, 200, false, 2, WireEnd::closed},
                    Row{"sim:bad-chunk=0", false, 200, false, 0, WireEnd::closed},
                    Row{"sim:no-done", true, 200, true, 10, WireEnd::closed},
                    Row{"sim:error-event", true, 200, true, 1, WireEnd::closed},
                    Row{"sim:error-event=4", true, 200, true, 5, WireEnd::closed},
                    Row{"sim:invalid-json-event=2", true, 200, true, 12, WireEnd::closed},
                    Row{"sim:no-close-notify", true, 200, false, 11, WireEnd::closed_without_notify},
                    Row{"sim:http10", true, 200, true, 11, WireEnd::closed},
                    Row{"sim:trailers", true, 200, true, 11, WireEnd::closed},
                    Row{"sim:trailers", false, 200, true, 0, WireEnd::closed},
                    Row{"sim:header-flood=100000", false, 200, true, 0, WireEnd::closed}));

class SimulatorScripted : public testing::Test {
 protected:
  WireAnswer ask(const std::string& request) {
    client.send(request);
    return client.read_answer();
  }
  sim::Simulator simulator;
  WireClient client{simulator};
};

TEST_F(SimulatorScripted, NamesTheUnknownDirective) {
  EXPECT_EQ(json::parse(ask(chat("sim:flying")).body)["error"]["message"], "unknown directive \"flying\"");
}

TEST_F(SimulatorScripted, TheHeaderGoesBeforeTheModel) {
  EXPECT_EQ(ask(chat("sim:status=500", false, "X-Sim: status=418\r\n")).status, 418U);
  EXPECT_EQ(ask(get("/v1/models", "X-Sim: sim:status=502\r\n")).status, 502U);
}

TEST_F(SimulatorScripted, StatusHasHeadersAndBody) {
  const WireAnswer answer = ask(chat("sim:status=429;retry-after=2;header=retry-after-ms:1500;body=slow"));
  EXPECT_EQ(answer.header("retry-after"), "2");
  EXPECT_EQ(answer.header("retry-after-ms"), "1500");
  EXPECT_EQ(answer.body, "slow");
}

TEST_F(SimulatorScripted, DirectivesThatBendTheBody) {
  EXPECT_EQ(ask(chat("sim:big=100000")).body.size(), 100'000U);
  EXPECT_EQ(json::parse(ask(chat("sim:big=100000")).body)["object"], "chat.completion");
  EXPECT_EQ(json::parse(ask(chat("sim:model=gpt-9")).body)["model"], "gpt-9");
  const auto events = data_of(ask(chat("sim:chunks=2;chunk-size=1000", true)).body);
  EXPECT_EQ(json::parse(events[1])["choices"][0]["delta"]["content"].get<std::string>().size(), 1'000U);
  const auto broken = data_of(ask(chat("sim:invalid-json-event=2", true)).body);
  EXPECT_FALSE(json::accept(broken[2]));
  EXPECT_TRUE(json::accept(broken[3]));
}

TEST_F(SimulatorScripted, APauseComesAfterWhatItWasToldToSend) {
  client.send(chat("sim:pause=0:60000", true));
  EXPECT_EQ(client.read_until("\r\n\r\n").substr(0, 12), "HTTP/1.1 200");
  WireClient other(simulator);
  other.send(chat("sim:pause=1:60000", true));
  EXPECT_NE(other.read_until("\"role\":\"assistant\"").find("data: "), std::string::npos);
}

TEST_F(SimulatorScripted, ErrorEventsSpeakTheDialect) {
  const auto openai =
      data_of(ask(chat("sim:error-event;error-type=rate_limit_error;error-code=429", true)).body);
  EXPECT_EQ(json::parse(openai[0])["error"]["type"], "rate_limit_error");
  EXPECT_EQ(json::parse(openai[0])["error"]["code"], 429);
  const std::string body = ask(post("/v1/messages", R"({"model":"sim:error-event=1","stream":true})")).body;
  EXPECT_NE(body.find("event: error\ndata: {\"type\":\"error\""), std::string::npos);
  EXPECT_EQ(json::parse(data_of(body)[1])["error"]["type"], "overloaded_error");
}

TEST_F(SimulatorScripted, GzipIsMarkedAndBeginsAsGzipDoes) {
  for (const bool stream : {false, true}) {
    const WireAnswer answer = ask(chat("sim:gzip", stream));
    EXPECT_TRUE(answer.complete);
    EXPECT_EQ(answer.header("content-encoding"), "gzip");
    EXPECT_EQ(answer.body.substr(0, 3), "\x1f\x8b\x08");
  }
  EXPECT_EQ(ask(get("/v1/models")).status, 200U) << "the length was right";
}

TEST_F(SimulatorScripted, InterimAnswersComeFirst) {
  client.send(chat("sim:interim=103"));
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 103 Early Hints\r\n"));
  EXPECT_EQ(client.read_answer().status, 200U);
  client.send(chat("sim:interim=100"));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200U);
}

TEST_F(SimulatorScripted, AnInterimFloodDoesNotEndAndStarvesNobody) {
  client.send(chat("sim:interim-flood"));
  EXPECT_EQ(client.read(3'000'000).size(), 3'000'000U);
  WireClient other(simulator);
  other.send(chat("m"));
  EXPECT_EQ(other.read_answer().status, 200U);
}

TEST_F(SimulatorScripted, GarbageIsNotHttp) {
  client.send(chat("sim:garbage"));
  EXPECT_FALSE(client.read_answer().is_http);
}

TEST_F(SimulatorScripted, UpgradeAnswers101AndStays) {
  client.send(chat("sim:upgrade"));
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_TRUE(
      simulator.wait_until([](const sim::Stats& s) { return s.answered == 1 && s.connections_open == 1; }));
}

TEST_F(SimulatorScripted, LingerSaysCloseAndStaysOpen) {
  const WireAnswer answer = ask(chat("sim:linger"));
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(answer.end, WireEnd::open);
  EXPECT_TRUE(
      simulator.wait_until([](const sim::Stats& s) { return s.answered == 1 && s.connections_open == 1; }));
}

TEST_F(SimulatorScripted, TrailersComeAfterTheLastChunk) {
  client.send(chat("sim:trailers"));
  EXPECT_NE(client.read_until("\r\n\r\n").find("Trailer: X-Sim-Trailer\r\n"), std::string::npos);
  EXPECT_NE(client.read_until("X-Sim-Trailer: done\r\n\r\n").find("0\r\nX-Sim-Trailer"), std::string::npos);
}

TEST_F(SimulatorScripted, Http10IsDelimitedByItsEnd) {
  client.send(chat("sim:http10"));
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.0 200 OK\r\n"));
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
}

TEST_F(SimulatorScripted, FailCountsPerScript) {
  EXPECT_EQ(ask(chat("sim:fail=2")).status, 503U);
  EXPECT_EQ(ask(chat("sim:fail=2")).status, 503U);
  EXPECT_EQ(ask(chat("sim:fail=2")).status, 200U);
  EXPECT_EQ(ask(chat("sim:fail=1:429;tag=other")).status, 429U);
  EXPECT_EQ(ask(chat("sim:fail=1:429;tag=other")).status, 200U);
  simulator.reset();
  EXPECT_EQ(ask(chat("sim:fail=2")).status, 503U);
}

TEST_F(SimulatorScripted, EarlyAnswersBeforeTheBodyAndKeepsTheConnection) {
  const std::string request = post("/v1/chat/completions", std::string(50'000, 'x'), "X-Sim: early=429\r\n");
  client.send(request.substr(0, request.size() - 40'000));
  EXPECT_EQ(client.read_answer().status, 429U);
  client.send(request.substr(request.size() - 40'000));
  EXPECT_EQ(ask(get("/v1/models")).status, 200U);
  EXPECT_FALSE(simulator.requests().at(0).body_complete);
}

TEST_F(SimulatorScripted, EarlyMayCloseInstead) {
  client.send("POST /v1/echo HTTP/1.1\r\nHost: a\r\nX-Sim: early=413:close\r\nContent-Length: 9\r\n\r\n");
  const WireAnswer answer = client.read_to_end();
  EXPECT_EQ(answer.status, 413U);
  EXPECT_EQ(answer.end, WireEnd::closed);
}

TEST_F(SimulatorScripted, ExpectContinueIsAnswered) {
  client.send("POST /v1/echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(json::parse(ask("ok").body)["body_length"], 2);
}

TEST_F(SimulatorScripted, TheDefaultScriptIsForThoseThatBringNone) {
  EXPECT_EQ(simulator.set_script("status=503"), "");
  EXPECT_EQ(ask(chat("gpt-4.1")).status, 503U);
  EXPECT_EQ(ask(chat("sim:status=418")).status, 418U);
  EXPECT_EQ(simulator.set_script(""), "");
  EXPECT_EQ(ask(chat("gpt-4.1")).status, 200U);
  EXPECT_EQ(simulator.set_script("what"), "unknown directive \"what\"");
}

}  // namespace
}  // namespace holysheep
