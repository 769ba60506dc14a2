#include "client.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <simulator/script.hpp>

namespace holysheep {
namespace {

using sim::Telling;
using sim::ToldUsage;

class SimulatorToldUsage : public testing::Test {
 protected:
  /// Asks on a connection of its own, and waits until the simulator is done with the answer.
  Telling ask(const std::string& request) {
    WireClient client{simulator};
    client.send(request);
    client.read_answer();
    return after();
  }
  /// Reads up to `mark` and leaves.
  Telling leave_at(const std::string& request, std::string_view mark) {
    WireClient client{simulator};
    client.send(request);
    EXPECT_NE(client.read_until(mark).find(mark), std::string::npos);
    client.reset();
    return after();
  }
  Telling after() {
    EXPECT_TRUE(simulator.wait_until([](const sim::Stats& stats) { return stats.in_flight == 0; }));
    const auto all = simulator.told_usage();
    return all.empty() ? Telling{} : all.back();
  }
  static std::string ask_usage(std::string_view path, std::string_view script, bool stream = false) {
    return post(path,
                "{\"model\":\"sim:" + std::string(script) + "\",\"stream\":" + (stream ? "true" : "false") +
                    R"(,"stream_options":{"include_usage":true}})",
                "X-Request-Id: one\r\n");
  }

