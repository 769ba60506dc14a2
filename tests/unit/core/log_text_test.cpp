#include <holysheep/core/text.hpp>

#include <random>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep {
namespace {

using namespace std::chrono_literals;

std::string json(std::string_view text, std::size_t room = unbounded) {
  std::string out;
  append_json_string(out, text, room);
  return out;
}
std::string printable(std::string_view text, std::size_t room = unbounded) {
  std::string out;
  append_printable(out, text, room);
  return out;
}
std::string timestamp(std::chrono::system_clock::time_point time) {
  std::string out;
  append_timestamp(out, time);
  return out;
}

TEST(JsonString, EscapesWhatRfc8259Names) {
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json("plain text, long enough for whole words"), R"("plain text, long enough for whole words")");
  EXPECT_EQ(json("a\"b\\c\nd\re\tf"), R"("a\"b\\c\nd\re\tf")");
  EXPECT_EQ(json(std::string_view("\0\x01\x1f\x7f", 4)), R"("\u0000\u0001\u001f\u007f")");
  EXPECT_EQ(json("/"), R"("/")");
}

TEST(JsonString, FindsASpecialByteAtEveryPositionOfAWord) {
  for (const char special : {'"', '\\', '\n', '\x7f', '\x1f', '\xff'}) {
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, '~');
      text[at] = special;
      const auto expected = special == '\xff' ? std::string(text).replace(at, 1, "\uFFFD") : text;
      EXPECT_EQ(nlohmann::json::parse(json(text)).get<std::string>(), expected) << at;
      EXPECT_NE(json(text), '"' + text + '"') << at;
    }
  }
}

TEST(JsonString, KeepsWellFormedUtf8) {
  for (const std::string_view text :
       {"é", "สวัสดี", "羊", "🐑", "\xC2\xA0", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(json(text), '"' + std::string(text) + '"');
  }
}

TEST(JsonString, ReplacesEachByteThatIsNotUtf8) {
  const std::string_view bad = "\uFFFD";
  const std::pair<std::string_view, int> cases[] = {
      {"\x80", 1},              // a tail without a lead
      {"\xC0\xAF", 2},          // overlong '/'
      {"\xE0\x9F\xBF", 3},      // overlong
      {"\xED\xA0\x80", 3},      // a surrogate
      {"\xF0\x8F\xBF\xBF", 4},  // overlong
      {"\xF4\x90\x80\x80", 4},  // past U+10FFFF
      {"\xF5", 1},
      {"\xE2\x82", 2},  // cut off
      {"\xC3", 1},
  };
  for (const auto& [text, count] : cases) {
    std::string expected = "\"";
    for (int i = 0; i < count; ++i) expected += bad;
    EXPECT_EQ(json(text), expected + '"');
  }
  EXPECT_EQ(json("a\xFF"
                 "b"),
            "\"a\uFFFD"
            "b\"");
}

TEST(JsonString, CutsBetweenCharactersAndMarksTheCut) {
  EXPECT_EQ(json("abcdef", 6), R"("abcdef")");
  EXPECT_EQ(json("abcdefg", 6), "\"abc…\"");
  EXPECT_EQ(json("羊羊羊", 9), "\"羊羊羊\"");
  EXPECT_EQ(json("羊羊羊", 8), "\"羊…\"");
  EXPECT_EQ(json("\n\n\n\n", 7), "\"\\n\\n…\"");
  EXPECT_EQ(json("abcd", 0), "\"…\"");
}

TEST(JsonString, EveryRoomHoldsAndIsValid) {
  const std::string text = "a\"\n羊\xFF🐑\x01 plain plain plain plain";
  const auto whole = nlohmann::json::parse(json(text)).get<std::string>();
  for (std::size_t room = 3; room < 70; ++room) {
    const auto out = json(text, room);
    ASSERT_LE(out.size(), room + 2);
    auto back = nlohmann::json::parse(out).get<std::string>();
    if (back == whole) continue;
    ASSERT_TRUE(back.ends_with("…")) << room;
    back.resize(back.size() - std::string_view("…").size());
    ASSERT_TRUE(whole.starts_with(back)) << room;
  }
}

TEST(JsonString, RandomBytesAlwaysParse) {
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string text(random() % 80, ' ');
    const bool mostly_ascii = random() % 2 == 0;
    for (auto& c : text)
      c = static_cast<char>(mostly_ascii && random() % 8 != 0 ? 32 + random() % 95 : random());
    const std::size_t room = random() % 3 == 0 ? 3 + random() % 60 : unbounded;
    const auto out = json(text, room);
    ASSERT_TRUE(nlohmann::json::accept(out)) << round;
    if (room != unbounded) {
      ASSERT_LE(out.size(), room + 2) << round;
    }
    ASSERT_EQ(out.find('\n'), std::string::npos);
  }
}

TEST(Printable, KeepsOneLineOneLineAndSteersNoTerminal) {
  EXPECT_EQ(printable("say \"hi\" c:\\x"), "say \"hi\" c:\\x");
  EXPECT_EQ(printable("a\nb\x1b[31mc\x7f\xC2\x9B"
                      "d"),
            "a\\nb\\u001b[31mc\\u007f\\u009bd");
  EXPECT_EQ(printable("abcdefg", 6), "abc…");
}

TEST(Timestamp, IsRfc3339InUtcWithMilliseconds) {
  const std::chrono::sys_seconds second =
      std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 8h + 45min + 34s;
  EXPECT_EQ(timestamp(second), "2026-11-24T08:45:34.000Z");
  EXPECT_EQ(timestamp(second + 999'999us), "2026-11-24T08:45:34.999Z");
  EXPECT_EQ(timestamp(second + 7ms), "2026-11-24T08:45:34.007Z");
  EXPECT_EQ(timestamp(second + 1s), "2026-11-24T08:45:35.000Z");
  EXPECT_EQ(timestamp(std::chrono::sys_days(std::chrono::year(2024) / 2 / 29)), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(timestamp(std::chrono::sys_seconds{} - 1ms), "1969-12-31T23:59:59.999Z");
}

TEST(Number, EveryWidth) {
  std::string out;
  for (const unsigned long long n : {0ULL, 9ULL, 10ULL, 18446744073709551615ULL}) {
    append_number(out, n);
    out.push_back(' ');
  }
  EXPECT_EQ(out, "0 9 10 18446744073709551615 ");
}

}  // namespace
}  // namespace holysheep
