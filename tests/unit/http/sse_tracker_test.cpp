#include <holysheep/http/sse_tracker.hpp>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <unit/http/cutting.hpp>

namespace holysheep {
namespace {

using http::Dialect;
using http::SseTracker;

std::string with_line_ends(std::string_view text, std::string_view line_end) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += line_end;
    } else {
      out += c;
    }
  }
  return out;
}

SseTracker after(Dialect dialect, std::string_view bytes) {
  SseTracker tracker(dialect);
  tracker.feed(bytes);
  return tracker;
}

TEST(SseTracker, IsAtABoundaryBeforeTheFirstByte) {
  const SseTracker tracker(Dialect::openai);
  EXPECT_TRUE(tracker.at_event_boundary());
  EXPECT_FALSE(tracker.ended());
  EXPECT_EQ(tracker.events(), 0u);
}

// WHATWG HTML §9.2.6: where each byte leaves the stream, for each kind of line end
TEST(SseTracker, FollowsBoundariesByteForByte) {
  constexpr std::string_view text = "event: a\ndata: b\n\n: comment\n\ndata\n\n\n";
  for (const std::string_view line_end : {"\n", "\r", "\r\n"}) {
    SseTracker tracker(Dialect::openai);
    std::size_t at = 0;
    for (const char c : text) {
      tracker.feed(c == '\n' ? line_end : std::string_view(&c, 1));
      ++at;
      const std::string_view so_far = text.substr(0, at);
      const bool nothing_pending = so_far.ends_with("\n\n") || so_far.ends_with(": comment\n");
      EXPECT_EQ(tracker.at_event_boundary(), nothing_pending) << at;
    }
    EXPECT_EQ(tracker.events(), 2u);
  }
}

TEST(SseTracker, CountsEventsThatCarryData) {
  EXPECT_EQ(after(Dialect::openai, "data: a\n\ndata: b\ndata: c\n\n").events(), 2u);
  EXPECT_EQ(after(Dialect::openai, "event: a\n\nid: 1\n\n: x\n\n\n\n").events(), 0u);
  EXPECT_EQ(after(Dialect::openai, "data\n\ndata:\n\n").events(), 2u) << "data may be empty";
  EXPECT_EQ(after(Dialect::openai, "datax: a\n\n Data: a\n\n").events(), 0u);
  EXPECT_EQ(after(Dialect::openai, "data: a\n").events(), 0u) << "not complete yet";
}

std::uint64_t progress_of(Dialect dialect, std::string_view bytes) {
  SseTracker tracker(dialect);
  tracker.feed(bytes);
  return tracker.progress();
}

TEST(SseTracker, SeesProgressInDataAlone) {
  for (const auto dialect : {Dialect::openai, Dialect::anthropic}) {
    EXPECT_EQ(progress_of(dialect, "data: {\"a\":1}\n\n"), 1U);
    EXPECT_EQ(progress_of(dialect, ": keep-alive\n\n"), 0U);
    EXPECT_EQ(progress_of(dialect, "event: ping\ndata: {\"type\": \"ping\"}\n\n"), 0U);
    EXPECT_EQ(progress_of(dialect, "data: {\"type\":\"ping\"}\n\n"), 0U);
    EXPECT_EQ(progress_of(dialect, "\n\n\r\n"), 0U);
    EXPECT_EQ(progress_of(dialect, "event: delta\n"), 0U);
    EXPECT_EQ(progress_of(dialect, "event: ping\ndata: {}\n\ndata: x\n\n"), 1U) << "the next is no ping";
  }
}

TEST(SseTracker, CountsNoPingAsAnEvent) {
  SseTracker tracker(Dialect::anthropic);
  tracker.feed("event: ping\ndata: {\"type\": \"ping\"}\n\n");
  EXPECT_EQ(tracker.events(), 0U);
  tracker.feed("event: message_start\ndata: {}\n\n");
  EXPECT_EQ(tracker.events(), 1U);
}

TEST(SseTracker, SeesProgressInALongLineBeforeItsEnd) {
  SseTracker tracker(Dialect::openai);
  tracker.feed("data: " + std::string(100, 'x'));
  const auto first = tracker.progress();
  EXPECT_GT(first, 0U);
  tracker.feed("xxxx");
  EXPECT_GT(tracker.progress(), first);
}

TEST(SseTracker, TakesAByteOrderMarkOffTheFirstLineOnly) {
  EXPECT_TRUE(after(Dialect::openai,
                    "\xef\xbb\xbf"
                    "data: [DONE]\n\n")
                  .ended());
  EXPECT_FALSE(after(Dialect::openai,
                     "\n\xef\xbb\xbf"
                     "data: [DONE]\n\n")
                   .ended());
}

struct Mark {
  Dialect dialect;
  std::string_view event;
  bool ends;
};