  sim::Simulator simulator;
};

constexpr ToldUsage openai_told{
    .input = 50, .cached_input = 20, .cache_write = 0, .output = 30, .reasoning = 5};

TEST_F(SimulatorToldUsage, OfOpenAisAnswersPlainAndStreamed) {
  for (const auto& [path, dialect] : {std::pair{"/v1/chat/completions", "chat"},
                                      {"/v1/completions", "completions"},
                                      {"/v1/responses", "responses"}}) {
    for (const bool stream : {false, true}) {
      const Telling telling = ask(ask_usage(path, "usage=50:30:20:5", stream));
      EXPECT_EQ(telling.told, openai_told) << path << stream;
      EXPECT_EQ(telling.dialect, dialect);
      EXPECT_EQ(telling.request_id, "one");
      EXPECT_EQ(telling.model, "sim:usage=50:30:20:5");
      EXPECT_EQ(telling.status, 200U);
      EXPECT_TRUE(telling.complete);
    }
  }
  const Telling embedding = ask(ask_usage("/v1/embeddings", "usage=50:30:20:5"));
  EXPECT_EQ(embedding.told, ToldUsage{.input = 50});
  EXPECT_EQ(embedding.dialect, "embeddings");
}

TEST_F(SimulatorToldUsage, OfAnAnswerThatNoScriptBends) {
  const Telling telling = ask(chat("gpt-4.1"));
  EXPECT_EQ(telling.told, (ToldUsage{.input = 21, .cached_input = 8, .output = 8}));
  EXPECT_EQ(telling.model, "gpt-4.1");
  EXPECT_TRUE(telling.complete);
}

TEST_F(SimulatorToldUsage, OfAChatStreamOnlyWhereItIsAskedFor) {
  const Telling telling = ask(chat("sim:usage=50:30", true));
  EXPECT_EQ(telling.told, std::nullopt);
  EXPECT_TRUE(telling.complete);
}

TEST_F(SimulatorToldUsage, OfAnthropicsCountsWhatTheCacheReadAndWroteAsInput) {
  const ToldUsage all{.input = 77, .cached_input = 20, .cache_write = 7, .output = 30};
  EXPECT_EQ(ask(ask_usage("/v1/messages", "usage=50:30:20:5:7")).told, all);
  const Telling streamed = ask(ask_usage("/v1/messages", "usage=50:30:20:5:7", true));
  EXPECT_EQ(streamed.told, all);
  EXPECT_EQ(streamed.dialect, "messages");
}

TEST_F(SimulatorToldUsage, OfGeminisCountsThoughtsAsOutput) {
  const ToldUsage all{.input = 50, .cached_input = 20, .output = 35, .reasoning = 5};
  const std::string model = "/v1beta/models/sim:usage=50:30:20:5";
  EXPECT_EQ(ask(post(model + ":generateContent", "{}")).told, all);
  const Telling streamed = ask(post(model + ":streamGenerateContent", "{}"));
  EXPECT_EQ(streamed.told, all);
  EXPECT_EQ(streamed.dialect, "gemini");
  EXPECT_EQ(streamed.model, "sim:usage=50:30:20:5");
}

TEST_F(SimulatorToldUsage, IsWhatHasGoneOutWhenTheClientLeaves) {
  const Telling begun =
      leave_at(ask_usage("/v1/messages", "usage=50:30:20:0:7;stall=event:3", true), "ping\"}\n\n");
  EXPECT_EQ(begun.told, (ToldUsage{.input = 77, .cached_input = 20, .cache_write = 7, .output = 1}));
  EXPECT_TRUE(begun.ended);
  EXPECT_FALSE(begun.complete);
  const Telling before = leave_at(ask_usage("/v1/messages", "stall=header", true), "\r\n\r\n");
  EXPECT_EQ(before.told, std::nullopt);
  const Telling first = leave_at(
      ask_usage("/v1/chat/completions", "usage=50:30:20:5;usage-first;stall=event:2", true), "assistant");
  EXPECT_EQ(first.told, openai_told);
  const Telling half =
      leave_at(ask_usage("/v1/responses", "usage=50:30;stall=mid-event:15", true), "response.completed");
  EXPECT_EQ(half.told, std::nullopt);
}

TEST_F(SimulatorToldUsage, GrowsWithEachOfGeminisEventsWhereTheScriptSaysSo) {
  const std::string stream = ":streamGenerateContent?alt=sse";
  const Telling half =
      leave_at(post("/v1beta/models/sim:usage=50:80:20:5;usage-each;stall=event:4" + stream, "{}"),
               "\"candidatesTokenCount\":40");
  EXPECT_EQ(half.told, (ToldUsage{.input = 50, .cached_input = 20, .output = 45, .reasoning = 5}));
  const Telling whole = ask(post("/v1beta/models/sim:usage=50:80:20:5;usage-each" + stream, "{}"));
  EXPECT_EQ(whole.told, (ToldUsage{.input = 50, .cached_input = 20, .output = 85, .reasoning = 5}));
}

TEST_F(SimulatorToldUsage, IsNoneInARefusalUnlessItIsBilled) {
  const Telling refused = ask(ask_usage("/v1/chat/completions", "status=429;usage=50:30:20:5"));
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(refused.told, std::nullopt);
  const Telling billed = ask(ask_usage("/v1/chat/completions", "fail=1:500;billed;usage=50:30:20:5", true));
  EXPECT_EQ(billed.status, 500U);
  EXPECT_EQ(billed.told, openai_told);
}

TEST_F(SimulatorToldUsage, VariesFromRequestToRequestAndNotFromTryToTry) {
  const auto of = [&](std::string_view id) {
    return ask(post("/v1/chat/completions", R"({"model":"sim:usage=varied"})",
                    "X-Request-Id: " + std::string(id) + "\r\n"))
        .told;
  };
  const auto first = of("a");
  ASSERT_TRUE(first);
  EXPECT_EQ(of("a"), first);
  EXPECT_NE(of("b"), first);
  for (int i = 0; i < 1000; ++i) {
    const sim::TokenCounts counts = sim::varied_counts(std::to_string(i));
    EXPECT_LE(counts.cached, counts.input);
    EXPECT_LE(counts.reasoning, counts.output);
    EXPECT_GE(counts.output, 2U);
  }
}

TEST_F(SimulatorToldUsage, IsLinesOnTheControlPort) {
  ask(ask_usage("/v1/messages", "usage=50:30:20:5:7"));
  const auto control = [&](const std::string& request) {
    WireClient client{simulator.control_port()};
    client.send(request);
    return client.read_answer().body;
  };
  EXPECT_EQ(
      control(get("/usage")),
      R"({"request_id":"one","model":"sim:usage=50:30:20:5:7","dialect":"messages","status":200,"told":)"
      R"({"input_tokens":77,"cached_input_tokens":20,"cache_write_tokens":7,"output_tokens":30,)"
      R"("reasoning_tokens":0},"ended":true,"complete":true})"
      "\n");
  control(post("/reset", ""));
  EXPECT_EQ(control(get("/usage")), "");
  ask(get("/v1/models"));
  EXPECT_NE(control(get("/usage")).find(R"("told":null,"ended":true,"complete":true})"), std::string::npos);
}

TEST(SimulatorUsageBook, KeepsTheLastAndTakesNothingForTheForgotten) {
  sim::UsageBook book(true);
  const std::uint64_t first = book.begin({.request_id = "first"});
  for (int i = 0; i < 200'000; ++i) book.begin({.request_id = "more"});
  book.told(first, ToldUsage{.input = 1});
  book.ended(first, true);
  const auto kept = book.tellings();
  ASSERT_EQ(kept.size(), 200'000U);
  EXPECT_EQ(kept.front().request_id, "more");
  EXPECT_EQ(kept.front().told, std::nullopt);
  book.reset();
  book.told(first + 1, ToldUsage{.input = 1});
  EXPECT_TRUE(book.tellings().empty());
  sim::UsageBook idle(false);
  idle.told(idle.begin({.request_id = "x"}), ToldUsage{});
  EXPECT_TRUE(idle.tellings().empty());
}

}  // namespace
}  // namespace holysheep
