#include <holysheep/http/usage_scan.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <unit/http/usage_answers.hpp>

namespace holysheep {
namespace {

using http::Dialect;
using http::Usage;
using http::UsageScan;

Usage of_openai(std::string_view json) {
  return after(Dialect::openai, plain, json).usage();
}

Usage of_chunks(std::string_view events) {
  return after(Dialect::openai, streamed, events).usage();
}

constexpr Usage unknown{};
TEST(UsageScan, ReadsEachDialectsAnswers) {
  for (const Answer& answer : answers) {
    const UsageScan scan = after(answer.dialect, answer.event_stream, answer.bytes);
    EXPECT_EQ(scan.usage(), answer.usage) << answer.name;
    EXPECT_EQ(scan.model(), answer.model) << answer.name;
  }
}

TEST(UsageScan, SaysTheSameWhereverAnAnswerIsCut) {
  for (const Answer& answer : answers) {
    const std::string_view bytes = answer.bytes;
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      UsageScan scan(answer.dialect, answer.event_stream);
      scan.feed(bytes.substr(0, cut));
      scan.feed(bytes.substr(cut));
      ASSERT_EQ(scan.usage(), answer.usage) << answer.name << " cut at " << cut;
      ASSERT_EQ(scan.model(), answer.model) << answer.name << " cut at " << cut;
    }
    UsageScan scan(answer.dialect, answer.event_stream);
    for (const char c : bytes) scan.feed({&c, 1});
    EXPECT_EQ(scan.usage(), answer.usage) << answer.name;
    EXPECT_EQ(scan.model(), answer.model) << answer.name;
  }
}

TEST(UsageScan, KnowsNothingBeforeAnAnswerSaysIt) {
  EXPECT_EQ(UsageScan(Dialect::openai, plain).usage(), unknown);
  EXPECT_EQ(UsageScan(Dialect::openai, streamed).model(), "");
  EXPECT_EQ(of_openai(""), unknown);
  EXPECT_EQ(of_openai(R"({"usage":null,"model":"a"})"), unknown);
  EXPECT_EQ(of_openai(R"({"usage":{}})"), unknown);
  EXPECT_EQ(of_openai(R"({"error":{"message":"no","type":"x"}})"), unknown);
  EXPECT_EQ(of_chunks("data: [DONE]\n\n"), unknown);
}

TEST(UsageScan, TellsZeroFromNothing) {
  EXPECT_EQ(of_openai(R"({"usage":{"prompt_tokens":0,"completion_tokens":0}})"), input_only(0));
}

TEST(UsageScan, SetsCumulativeCountsAndNeverAddsThem) {
  std::string stream =
      "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,"
      "\"cache_read_input_tokens\":5,\"output_tokens\":1}}}\n\n";
  for (const int output : {20, 30, 40}) {
    stream +=
        "data: {\"type\":\"message_delta\",\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":5,"
        "\"cache_creation_input_tokens\":null,\"output_tokens\":" +
        std::to_string(output) + "}}\n\n";
  }
  EXPECT_EQ(after(Dialect::anthropic, streamed, stream).usage(),
            (Usage{.input = 15, .cached_input = 5, .output = 40, .known = true}));
}

TEST(UsageScan, ReadsAnInterruptedStreamAsFarAsItCame) {
  EXPECT_EQ(after(Dialect::anthropic, streamed,
                  "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,"
                  "\"output_tokens\":1}}}\n\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"te")
                .usage(),
            (Usage{.input = 10, .output = 1, .known = true}));
}

TEST(UsageScan, LeavesACountAloneUntilItsEndHasPassed) {
  EXPECT_EQ(of_openai(R"({"usage":{"prompt_tokens":12)"), unknown);
  EXPECT_EQ(of_openai(R"({"usage":{"prompt_tokens":12 )"), input_only(12));
  EXPECT_EQ(of_openai(R"({"usage":{"prompt_tokens":12,)"), input_only(12));
  EXPECT_EQ(of_openai(R"({"usage":{"prompt_tokens":12})"), input_only(12));
}

// Some gateways put the names of both of OpenAI's APIs into one `usage`, and mean one of them.
TEST(UsageScan, TakesTheLargerOfOpenaisTwoSpellings) {
  const Usage both{.input = 21, .cached_input = 16, .output = 9, .reasoning = 4, .known = true};
  EXPECT_EQ(of_openai(R"({"usage":{"prompt_tokens":21,"completion_tokens":9,"prompt_tokens_details":)"
                      R"({"cached_tokens":16},"completion_tokens_details":{"reasoning_tokens":4},)"
                      R"("input_tokens":0,"output_tokens":0,"input_tokens_details":null}})"),
            both);
  EXPECT_EQ(of_openai(R"({"usage":{"input_tokens":21,"output_tokens":9,"input_tokens_details":)"
                      R"({"cached_tokens":16},"output_tokens_details":{"reasoning_tokens":4},)"
                      R"("prompt_tokens":0,"completion_tokens":0,"prompt_tokens_details":)"
                      R"({"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}})"),
            both);
}

