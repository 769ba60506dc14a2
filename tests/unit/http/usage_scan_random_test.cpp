// What no example thinks of: other readers' opinion of random documents, and malformed ones.
#include <holysheep/http/usage_scan.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unit/http/cutting.hpp>
#include <unit/http/usage_answers.hpp>

namespace holysheep {
namespace {

using http::Dialect;
using http::Usage;
using http::UsageScan;
using nlohmann::json;

void expect_the_same_however_cut(Dialect dialect, bool event_stream, std::string_view text,
                                 std::mt19937& random) {
  const UsageScan whole = after(dialect, event_stream, text);
  for (const std::size_t longest : {1, 7, 200}) {
    UsageScan cut(dialect, event_stream);
    for (const auto piece : random_cuts(text, random, longest)) cut.feed(piece);
    ASSERT_EQ(cut.usage(), whole.usage()) << text;
    ASSERT_EQ(cut.model(), whole.model()) << text;
  }
}

json random_object(std::mt19937& random, int depth);

json random_value(std::mt19937& random, int depth) {
  switch (random() % (depth < 5 ? 10 : 7)) {
    case 0:
      return nullptr;
    case 1:
      return -1.5;
    case 2:
      return R"({"usage":{"prompt_tokens":7}},"\)";
    case 7:
      return json::array({random_value(random, depth + 1), random_value(random, depth + 1)});
    case 8:
    case 9:
      return random_object(random, depth + 1);
    default:
      return random() % 1000;
  }
}

json random_object(std::mt19937& random, int depth) {
  static const std::vector<std::string> containers = {"usage", "usage", "response", "prompt_tokens_details",
                                                      "x"};
  static const std::vector<std::string> others = {"model", "prompt_tokens", "input_tokens", "cached_tokens",
                                                  "a\"b\\"};
  json object = json::object();
  for (unsigned i = random() % 5; depth < 5 && i > 0; --i) {
    const std::string& key = containers[random() % containers.size()];
    object[key] = random() % 4 == 0 ? random_value(random, depth) : random_object(random, depth + 1);
  }
  for (unsigned i = random() % 6; i > 0; --i)
    object[others[random() % others.size()]] = random_value(random, depth);
  return object;
}

json member(const json& object, const char* key) {
  return object.is_object() ? object.value(key, json()) : json();
}

/// As the larger of the two spellings, each as it was said last: nlohmann's objects come sorted.
Usage read_by_nlohmann(const json& answer) {
  Usage usage;
  std::uint64_t prompt = 0;
  std::uint64_t input = 0;
  const auto set = [&](std::uint64_t& count, const json& value) {
    if (!value.is_number_unsigned()) return;
    count = value.get<std::uint64_t>();
    usage.known = true;
  };
  for (const json& counts : {member(member(answer, "response"), "usage"), member(answer, "usage")}) {
    set(input, member(counts, "input_tokens"));
    set(prompt, member(counts, "prompt_tokens"));
    set(usage.cached_input, member(member(counts, "prompt_tokens_details"), "cached_tokens"));
  }
  usage.input = std::max(input, prompt);
  return usage;
}

TEST(UsageScan, AgreesWithAWholeParserOnRandomDocuments) {
  std::mt19937 random(4712);
  int known = 0;
  for (int round = 0; round < 2'000; ++round) {
    json answer = random_object(random, 0);
    if (random() % 2 == 0) answer["usage"] = random_object(random, 1);
    const std::string text = answer.dump(random() % 2 == 0 ? -1 : 1);
    const Usage expected = read_by_nlohmann(answer);
    known += expected.known ? 1 : 0;
    ASSERT_EQ(after(Dialect::openai, plain, text).usage(), expected) << text;
    expect_the_same_however_cut(Dialect::openai, plain, text, random);
  }
  EXPECT_GT(known, 400) << "the documents must say enough to matter";
}

TEST(UsageScan, SaysTheSameHoweverADamagedAnswerIsCut) {
  std::mt19937 random(4713);
  for (int round = 0; round < 5'000; ++round) {
    const Answer& answer = answers[random() % answers.size()];
    std::string text = answer.bytes;
    for (unsigned i = random() % 4; i > 0; --i) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text.erase(at, 1 + random() % 3);
      } else {
        text.insert(at, 1, "\"\\{}[],:\n\r 1-"[random() % 13]);
      }
    }
    expect_the_same_however_cut(answer.dialect, answer.event_stream, text, random);
  }
}

const std::vector<std::string_view> tokens = {"{",
                                              "}",
                                              "[",
                                              "]",
                                              ":",
                                              ",",
                                              "\"",
                                              "\\",
                                              "\n",
                                              "\r",
                                              "\r\n",
                                              "\n\n",
                                              " ",
                                              "data: ",
                                              "data",
                                              "event: x",
                                              "12",
                                              "9007199254740992",
                                              "-1.5e3",
                                              "null",
                                              "\"usage\":{",
                                              "\"usageMetadata\":{",
                                              "\"message\":{",
                                              "\"response\":{",
                                              "\"input_tokens\":",
                                              "\"prompt_tokens\":12,",
                                              "\"prompt_tokens_details\":{\"cached_tokens\":",
                                              "\"promptTokenCount\":3,",
                                              "\"model\":\"",
                                              "\"modelVersion\":\"a\\u0041",
                                              "\xef\xbb\xbf",
                                              "\xff\x80"};

TEST(UsageScan, SaysTheSameHoweverMalformedBytesAreCut) {
  std::mt19937 random(4711);
  for (int round = 0; round < 3'000; ++round) {
    std::string text = round % 4 < 2 ? "data: {" : "{";
    for (int i = 0; i < 30; ++i) {
      text += tokens[random() % tokens.size()];
      if (random() % 16 == 0) text += std::string(random() % 150, 'y');
      if (random() % 8 == 0) text += static_cast<char>(random());
    }
    const auto dialect = static_cast<Dialect>(round % 3);
    const bool event_stream = round % 4 < 2;
    expect_the_same_however_cut(dialect, event_stream, text, random);
  }
}

TEST(UsageScan, PassesRandomBytes) {
  std::mt19937 random(815);
  for (int round = 0; round < 2'000; ++round) {
    UsageScan scan(static_cast<Dialect>(round % 3), round % 2 == 0);
    std::string bytes(random() % 500, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    scan.feed("data: {\"usage\":");
    scan.feed(bytes);
    EXPECT_LE(scan.model().size(), 128u);
  }
}

}  // namespace
}  // namespace holysheep
