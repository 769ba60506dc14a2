#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;

/// A pod whose threshold is below what it holds already.
Environment short_of_memory(const std::string& action = "evict-oldest") {
  return {{"MEMORY_THRESHOLD_MB", "2"}, {"ACTION", action}};
}

/// Such a pod is never ready, so it is started here without waiting for that.
class APodShortOfMemory : public ::testing::Test {
 protected:
  explicit APodShortOfMemory(const std::string& action = "reject") : action_(action) {}

  void SetUp() override {
    Environment settings = short_of_memory(action_);
    for (const auto& [name, value] : simulator_.as_upstream()) settings[name] = value;
    settings["LISTEN_PORT"] = std::to_string(port_);
    process_.emplace(proxy_binary(), std::vector<std::string>{}, proxy_settings(settings));
    ASSERT_TRUE(eventually([&] { return answer("/health").status == 200; })) << process_->err();
  }

  /// It has started, and looked at its memory.
  bool refuses() const {
    const Response ready = answer("/ready");
    return ready.status == 503 && ready.body.find(R"("reasons":["memory"])") != std::string::npos;
  }

  /// Without a status while nobody listens.
  Response answer(const std::string& path) const {
    try {
      return get(port_, path);
    } catch (const std::system_error&) {
      return {};
    }
  }

  const std::string action_;
  const std::uint16_t port_ = unused_port();
  SimulatorProcess simulator_;
  std::optional<Process> process_;
};

TEST_F(APodShortOfMemory, RefusesNewRequestsInTheirDialect) {
  ASSERT_TRUE(eventually([&] { return refuses(); }));
  const auto openai = fetch(port_, chat("gpt-4.1"));
  expect_gateway_error(openai, 503, "memory_pressure");
  EXPECT_EQ(openai.header("Retry-After"), "1");
  const auto anthropic = post_json(port_, "/v1/messages", R"({"model":"claude-sonnet-4.5"})");
  EXPECT_EQ(anthropic.status, 503);
  EXPECT_EQ(anthropic.header("X-HolySheep-Error"), "memory_pressure");
  EXPECT_EQ(nlohmann::json::parse(anthropic.body)["error"]["type"], "overloaded_error");
  const auto gemini = post_json(port_, "/v1beta/models/gemini-2.5-flash:generateContent", "{}");
  EXPECT_EQ(gemini.status, 503);
  EXPECT_EQ(gemini.header("X-HolySheep-Error"), "memory_pressure");
  EXPECT_EQ(nlohmann::json::parse(gemini.body)["error"]["status"], "UNAVAILABLE");
  EXPECT_EQ(simulator_.request_count(), 0U);
}

TEST_F(APodShortOfMemory, SaysSoToWhoAsksWhetherItIsReadyAndIsHealthy) {
  ASSERT_TRUE(eventually([&] { return refuses(); }));
  EXPECT_THAT(get(port_, "/ready").body, HasSubstr(R"("reasons":["memory"])"));
  EXPECT_EQ(get(port_, "/health").status, 200);
}

TEST_F(APodShortOfMemory, RefusesBeforeTheBodyIsRead) {
  ASSERT_TRUE(eventually([&] { return refuses(); }));
  RawClient client(port_);
  client.send("POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n");
  EXPECT_EQ(client.read_to_end(), ReadEnd::eof);
  EXPECT_THAT(client.received(), HasSubstr("HTTP/1.1 503"));
  EXPECT_THAT(client.received(), HasSubstr("Connection: close"));
}

TEST_F(APodShortOfMemory, SaysSoInTheLogOnce) {
  ASSERT_TRUE(eventually([&] { return refuses(); }));
  for (int i = 0; i < 5; ++i) fetch(port_, chat("gpt-4.1"));
  const auto warnings = [&] {
    std::size_t count = 0;
    const std::string log = process_->out();
    for (auto at = log.find("memory is at its threshold"); at != log.npos;
         at = log.find("memory is at its threshold", at + 1)) {
      ++count;
    }
    return count;
  };
  ASSERT_TRUE(eventually([&] { return warnings() > 0; }));
  EXPECT_EQ(warnings(), 1U);
}

TEST(WithActionNone, MemoryAtItsThresholdChangesNothing) {
  Stage stage(short_of_memory("none"));
  ASSERT_TRUE(
      eventually([&] { return stage.proxy.process().out().find("ACTION=none") != std::string::npos; }));
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1")).status, 200);
  EXPECT_EQ(get(stage.port(), "/ready").status, 200);
}

/// Resident memory of a pod that does nothing, in MiB: under a sanitizer that is far more.
std::size_t idle_mebibytes() {
  const Stage idle;
  return idle.proxy.process().resident_bytes() >> 20;
}

/// As the cache names it; a request for one megabyte of another text than any other number's.
Response keep_megabyte(std::uint16_t port, int number) {
  const std::string script = "sim:big=1000000;tag=" + std::to_string(number);
  return fetch(port, chat(script, false, {{"Cache-Control", "max-age=600"}}));
}

TEST(TheCache, GoesFirstWhenMemoryIsShortTheOldestFirst) {
  if (time_scale() > 1) GTEST_SKIP() << "a sanitizer keeps what is freed";
  Stage stage({{"MEMORY_THRESHOLD_MB", std::to_string(idle_mebibytes() + 30)}, {"CACHE_SIZE_MB", "256"}});
  int served = 0;
  for (int i = 0; i < 150; ++i) served += keep_megabyte(stage.port(), i).status == 200;
  EXPECT_EQ(served, 150) << "room was made in time";
  EXPECT_LT(stage.proxy.process().resident_bytes() >> 20, idle_mebibytes() + 40);
  const auto asked_anew = [&](int first, int last) {
    const auto before = stage.simulator.request_count();
    for (int i = first; i < last; ++i) keep_megabyte(stage.port(), i);
    return stage.simulator.request_count() - before;
  };
  EXPECT_LT(asked_anew(140, 150), 10U) << "of the newest there are some; not all, where the watch came late";
  EXPECT_EQ(asked_anew(0, 10), 10U) << "the oldest are gone";
}

