#include <holysheep/http/json_canonical.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep {
namespace {

using http::canonical_json;
using nlohmann::json;

std::string text_of(std::string_view spelling) {
  const auto canonical = canonical_json(spelling);
  return canonical ? canonical->text : "none";
}

TEST(CanonicalJson, SortsMembersOnEveryLevel) {
  EXPECT_EQ(text_of(R"({"b":1,"a":{"d":[{"z":0,"y":1}],"c":null},"c":{}})"),
            R"({"a":{"c":null,"d":[{"y":1,"z":0}]},"b":1,"c":{}})");
  EXPECT_EQ(text_of(R"({"a":1,"b":2})"), R"({"a":1,"b":2})");
  EXPECT_EQ(text_of(R"({"ab":1,"a":2,"":3})"), R"({"":3,"a":2,"ab":1})");
}

TEST(CanonicalJson, KeepsTheOrderOfElements) {
  EXPECT_EQ(text_of("[3, [], [1,2], {}, true]"), "[3,[],[1,2],{},true]");
  EXPECT_NE(text_of("[1,2]"), text_of("[2,1]"));
}

TEST(CanonicalJson, DropsWhiteSpaceAndAByteOrderMark) {
  EXPECT_EQ(text_of("\xef\xbb\xbf { \"a\" :\t[ 1 ,\r\n 2 ] } \n"), R"({"a":[1,2]})");
  EXPECT_EQ(text_of(R"(" a ")"), R"(" a ")");
}

TEST(CanonicalJson, HasOneSpellingForEveryString) {
  EXPECT_EQ(text_of(R"("\u0041\/\u00e9\ud83d\ude00\u000a\b")"), text_of("\"A/\u00e9\U0001F600\\n\\u0008\""));
  EXPECT_EQ(text_of(R"({"\u0061":1})"), R"({"a":1})");
  EXPECT_NE(text_of(R"("\\u0041")"), text_of(R"("\u0041")"));
  EXPECT_NE(text_of(R"("a\u0000b")"), text_of(R"("ab")"));
}

TEST(CanonicalJson, TellsWhatLooksLikeStructureFromStructure) {
  EXPECT_NE(text_of(R"({"a":"1,\"b\":2"})"), text_of(R"({"a":"1","b":2})"));
  EXPECT_NE(text_of(R"(["1","2"])"), text_of(R"(["1\",\"2"])"));
  EXPECT_NE(text_of(R"({"a":"1"})"), text_of(R"({"a":1})"));
  EXPECT_NE(text_of("[]"), text_of("{}"));
  EXPECT_NE(text_of("[[],[]]"), text_of("[[[]]]"));
}

TEST(CanonicalJson, NeverMakesTwoNumbersOne) {
  const std::vector<std::string> different = {"0.1",
                                              "0.10000000000000001",
                                              "9007199254740993",
                                              "9007199254740992",
                                              "9007199254740993.0",
                                              "18446744073709551615",
                                              "18446744073709551616",
                                              "18446744073709551617",
                                              "-9223372036854775808",
                                              "-9223372036854775809",
                                              "1e-400",
                                              "2e-400",
                                              "1",
                                              "-1",
                                              "0"};
  std::vector<std::string> texts;
  for (const auto& number : different) texts.push_back(text_of("[" + number + "]"));
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], "[" + different[i] + "]");
  EXPECT_EQ(text_of("-0"), "0");
}

TEST(CanonicalJson, RefusesWhatIsNoJson) {
  for (const std::string_view text :
       {"",    " ",     "{",       "}",       "{\"a\"}", "{\"a\":}", "{\"a\":1,}",   "[1,]",
        "nul", "01",    "1 2",     "{'a':1}", "\"\n\"",  "\"\xff\"", "\"\xc0\x80\"", R"("\ud800")",
        "NaN", "1e999", "// x\n1", "{} {}"}) {
    EXPECT_EQ(text_of(text), "none") << text;
  }
  EXPECT_EQ(text_of(std::string_view("{}\0x", 4)), "none");
  EXPECT_EQ(text_of(std::string_view("{}\0", 3)), "none");
}

TEST(CanonicalJson, RefusesANameThatStandsTwice) {
  EXPECT_EQ(text_of(R"({"a":1,"a":1})"), "none");
  EXPECT_EQ(text_of(R"({"a":1,"b":2,"\u0061":3})"), "none");
  EXPECT_EQ(text_of(R"({"x":{"b":1,"a":2,"b":3}})"), "none");
  EXPECT_EQ(text_of(R"({"a":{"a":1}})"), R"({"a":{"a":1}})");
}

