#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Told {
  Response head;
  std::vector<StreamEvent> events;
  BodyEnd end = BodyEnd::none;
};

Told stream(std::uint16_t port, const std::string& target, const std::string& model) {
  HttpClient client(port);
  client.send(json_request(target, chat_body(model, true)));
  Told told{client.read_head(), {}, BodyEnd::none};
  if (told.head.status == 0) return told;
  while (auto event = client.next_event()) told.events.push_back(std::move(*event));
  told.end = client.body_end();
  return told;
}

class ABrokenStream : public ::testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() {
    stage_ = new Stage({{"UPSTREAM_READ_TIMEOUT", "1s"}, {"CIRCUIT_BREAKER_THRESHOLD", "0"}});
  }
  static void TearDownTestSuite() { delete std::exchange(stage_, nullptr); }
  static inline Stage* stage_ = nullptr;
};

TEST_P(ABrokenStream, EndsWithAnOpenAiErrorEventAndWithoutItsLastChunk) {
  const auto told = stream(stage_->port(), "/v1/chat/completions", "sim:chunks=20;" + GetParam());
  ASSERT_EQ(told.head.status, 200) << told.head.failure;
  ASSERT_GE(told.events.size(), 2U);
  EXPECT_EQ(told.end, BodyEnd::cut) << "a broken stream must never look complete";
  const auto last = nlohmann::json::parse(told.events.back().data(), nullptr, false);
  ASSERT_TRUE(last.is_object() && last.contains("error")) << told.events.back().text;
  const bool stalled = GetParam().starts_with("stall");
  EXPECT_EQ(last["error"]["code"], stalled ? "upstream_timeout" : "upstream_protocol_error");
  EXPECT_EQ(last["error"]["type"], "server_error");
  for (const auto& event : told.events) EXPECT_THAT(event.text, Not(HasSubstr("[DONE]")));
}

TEST_P(ABrokenStream, EndsWithAnAnthropicErrorEventAndWithoutItsLastChunk) {
  const auto told = stream(stage_->port(), "/v1/messages", "sim:chunks=20;" + GetParam());
  ASSERT_EQ(told.head.status, 200) << told.head.failure;
  ASSERT_GE(told.events.size(), 2U);
  EXPECT_EQ(told.end, BodyEnd::cut);
  EXPECT_THAT(told.events.back().text, ::testing::StartsWith("event: error\n"));
  const auto last = nlohmann::json::parse(told.events.back().data(), nullptr, false);
  ASSERT_TRUE(last.is_object()) << told.events.back().text;
  EXPECT_EQ(last["type"], "error");
  EXPECT_TRUE(last["error"]["type"].is_string());
  for (const auto& event : told.events) EXPECT_THAT(event.text, Not(HasSubstr("message_stop")));
}

INSTANTIATE_TEST_SUITE_P(Cut, ABrokenStream,
                         ::testing::Values("close=event:3", "close=mid-event:3", "reset=event:3",
                                           "stall=event:3", "stall=mid-event:3", "bad-chunk=3"),
                         [](const auto& each) {
                           std::string name = each.param;
                           for (char& c : name)
                             c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

TEST(AStreamThatTheConnectionsEndDelimits, IsBrokenWhereItEndsWithinAnEvent) {
  Stage stage;
  for (const char* target : {"/v1/chat/completions", "/v1/responses", "/v1/messages"}) {
    const auto told = stream(stage.port(), target, "sim:chunks=8;http10;close=mid-event:4");
    ASSERT_FALSE(told.events.empty()) << target;
    EXPECT_EQ(told.end, BodyEnd::cut) << target;
    EXPECT_THAT(told.events.back().text, HasSubstr("error")) << target;
  }
}

TEST(AStreamThatTheConnectionsEndDelimits, IsWholeWithItsEndMark) {
  Stage stage;
  const auto told = stream(stage.port(), "/v1/chat/completions", "sim:chunks=3;http10");
  ASSERT_FALSE(told.events.empty());
  EXPECT_EQ(told.end, BodyEnd::complete);
  EXPECT_EQ(told.events.back().data(), "[DONE]");
}

TEST(AStreamLostAfterItsEnd, IsComplete) {
  Stage stage;
  for (const auto& [target, mark] :
       {std::pair{"/v1/chat/completions", "[DONE]"}, {"/v1/messages", "message_stop"}}) {
    for (const char* cut : {"sim:close=after-done", "sim:reset=after-done"}) {
      const auto told = stream(stage.port(), target, cut);
      ASSERT_FALSE(told.events.empty()) << target << cut;
      EXPECT_EQ(told.end, BodyEnd::complete) << target << cut;
      EXPECT_THAT(told.events.back().text, HasSubstr(mark)) << cut;
    }
  }
}

TEST(AStreamWithoutItsEndMark, PassesAsItIs) {
  Stage stage;
  const auto told = stream(stage.port(), "/v1/chat/completions", "sim:no-done");
  EXPECT_EQ(told.end, BodyEnd::complete);
  ASSERT_FALSE(told.events.empty());
  EXPECT_THAT(told.events.back().text, Not(HasSubstr("error")));
}

TEST(AnErrorEventInMidStream, IsUpstreamsOwnWord) {
  Stage stage;
  const auto told = stream(stage.port(), "/v1/chat/completions", "sim:chunks=20;error-event=3");
  ASSERT_FALSE(told.events.empty());
  const auto errors = std::ranges::count_if(told.events, [](const StreamEvent& event) {
    return event.text.find("\"error\"") != std::string::npos;
  });
  EXPECT_EQ(errors, 1) << "no second one of ours";
}

TEST(AnInvalidEvent, PassesAsItIs) {
  Stage stage;
  const auto told = stream(stage.port(), "/v1/chat/completions", "sim:chunks=20;invalid-json-event=3");
  EXPECT_EQ(told.end, BodyEnd::complete);
  const auto invalid = std::ranges::count_if(told.events, [](const StreamEvent& event) {
    return event.data() != "[DONE]" && !nlohmann::json::accept(event.data());
  });
  EXPECT_EQ(invalid, 1);
}

TEST(ABrokenBody, ThatIsNoStreamNeverLooksComplete) {
  Stage stage({{"MAX_RETRIES", "0"}});
  for (const char* script : {"sim:close=body:20", "sim:reset=body:20", "sim:no-close-notify"}) {
    const auto answer = fetch(stage.port(), chat(script));
    EXPECT_TRUE(answer.status == 502 || answer.end != BodyEnd::complete)
        << script << ' ' << answer.status << ' ' << answer.body;
  }
}

}  // namespace
}  // namespace holysheep::testing