TEST(UsageScan, IsNotFooledByTextThatLooksLikeUsage) {
  for (const std::string_view json : {
           R"({"x":"\"usage\":{\"prompt_tokens\":9}"})",
           R"({"x":"usage","y":{"prompt_tokens":9}})",
           R"({"x":"\\","y":"\\\"usage\":{\"prompt_tokens\":9,"})",
           R"({"choices":[{"delta":{"content":"{\"usage\":{\"prompt_tokens\":9}}"}}]})",
           R"({"choices":[{"message":{"content":"\",\"usage\":{\"prompt_tokens\":9},\"x\":\""}}]})",
           R"("usage":{"prompt_tokens":9})",
           R"(usage:{"usage":{"prompt_tokens":9}})",
           R"("x" {"usage":{"prompt_tokens":9}})",
           R"({} {"usage":{"prompt_tokens":9}})",
       }) {
    EXPECT_EQ(of_openai(json), unknown) << json;
  }
}

TEST(UsageScan, IsNotFooledByUsageInOtherPlaces) {
  for (const std::string_view json : {
           R"({"x":{"usage":{"prompt_tokens":9}}})",
           R"({"choices":[{"usage":{"prompt_tokens":9}}]})",
           R"({"response":{"response":{"usage":{"input_tokens":9}}}})",
           R"({"response":[{"usage":{"input_tokens":9}}]})",
           R"({"message":{"usage":{"input_tokens":9}}})",
           R"({"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":9}})",
           R"({"usage":{"usage":{"prompt_tokens":9}}})",
           R"({"usage":{"x":{"prompt_tokens":9},"cached_tokens":9,"reasoning_tokens":9}})",
           R"({"usage":{"completion_tokens_details":{"cached_tokens":9}}})",
           R"({"usage":[{"prompt_tokens":9}]})",
           R"({"usage":{"iterations":[{"prompt_tokens":9}]}})",
           R"({"usage":"prompt_tokens","x":{"prompt_tokens":9}})",
           R"({"usage":null,"x":{"prompt_tokens":9}})",
           R"({"usage" {"prompt_tokens":9}})",
           R"({"Usage":{"prompt_tokens":9},"usages":{"prompt_tokens":9},"usag":{"prompt_tokens":9}})",
           R"({"usage":{"Prompt_tokens":9,"prompt_token":9,"prompt_tokens_":9,"total_tokens":9}})",
           R"({"usageMetadata":{"promptTokenCount":9}})",
           R"([[{"usage":{"prompt_tokens":9}}]])",
       }) {
    EXPECT_EQ(of_openai(json), unknown) << json;
  }
  EXPECT_EQ(after(Dialect::anthropic, plain, R"({"input_tokens":9})").usage(), unknown) << "count_tokens";
  EXPECT_EQ(after(Dialect::anthropic, plain, R"({"usage":{"prompt_tokens":9}})").usage(), unknown);
  EXPECT_EQ(after(Dialect::gemini, plain, R"({"usage":{"promptTokenCount":9}})").usage(), unknown);
}

