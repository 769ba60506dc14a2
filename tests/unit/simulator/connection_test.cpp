#include "client.hpp"

#include <fstream>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep {
namespace {

using nlohmann::json;
using sim::Simulator;
using sim::Stats;

/// A state in which the client leaves: what it sends, and what it reads first.
struct Leaving {
  const char* script;
  bool stream;
  const char* reads;
};

std::ostream& operator<<(std::ostream& out, const Leaving& row) {
  return out << row.script;
}

class SimulatorNoticesLeaving : public testing::TestWithParam<Leaving> {};

TEST_P(SimulatorNoticesLeaving, ByHalfCloseAndByReset) {
  for (const bool by_reset : {false, true}) {
    const Simulator simulator;
    WireClient client(simulator);
    client.send(chat(GetParam().script, GetParam().stream));
    ASSERT_TRUE(simulator.wait_until([](const Stats& s) { return s.in_flight == 1; }));
    if (*GetParam().reads != '\0') client.read_until(GetParam().reads);
    ASSERT_EQ(simulator.stats().answered, 0U);
    if (by_reset) {
      client.reset();
    } else {
      client.half_close();
    }
    ASSERT_TRUE(
        simulator.wait_until([](const Stats& s) { return s.cancelled == 1 && s.connections_open == 0; }));
    const auto record = simulator.requests().at(0);
    EXPECT_TRUE(record.cancelled);
    EXPECT_FALSE(record.answered);
    EXPECT_GE(record.ended_ns, record.arrived_ns);
    EXPECT_EQ(simulator.stats().in_flight, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(All, SimulatorNoticesLeaving,
                         testing::Values(Leaving{"sim:silent", false, ""},
                                         Leaving{"sim:delay=60000", false, ""},
                                         Leaving{"sim:stall=header", false, "\r\n\r\n"},
                                         Leaving{"sim:stall=body:5", false, "\r\n\r\n{\"id\""},
                                         Leaving{"sim:stall=event:2", true, "\"The \""},
                                         Leaving{"sim:chunk-delay=60000", true, "assistant"},
                                         Leaving{"sim:chunks=1000000;chunk-size=1000", true, "assistant"},
                                         Leaving{"sim:interim-flood", false, "103"}));

TEST(SimulatorConnection, ARequestLeftInItsBodyIsRecorded) {
  const Simulator simulator;
  WireClient client(simulator);
  client.send("POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
  client.half_close();
  ASSERT_TRUE(simulator.wait_until([](const Stats& s) { return s.cancelled == 1; }));
  EXPECT_FALSE(simulator.requests().at(0).body_complete);
}

TEST(SimulatorConnection, AnsweredRequestsAreRecordedAsTheyCame) {
  const Simulator simulator;
  WireClient client(simulator);
  client.send(chat("gpt-4.1", false, "X-ReQuest-Id: 7\r\n"));
  client.read_answer();
  ASSERT_TRUE(simulator.wait_until([](const Stats& s) { return s.answered == 1; }));
  const auto record = simulator.requests().at(0);
  EXPECT_EQ(record.sequence, 1U);
  EXPECT_EQ(record.method, "POST");
  EXPECT_EQ(record.target, "/v1/chat/completions");
  EXPECT_EQ(record.model, "gpt-4.1");
  EXPECT_EQ(record.headers.at(1), (std::pair<std::string, std::string>{"X-ReQuest-Id", "7"}));
  EXPECT_EQ(record.header("x-request-id"), "7");
  EXPECT_EQ(record.body_sha256.size(), 64U);
  EXPECT_TRUE(record.answered);
  EXPECT_FALSE(record.cancelled);
}

TEST(SimulatorConnection, WithoutRecordsTheCountsGoOn) {
  sim::Options options;
  options.record = false;
  const Simulator simulator(options);
  WireClient client(simulator);
  client.send(chat("m"));
  client.read_answer();
  EXPECT_TRUE(simulator.wait_until([](const Stats& s) { return s.answered == 1; }));
  EXPECT_TRUE(simulator.requests().empty());
}

TEST(SimulatorConnection, ClosesAfterSoManyRequests) {
  sim::Options options;
  options.max_requests_per_connection = 2;
  const Simulator simulator(options);
  WireClient client(simulator);
  client.send(chat("m"));
  EXPECT_EQ(client.read_answer().header("connection"), "");
  client.send(chat("m", true));
  const WireAnswer last = client.read_to_end();
  EXPECT_EQ(last.header("connection"), "close");
  EXPECT_TRUE(last.complete);
  EXPECT_EQ(last.end, WireEnd::closed);
}

TEST(SimulatorConnection, ClosesIdleOnes) {
  Simulator simulator;
  simulator.set_idle_close(std::chrono::milliseconds(1));
  WireClient client(simulator);
  WireEnd end = WireEnd::open;
  EXPECT_EQ(client.read(1, &end), "");
  EXPECT_EQ(end, WireEnd::closed);
}

TEST(SimulatorConnection, CanBeToldToCloseThemAll) {
  Simulator simulator;
  WireClient client(simulator);
  client.send(chat("m"));
  client.read_answer();
  simulator.close_connections();
  WireEnd end = WireEnd::open;
  EXPECT_EQ(client.read(1, &end), "");
  EXPECT_NE(end, WireEnd::open);
}

TEST(SimulatorConnection, StillAcceptsAfterClosingThemAll) {
  Simulator simulator;
  simulator.close_connections();
  WireClient client(simulator);
  client.send(chat("m"));
  EXPECT_EQ(client.read_answer().status, 200U);
}

TEST(SimulatorConnection, PausesAccepting) {
  Simulator simulator;
  simulator.set_accept_paused(true);
  simulator.set_accept_paused(false);
  WireClient client(simulator);
  EXPECT_EQ(client.handshake_error(), "");
  sim::Options options;
  options.accept_paused = true;
  options.tls = false;
  Simulator paused(options);
  WireClient waiting(paused, false);
  waiting.send(chat("m"));
  EXPECT_EQ(paused.stats().connections_accepted, 0U);
  paused.set_accept_paused(false);
  EXPECT_EQ(waiting.read_answer().status, 200U);
}

TEST(SimulatorConnection, SpeaksPlainHttp) {
  sim::Options options;
  options.tls = false;
  options.threads = 2;
  const Simulator simulator(options);
  EXPECT_EQ(simulator.url(), "http://127.0.0.1:" + std::to_string(simulator.port()));
  for (int i = 0; i < 8; ++i) {
    WireClient client(simulator, false);
    client.send(chat("m", true));
    EXPECT_EQ(data_of(client.read_answer().body).back(), "[DONE]");
  }
}

TEST(SimulatorConnection, SurvivesOddBytes) {
  sim::Options options;
  options.tls = false;
  const Simulator simulator(options);
  std::mt19937 random(11);
  const std::string whole = chat("sim:chunks=3", true, "Transfer-Encoding: chunked\r\n");
  for (int round = 0; round < 300; ++round) {
    std::string bytes = whole;
    for (unsigned i = 0; i < 1 + random() % 4; ++i)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    WireClient client(simulator, false);
    client.send(bytes);
    client.half_close();
    while (!client.read(65'536).empty()) {
    }
  }
  WireClient client(simulator, false);
  client.send("\r\n\r\n\r\nnonsense\r\n\r\n");
  EXPECT_EQ(client.read_to_end().status, 400U);
}

TEST(SimulatorTls, CountsHandshakesAndResumptions) {
  const Simulator simulator;
  WireClient first(simulator);
  first.send(chat("m"));
  first.read_answer();
  WireClient second = first.resume(simulator);
  second.send(chat("m"));
  EXPECT_EQ(second.read_answer().status, 200U);
  EXPECT_TRUE(second.resumed());
  EXPECT_EQ(simulator.stats().handshakes, 2U);
  EXPECT_EQ(simulator.stats().resumptions, 1U);
}

TEST(SimulatorTls, TheServersCertificateVerifiesAndTheBadOnesDoNot) {
  for (const std::string name : {"server", "expired", "wronghost", "selfsigned", "otherca"}) {
    sim::Options options;
    options.certificate = name;
    const Simulator simulator(options);
    const WireClient client(simulator);
    EXPECT_EQ(client.handshake_error().empty(), name == "server") << name;
    EXPECT_TRUE(std::ifstream(simulator.certificate_folder() / (name + ".key")).good());
  }
}

TEST(SimulatorTls, Faults) {
  sim::Options options;
  options.tls_fault = sim::TlsFault::handshake_close;
  Simulator simulator(options);
  EXPECT_NE(WireClient(simulator).handshake_error(), "");
  simulator.set_tls_fault(sim::TlsFault::tls11_only);
  EXPECT_NE(WireClient(simulator).handshake_error(), "");
  EXPECT_EQ(simulator.stats().handshakes, 0U);
  simulator.set_tls_fault(sim::TlsFault::none);
  EXPECT_EQ(WireClient(simulator).handshake_error(), "");
}

TEST(SimulatorTls, AStalledHandshakeIsSilentUntilTheClientLeaves) {
  sim::Options options;
  options.tls_fault = sim::TlsFault::handshake_stall;
  const Simulator simulator(options);
  {
    WireClient raw(simulator, false);
    raw.send(std::string("\x16\x03\x01\x00\x05hello", 10));
    ASSERT_TRUE(simulator.wait_until([](const Stats& s) { return s.connections_open == 1; }));
  }
  EXPECT_TRUE(simulator.wait_until([](const Stats& s) { return s.connections_open == 0; }));
  EXPECT_EQ(simulator.stats().handshakes, 0U);
}

class SimulatorControl : public testing::Test {
 protected:
  json control(const std::string& request, unsigned status = 200) {
    WireClient client(simulator.control_port());
    client.send(request);
    const WireAnswer answer = client.read_answer();
    EXPECT_EQ(answer.status, status);
    return json::parse(answer.body);
  }
  Simulator simulator;
};

TEST_F(SimulatorControl, ReportsAndSteers) {
  WireClient client(simulator);
  EXPECT_EQ(control(post("/script", "status=503"))["ok"], true);
  client.send(chat("gpt-4.1"));
  EXPECT_EQ(client.read_answer().status, 503U);
  ASSERT_TRUE(simulator.wait_until([](const Stats& s) { return s.answered == 1; }));
  const json requests = control(get("/requests"));
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0]["model"], "gpt-4.1");
  EXPECT_EQ(requests[0]["script"], "status=503");
  EXPECT_EQ(requests[0]["answered"], true);
  EXPECT_EQ(control(get("/stats"))["requests"], 1);
  EXPECT_EQ(control(post("/reset", ""))["ok"], true);
  EXPECT_EQ(control(get("/requests")).size(), 0U);
  client.send(chat("gpt-4.1"));
  EXPECT_EQ(client.read_answer().status, 200U);
}

TEST_F(SimulatorControl, SetsWhatConnectionsDo) {
  EXPECT_EQ(control(post("/connections", R"({"max_requests":1,"idle_close_ms":0,"tls_fault":"none"})"))["ok"],
            true);
  WireClient client(simulator);
  client.send(chat("m"));
  EXPECT_EQ(client.read_to_end().header("connection"), "close");
  control(post("/connections", R"({"max_request":1})"), 400);
  control(post("/connections", "no"), 400);
  control(post("/script", "what"), 400);
  control(get("/nowhere"), 404);
}

}  // namespace
}  // namespace holysheep