TEST(CanonicalJson, RefusesNestingDeeperThan256) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(text_of(nested(256)), nested(256));
  EXPECT_EQ(text_of(nested(257)), "none");
  EXPECT_EQ(text_of(std::string(1'000'000, '[')), "none");
}

/// `depth` objects in one another, each out of order, around a string of `size` bytes.
std::string disordered(std::size_t depth, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += R"({"b":)";
  text += '"' + std::string(size, 'x') + '"';
  for (std::size_t i = 0; i < depth; ++i) text += R"(,"a":0})";
  return text;
}

TEST(CanonicalJson, DoesNotMoveALargeTextManyTimes) {
  EXPECT_NE(text_of(disordered(16, 100'000)), "none");
  EXPECT_NE(text_of(disordered(16, 0)), "none");
  EXPECT_EQ(text_of(disordered(200, 100'000)), "none");
}

TEST(CanonicalJson, SeesATemperatureOfZeroAtTheTopAlone) {
  for (const std::string_view zero : {"0", "0.0", "0e5", "-0.0", "-0", "0E-3", "0.000"}) {
    EXPECT_TRUE(canonical_json(R"({"x":[{}],"temperature":)" + std::string(zero) + "}")->temperature_zero)
        << zero;
  }
  for (const std::string_view text :
       {R"({"temperature":0.1})", R"({"temperature":1})", R"({"temperature":"0"})", R"({"temperature":null})",
        R"({"temperature":[0]})", R"({"temperature":{"a":0}})", R"({"a":{"temperature":0}})",
        R"([{"temperature":0}])", R"({"Temperature":0})", R"({"a":"temperature","b":0})",
        R"(["temperature",0])", "0"}) {
    EXPECT_FALSE(canonical_json(text)->temperature_zero) << text;
  }
}

TEST(CanonicalJson, SeesAStreamAtTheTopAlone) {
  EXPECT_TRUE(canonical_json(R"({"a":{"b":1},"stream":true,"z":0})")->stream);
  EXPECT_TRUE(canonical_json(R"({"\u0073tream":true})")->stream);
  for (const std::string_view text :
       {R"({"stream":false})", R"({"stream":1})", R"({"stream":"true"})", R"({"stream":[true]})",
        R"({"a":{"stream":true}})", R"([{"stream":true}])", "true"}) {
    EXPECT_FALSE(canonical_json(text)->stream) << text;
  }
}

json random_value(std::mt19937& random, int depth) {
  static const std::vector<std::string> strings = {"",   "a",  "b\"", "\n\t\x01", "\u00e9\U0001F600",
                                                   "\\", "{}", "\x7f"};
  switch (random() % (depth < 4 ? 8 : 5)) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<int>(random() % 2000) - 1000;
    case 3:
      return static_cast<double>(random() % 1000) / 8 + 0.0625;
    case 4:
      return strings[random() % strings.size()];
    case 5: {
      json array = json::array();
      for (unsigned i = random() % 4; i > 0; --i) array.push_back(random_value(random, depth + 1));
      return array;
    }
    default: {
      json object = json::object();
      for (unsigned i = random() % 6; i > 0; --i) {
        object[strings[random() % strings.size()]] = random_value(random, depth + 1);
      }
      return object;
    }
  }
}

std::string space(std::mt19937& random) {
  return std::string(random() % 8 == 0 ? random() % 3 : 0, " \t\n\r"[random() % 4]);
}

/// Some spelling of `value`.
std::string spelt(const json& value, std::mt19937& random) {
  std::string text = space(random);
  if (value.is_object()) {
    std::vector<std::string> members;
    for (const auto& [name, member] : value.items()) {
      members.push_back(spelt(name, random) + ":" + spelt(member, random));
    }
    std::shuffle(members.begin(), members.end(), random);
    text += '{';
    for (std::size_t i = 0; i < members.size(); ++i) text += (i == 0 ? "" : ",") + members[i];
    text += '}';
  } else if (value.is_array()) {
    text += '[';
    for (std::size_t i = 0; i < value.size(); ++i) text += (i == 0 ? "" : ",") + spelt(value[i], random);
    text += ']';
  } else {
    text += value.dump(-1, ' ', random() % 2 == 0);
  }
  return text + space(random);
}

TEST(CanonicalJson, IsTheSameForAllSpellingsOfAValueAndForNoOther) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const json value = random_value(random, 0);
    const std::string text = text_of(spelt(value, random));
    ASSERT_EQ(text, text_of(spelt(value, random))) << value;
    ASSERT_EQ(text_of(text), text);
    ASSERT_EQ(json::parse(text), value);
  }
}

}  // namespace
}  // namespace holysheep
