#include <holysheep/http/whole_events.hpp>

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

std::string pass(WholeEvents& gate, const std::vector<std::string>& came, bool last = false) {
  WholeEvents::Pieces pieces;
  for (const auto& piece : came) pieces.push_back(piece);
  gate.pass(pieces, last);
  std::string out;
  for (const auto piece : pieces) out += piece;
  return out;
}

TEST(WholeEvents, PassAtOnce) {
  WholeEvents gate(Dialect::openai, 4096);
  EXPECT_EQ(pass(gate, {"data: 1\n\n", "data: 2\n\n"}), "data: 1\n\ndata: 2\n\n");
  EXPECT_FALSE(gate.inside_event());
}

TEST(WholeEvents, TheBeginningOfOneWaitsForItsEnd) {
  WholeEvents gate(Dialect::openai, 4096);
  EXPECT_EQ(pass(gate, {"data: 1\n\ndata: tw"}), "data: 1\n\n");
  EXPECT_FALSE(gate.inside_event());
  EXPECT_EQ(pass(gate, {"o\n"}), "");
  EXPECT_EQ(pass(gate, {"\nda", "ta: 3"}), "data: two\n\n");
  EXPECT_EQ(pass(gate, {}, true), "data: 3") << "at the end everything passes as it is";
}

TEST(WholeEvents, OneTooLargeToBeHeldPassesAsItComes) {
  WholeEvents gate(Dialect::openai, 10);
  EXPECT_EQ(pass(gate, {"data: 12"}), "");
  EXPECT_EQ(pass(gate, {"3456"}), "data: 123456");
  EXPECT_TRUE(gate.inside_event());
  EXPECT_EQ(pass(gate, {"789"}), "789");
  EXPECT_EQ(pass(gate, {"\n\ndata"}), "\n\n");
  EXPECT_FALSE(gate.inside_event());
}

TEST(WholeEvents, OneThatHasBegunToPassGoesOnWhereNothingCame) {
  WholeEvents gate(Dialect::openai, 10);
  EXPECT_EQ(pass(gate, {"data: 123456"}), "data: 123456");
  EXPECT_EQ(pass(gate, {}), "") << "a read may bring no more than a chunk's size line";
  EXPECT_TRUE(gate.inside_event());
  EXPECT_EQ(pass(gate, {"78"}), "78");
  EXPECT_EQ(pass(gate, {"\n", "\n"}), "\n\n");
  EXPECT_FALSE(gate.inside_event());
}

TEST(WholeEvents, KnowTheStreamsOwnEnd) {
  WholeEvents gate(Dialect::openai, 4096);
  (void)pass(gate, {"data: [DONE]\n"});
  EXPECT_FALSE(gate.ended());
  (void)pass(gate, {"\n"});
  EXPECT_TRUE(gate.ended());
}

TEST(WholeEvents, CutAnywhereGiveTheSameBytesAndNeverHalfAnEvent) {
  const std::string stream =
      "data: one\n\n: note\n\nevent: x\r\ndata: two\r\n\r\ndata: three\rdata: more\r\rdata: [DONE]\n\n";
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    WholeEvents gate(Dialect::openai, 4096);
    std::string out;
    for (std::size_t at = 0; at < stream.size();) {
      std::vector<std::string> came;
      for (unsigned n = random() % 3 + 1; n > 0 && at < stream.size(); --n) {
        came.push_back(stream.substr(at, random() % 9 + 1));
        at += came.back().size();
      }
      out += pass(gate, came, at >= stream.size());
      ASSERT_TRUE(stream.starts_with(out));
      SseTracker reader(Dialect::openai);
      reader.feed(out);
      ASSERT_TRUE(reader.at_event_boundary()) << out;
    }
    ASSERT_EQ(out, stream);
    ASSERT_TRUE(gate.ended());
  }
}

bool torn_after(std::string_view bytes) {
  WholeEvents events(Dialect::openai, 4096);
  WholeEvents::Pieces pieces{bytes};
  events.pass(pieces, false);
  return events.torn();
}

TEST(WholeEvents, AreTornWhereTheStreamStopsWithinAnEventThatIsNotItsEnd) {
  EXPECT_TRUE(torn_after("data: {\"a\":1}\n\ndata: {\"a"));
  EXPECT_TRUE(torn_after("data: {\"a\":1}\n"));
  EXPECT_FALSE(torn_after("data: {\"a\":1}\n\n"));
  EXPECT_FALSE(torn_after("data: {\"a\":1}\n\n: comment\n"));
  EXPECT_FALSE(torn_after("data: [DONE]\n")) << "the last blank line is often forgotten";
  EXPECT_FALSE(torn_after("data: [DONE]"));
  EXPECT_FALSE(torn_after(""));
}

}  // namespace
}  // namespace holysheep::http