TEST(Answers, GoUncompressedWhileMemoryIsShort) {
  Stage stage({{"MEMORY_THRESHOLD_MB", std::to_string(idle_mebibytes() * 5 / 4)}});
  const std::string text = "[\"" + std::string(20'000, 'x') + "\"]";
  const auto plain = [&] {
    const auto answer = fetch(stage.port(), json_request("/v1/mirror", text, {{"Accept-Encoding", "gzip"}}));
    return answer.status == 200 && !answer.has("Content-Encoding") && answer.body == text;
  };
  EXPECT_TRUE(eventually(plain));
}

TEST(StreamsInFlight, LiveOnWhileNewOnesAreRefusedAndServiceComesBack) {
  if (time_scale() > 1) GTEST_SKIP() << "a sanitizer keeps what is freed";
  Stage stage({{"MEMORY_THRESHOLD_MB", std::to_string(idle_mebibytes() + 6)}, {"ACTION", "reject"}});
  HttpClient first(stage.port());
  first.send(chat("sim:chunks=100000;chunk-delay=20", true));
  ASSERT_EQ(first.read_head().status, 200);
  std::vector<HttpClient> others;
  bool refused = false;
  while (!refused && others.size() < 2000) {
    others.emplace_back(stage.port()).send(chat("sim:chunks=100000;chunk-delay=200", true));
    refused = others.back().read_head().status == 503;
  }
  EXPECT_TRUE(refused);
  EXPECT_GT(others.size(), 20U);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(first.next_event());
  others.clear();
  EXPECT_TRUE(eventually([&] { return fetch(stage.port(), chat("gpt-4.1")).status == 200; }));
  EXPECT_TRUE(eventually([&] { return get(stage.port(), "/ready").status == 200; }));
  EXPECT_TRUE(first.next_event());
}

/// The accounts, as the admin port tells them.
class TheAccounts : public ::testing::Test {
 protected:
  nlohmann::json memory() const { return nlohmann::json::parse(get(admin_, "/usage").body)["memory"]; }
  std::int64_t held(const char* use) const { return memory()["held_bytes"][use].get<std::int64_t>(); }
  bool comes_to(const char* use, std::int64_t bytes) const {
    return eventually([&] { return held(use) == bytes; });
  }

  std::uint16_t admin_ = unused_port();
  Stage stage_{{{"ADMIN_PORT", std::to_string(admin_)}, {"REPLAY_BUFFER_MB", "8"}, {"CACHE_SIZE_MB", "16"}}};
};

TEST_F(TheAccounts, ShowABodyThatIsHeldUntilItsAnswerBegins) {
  EXPECT_EQ(held("request_bodies"), 0);
  RawClient client(stage_.port());
  const std::string body = chat_body("sim:silent") + std::string(3 << 20, ' ');
  client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  ASSERT_TRUE(eventually([&] { return held("request_bodies") >= 3 << 20; }));
  EXPECT_LE(held("request_bodies"), (3 << 20) + 65536);
  client.reset();
  EXPECT_TRUE(comes_to("request_bodies", 0));
  EXPECT_TRUE(comes_to("relay", 0));
}

TEST_F(TheAccounts, ShowABodyThatIsSentOnBehalfOfAll) {
  RawClient client(stage_.port());
  const std::string body = chat_body("sim:silent") + std::string(900 << 10, ' ');
  client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Cache-Control: max-age=60\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  ASSERT_TRUE(eventually([&] { return stage_.simulator.request_count() == 1; }));
  EXPECT_GE(held("request_bodies"), 880 << 10);
  client.reset();
  EXPECT_TRUE(comes_to("request_bodies", 0));
  EXPECT_TRUE(comes_to("relay", 0));
}

TEST_F(TheAccounts, ShowWhatASlowReaderHolds) {
  RawClient client(stage_.port(), 4096);
  client.send("GET /v1/bytes/9000000 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return held("relay") > 0; }));
  client.reset();
  EXPECT_TRUE(comes_to("relay", 0));
}

TEST_F(TheAccounts, ShowWhatReadingTheTokensOfACodedAnswerTakes) {
  HttpClient client(stage_.port());
  client.send(json_request("/v1/chat/completions", chat_body("sim:gzip;usage=9:2;stall=body:10"),
                           {{"Accept-Encoding", "gzip"}}));
  EXPECT_EQ(client.read_head().header("Content-Encoding"), "gzip");
  EXPECT_GT(held("compression"), 40 << 10);
  client.reset();
  EXPECT_TRUE(comes_to("compression", 0));
}

TEST_F(TheAccounts, AreMetricsToo) {
  const auto metrics = get(admin_, "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_EQ(metrics.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const char* use : {"request_bodies", "relay", "coalescing", "cache", "compression", "queue"}) {
    EXPECT_THAT(metrics.body, HasSubstr("holysheep_memory_held_bytes{use=\"" + std::string(use) + "\"} "));
  }
  EXPECT_THAT(metrics.body, HasSubstr("# HELP holysheep_memory_held_bytes "));
  EXPECT_THAT(metrics.body, HasSubstr("# TYPE holysheep_memory_held_bytes gauge\n"));
  EXPECT_THAT(metrics.body, HasSubstr("\nholysheep_memory_pressure 0\n"));
  EXPECT_THAT(metrics.body, HasSubstr("process_resident_memory_bytes "));
}

}  // namespace
}  // namespace holysheep::testing