TEST(UsageScan, FindsUsageBehindWhateverStandsBefore) {
  for (const std::string_view before : {
           R"("a":"b")",
           R"("a":"\\")",
           R"("a":"\"")",
           R"("a":"\u0022\\\"{[")",
           R"("a":[],"b":{},"c":[[{"d":["}","]"]}]])",
           R"("a":-1.5e3,"b":true,"c":null)",
           R"("usage":7)",
           R"("usage":[1,{"prompt_tokens":9}])",
           R"("usage":"{")",
           R"("":"")",
       }) {
    const std::string json = "{" + std::string(before) + R"(,"usage":{"prompt_tokens":12}})";
    EXPECT_EQ(of_openai(json), input_only(12)) << json;
  }
  EXPECT_EQ(of_openai(" \r\n\t{ \"usage\"\t: {\n\"prompt_tokens\" \r:\n 12 \n} }"), input_only(12));
  EXPECT_EQ(of_openai("\xef\xbb\xbf{\"usage\":{\"prompt_tokens\":12}}"), input_only(12));
}

TEST(UsageScan, CountsOnlyIntegersUpTo2To53) {
  const auto count = [](std::string_view value) {
    return of_openai(R"({"usage":{"prompt_tokens":)" + std::string(value) + "}}");
  };
  EXPECT_EQ(count("9007199254740992"), input_only(9007199254740992));
  for (const std::string_view value :
       {"9007199254740993", "18446744073709551617", "99999999999999999999999999999999", "-1", "1.0", "1.5",
        "1e3", "null", "true", "\"12\"", "[12]", "{\"a\":12}", "", "x12", "1x", "+1", "NaN"}) {
    EXPECT_EQ(count(value), unknown) << value;
  }
}

TEST(UsageScan, KeepsTheLastGoodCount) {
  EXPECT_EQ(of_chunks("data: {\"usage\":{\"prompt_tokens\":12}}\n\n"
                      "data: {\"usage\":{\"prompt_tokens\":-1}}\n\n"
                      "data: {\"usage\":null}\n\n"),
            input_only(12));
  EXPECT_EQ(of_chunks("data: {\"usage\":{\"prompt_tokens\":12}}\n\n"
                      "data: {\"usage\":{\"prompt_tokens\":11}}\n\n"),
            input_only(11));
}

TEST(UsageScan, ReadsDataLinesAndNoOthers) {
  const std::string json = R"({"usage":{"prompt_tokens":12}})";
  for (const std::string_view name :
       {"data: ", "data:", "data:   ",
        "\xef\xbb\xbf"
        "data: ",
        ": x\ndata: ", "event: x\nid: 3\ndata: ", "x\n\n\n\ndata: ", "data\ndata: "}) {
    EXPECT_EQ(of_chunks(std::string(name) + json + "\n\n"), input_only(12)) << name;
  }
  for (const std::string_view name :
       {"", ":", ": data: ", "Data: ", "datax: ", "data : ", " data: ", "event: ", "dat", "x\xef\xbb\xbf"}) {
    EXPECT_EQ(of_chunks(std::string(name) + json + "\n\n"), unknown) << name;
  }
}

TEST(UsageScan, JoinsTheDataLinesOfAnEvent) {
  for (const std::string_view line_end : {"\n", "\r", "\r\n"}) {
    std::string event;
    for (const std::string_view line : {R"(data: {"usage":)", ": between", R"(data:  {"prompt_tokens":12)",
                                        "id: 1", "data:,", R"(data: "completion_tokens":3}})", ""}) {
      event.append(line).append(line_end);
    }
    EXPECT_EQ(of_chunks(event), (Usage{.input = 12, .output = 3, .known = true}));
  }
}