const std::vector<Mark> marks = {
    {Dialect::openai, "data: [DONE]\n\n", true},
    {Dialect::openai, "data:[DONE]\n\n", true},
    {Dialect::openai, "event: done\ndata: [DONE]\nid: 3\n\n", true},
    {Dialect::openai, "event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n", true},
    {Dialect::openai, "event: response.failed\ndata: {}\n\n", true},
    {Dialect::openai, "data: {}\nevent:response.incomplete\n\n", true},
    {Dialect::openai, "data:  [DONE]\n\n", false},
    {Dialect::openai, "data: [DONE] \n\n", false},
    {Dialect::openai, "data: {\"text\":\"[DONE]\"}\n\n", false},
    {Dialect::openai, ": [DONE]\n\n", false},
    {Dialect::openai, "event: [DONE]\n\n", false},
    {Dialect::openai, "event: response.created\ndata: {}\n\n", false},
    {Dialect::openai, "event: response.completed\nevent: x\ndata: {}\n\n", false},
    {Dialect::openai, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", false},
    {Dialect::anthropic, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", true},
    {Dialect::anthropic, "event: message_stop\ndata: {}\n\n", true},
    {Dialect::anthropic, "data: {\"type\":\"message_stop\"}\n\n", true},
    {Dialect::anthropic, "data: { \"x\" : {\"type\":\"a\"}, \"type\" : \"message_stop\" }\n\n", true},
    {Dialect::anthropic, "data: {\"type\":\"content_block_delta\",\"text\":\"message_stop\"}\n\n", false},
    {Dialect::anthropic, "data: {\"x\":{\"type\":\"message_stop\"}}\n\n", false},
    {Dialect::anthropic, "data: {\"text\":\"\\\"type\\\":\\\"message_stop\\\"\"}\n\n", false},
    {Dialect::anthropic, "data: [DONE]\n\n", false},
    {Dialect::anthropic, "event: message_stopped\ndata: {}\n\n", false},
    {Dialect::gemini, "data: [DONE]\n\n", false},
};

TEST(SseTracker, KnowsTheStreamsOwnEndOfEachDialect) {
  for (const Mark& mark : marks)
    EXPECT_EQ(after(mark.dialect, "data: {}\n\n" + std::string(mark.event)).ended(), mark.ends) << mark.event;
}

TEST(SseTracker, EndsOnlyWithTheMarksBlankLineWhereverItIsCut) {
  for (const Mark& mark : marks) {
    for (const std::string_view line_end : {"\n", "\r", "\r\n"}) {
      const std::string bytes = with_line_ends(mark.event, line_end);
      const std::size_t blank = bytes.size() - line_end.size();
      for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        SseTracker tracker(mark.dialect);
        tracker.feed(std::string_view(bytes).substr(0, cut));
        if (cut <= blank) {
          ASSERT_FALSE(tracker.ended()) << mark.event << " cut at " << cut;
        }
        tracker.feed(std::string_view(bytes).substr(cut));
        ASSERT_EQ(tracker.ended(), mark.ends) << mark.event << " cut at " << cut;
        ASSERT_TRUE(tracker.at_event_boundary());
      }
    }
  }
}

TEST(SseTracker, StaysEnded) {
  EXPECT_TRUE(after(Dialect::openai, "data: [DONE]\n\ndata: x\n\n").ended());
}

TEST(SseTracker, FindsATypeThatALongLineBeginsWith) {
  const std::string metrics =
      R"({"type":"message_stop","metrics":{"a":")" + std::string(5000, 'x') + R"("}})";
  EXPECT_TRUE(after(Dialect::anthropic, "data: " + metrics + "\n\n").ended());
}

// A line is looked at by its beginning alone: what comes later must not be taken for a mark.
TEST(SseTracker, IsNotFooledByLongLines) {
  for (std::size_t length = 100; length < 160; ++length) {
    const std::string line = "data: " + std::string(length, ' ') + "[DONE]\n";
    EXPECT_FALSE(after(Dialect::openai, line + "\n").ended()) << length;
    EXPECT_FALSE(after(Dialect::openai, line).at_event_boundary()) << length;
    EXPECT_EQ(after(Dialect::openai, line + "\n").events(), 1u) << length;
  }
}

TEST(SseTracker, SaysTheSameHoweverARandomStreamIsCut) {
  std::mt19937 random(4711);
  const std::vector<std::string_view> lines = {
      "data: {\"a\":1}", "data", "event: message_stop", ": ping", "", "", "id: 1", "data: [DONE]", "x"};
  const std::vector<std::string_view> line_ends = {"\n", "\r", "\r\n"};
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (int i = 0; i < 30; ++i) {
      text += lines[random() % lines.size()];
      if (random() % 8 == 0) text += std::string(random() % 300, 'y');
      text += line_ends[random() % line_ends.size()];
    }
    const Dialect dialect = round % 2 == 0 ? Dialect::openai : Dialect::anthropic;
    const SseTracker whole = after(dialect, text);
    for (const std::size_t longest : {1, 7, 200}) {
      SseTracker cut(dialect);
      for (const auto piece : random_cuts(text, random, longest)) cut.feed(piece);
      ASSERT_EQ(cut.events(), whole.events()) << text;
      ASSERT_EQ(cut.ended(), whole.ended()) << text;
      ASSERT_EQ(cut.at_event_boundary(), whole.at_event_boundary()) << text;
    }
  }
}

}  // namespace
}  // namespace holysheep