TEST(UsageScan, BeginsAnewWithEachEvent) {
  for (const std::string_view broken :
       {"{\"a\":\"", "{\"a\":\"\\", "{\"a\":[[[{", "{\"usage\":{", "{\"usage\":{\"prompt_tokens\":9",
        "{\"usage\":", "{\"usa", "}}}}", "not JSON", "[", "{\"x\" \"usage\""}) {
    for (const std::string_view line_end : {"\n", "\r", "\r\n"}) {
      std::string stream = "data: " + std::string(broken);
      stream.append(line_end).append(line_end);
      stream.append("data: {\"usage\":{\"completion_tokens\":3}}").append(line_end).append(line_end);
      const Usage usage = of_chunks(stream);
      EXPECT_EQ(usage.output, 3u) << broken;
    }
  }
  EXPECT_EQ(of_chunks("data: {\"usage\":{\n\ndata: \"prompt_tokens\":12}}\n\n"), unknown);
}

// Not by the rules, but seen: one line end between events.
TEST(UsageScan, ReadsWholeDocumentsOnLinesThatFollowEachOther) {
  EXPECT_EQ(of_chunks("data: {\"choices\":[]}\ndata: {\"usage\":{\"prompt_tokens\":12}}\ndata: [DONE]\n"),
            input_only(12));
}

TEST(UsageScan, NamesTheAnswersOwnModel) {
  const auto model = [](std::string_view json) {
    return std::string(after(Dialect::openai, plain, json).model());
  };
  EXPECT_EQ(model(R"({"choices":[{"model":"x"}],"x":"model","model":"gpt-5"})"), "gpt-5");
  EXPECT_EQ(model(R"({"model":"first","model":"second"})"), "first");
  EXPECT_EQ(model(R"({"model":"","model":"second"})"), "second");
  EXPECT_EQ(model(R"({"model":null,"model":["a"],"model":{"model":"b"},"model":"second"})"), "second");
  EXPECT_EQ(model(R"({"model":"org\/name\u0021"})"), "org/name!");
  EXPECT_EQ(model("{\"model\":\"mod\xc3\xa8le\"}"), "mod\xc3\xa8le");
  EXPECT_EQ(model(R"({"usage":{"model":"x"},"modelVersion":"x"})"), "");
  EXPECT_EQ(model(R"({"model":"unfinished)"), "");
  for (const std::string_view name : {R"(\x)", R"(a\nb)", R"(\ud83d)", "a\nb", "a\x7f"})
    EXPECT_EQ(model(R"({"model":")" + std::string(name) + R"("})"), "") << name;
}

TEST(UsageScan, NamesNoModelOfMoreThan128Bytes) {
  const std::string longest(128, 'm');
  for (const std::size_t piece : {1, 50, 1000}) {
    for (const std::string& name : {longest, longest + "m", std::string(100'000, 'm')}) {
      UsageScan scan(Dialect::openai, plain);
      const std::string json = R"({"model":")" + name + R"(","usage":{"prompt_tokens":12}})";
      for (std::size_t at = 0; at < json.size(); at += piece)
        scan.feed(std::string_view(json).substr(at, piece));
      EXPECT_EQ(scan.model(), name == longest ? longest : "");
      EXPECT_EQ(scan.usage(), input_only(12));
    }
  }
}

TEST(UsageScan, GoesThroughDeepNestingWithoutRecursion) {
  const std::string deep = R"({"x":)" + std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_EQ(of_openai(deep + R"(,"usage":{"prompt_tokens":12}})"), input_only(12));
}

// Its state is in the object itself: what a line of any length adds to it is nothing.
TEST(UsageScan, TakesALineOf10MiBInConstantMemory) {
  static_assert(sizeof(UsageScan) <= 512);
  const std::string piece = std::string(4000, 'A') + R"(\"usage\":{\"prompt_tokens\":9}\\)";
  UsageScan scan(Dialect::openai, streamed);
  scan.feed(R"(data: {"b64_json":")");
  for (std::size_t fed = 0; fed < (10u << 20); fed += piece.size()) scan.feed(piece);
  scan.feed("\",\"usage\":{\"prompt_tokens\":12}}\n\n");
  EXPECT_EQ(scan.usage(), input_only(12));
}

}  // namespace
}  // namespace holysheep
