#include <holysheep/http/model_name.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using http::top_level_string;

std::string found(std::string_view json) {
  std::string decoded;
  return std::string(top_level_string(json, "model", decoded, 128).value_or("(none)"));
}

TEST(ModelName, FindsTheTopLevelMember) {
  struct Case {
    std::string_view json;
    std::string_view model;
  };
  const std::vector<Case> cases = {
      {R"({"model":"gpt-4.1"})", "gpt-4.1"},
      {R"({"model":"gpt-4.1","messages":[)", "gpt-4.1"},
      {" {\r\n\t\"model\" \n: \"a\" }", "a"},
      {R"({"stream":true,"n":-1.5e3,"x":null,"model":"a"})", "a"},
      {R"({"messages":[{"role":"user","content":"hi"}],"model":"a"})", "a"},
      {R"({"a":{"b":[{}, [], {"c":"}"}]},"model":"a"})", "a"},
      {R"({"a":{},"b":[],"model":"a"})", "a"},
      {R"({"":"","model":""})", ""},
      {R"({"model":"first","model":"second"})", "first"},
      {R"({"model":null,"model":"second"})", "second"},
      {R"({"model":"org/name:free"})", "org/name:free"},
      {"{\"model\":\"mod\xc3\xa8le\"}", "mod\xc3\xa8le"},
  };
  for (const Case& c : cases) EXPECT_EQ(found(c.json), c.model) << c.json;
}

TEST(ModelName, IsNotFooledByOtherModels) {
  for (const std::string_view json : {
           R"({"x":{"model":"a"}})",
           R"({"x":[{"model":"a"}]})",
           R"([{"model":"a"}])",
           R"("model")",
           R"({"x":"\"model\":\"a\""})",
           R"({"x":"\\","y":"\\\",\"model\":\"a"})",
           R"({"x":"model","y":"a"})",
           R"({"Model":"a","models":"a","mode":"l","xmodel":"a"})",
           R"({"x":["}",{"y":"]"},"model"],"z":"a"})",
           R"({"model":7})",
           R"({"model":["a"]})",
           R"({"model":{"model":"a"}})",
           R"({"x":1 "model":"a"})",
           R"({"x" "model":"a"})",
           R"({x:1,"model":"a"})",
           R"({"x":,"y" : })",
           "",
           "{",
           "{}",
           "null",
       }) {
    EXPECT_EQ(found(json), "(none)") << json;
  }
}

TEST(ModelName, SaysNothingBeforeItsWholeValueIsThere) {
  const std::string json = R"({"messages":[{"content":"say \"model\": x\\"}],"model":"a-model","n":1})";
  const std::size_t enough = json.find("a-model") + 8;
  for (std::size_t size = 0; size <= json.size(); ++size)
    EXPECT_EQ(found(json.substr(0, size)), size < enough ? "(none)" : "a-model") << size;
}

// RFC 8259 §7
TEST(ModelName, TakesEscapesOff) {
  EXPECT_EQ(found(R"({"model":"org\/name"})"), "org/name");
  EXPECT_EQ(found(R"({"model":"a\"b\\c"})"), "a\"b\\c");
  EXPECT_EQ(found(R"({"model":"\u0067pt\u002D4"})"), "gpt-4");
  EXPECT_EQ(found(R"({"model":"\u00e9\u20AC\ud83d\ude00"})"), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(found(R"({"mod\u0065l":"a"})"), "a") << "the key too";
}

TEST(ModelName, RefusesMalformedNames) {
  for (const std::string_view name :
       {R"(\x)", R"(\u12)", R"(\u12g4)", R"(\ud83d)", R"(\ud83dx)", R"(\ud83d\u0041)", R"(\ude00)", R"(a\nb)",
        R"(\u0000)", R"(\u007f)", "a\nb", "a\x7f"}) {
    EXPECT_EQ(found(R"({"model":")" + std::string(name) + R"("})"), "(none)") << name;
  }
}

TEST(ModelName, TakesNoNameOfMoreThan128Bytes) {
  const std::string longest(128, 'm');
  EXPECT_EQ(found(R"({"model":")" + longest + R"("})"), longest);
  EXPECT_EQ(found(R"({"model":")" + longest + R"(m"})"), "(none)");
  EXPECT_EQ(found(R"({"model":"\u006d)" + longest.substr(1) + R"("})"), longest);
  EXPECT_EQ(found(R"({"model":"\u006d)" + longest + R"("})"), "(none)");
}

TEST(ModelName, PointsIntoTheBodyWithoutEscapes) {
  const std::string json = R"({"model":"a-model-whose-name-is-long"})";
  std::string decoded;
  const auto name = top_level_string(json, "model", decoded, 128);
  ASSERT_TRUE(name);
  EXPECT_EQ(name->data(), json.data() + json.find("a-model"));
  EXPECT_TRUE(decoded.empty());
}

TEST(ModelName, GoesThroughDeepNestingWithoutRecursion) {
  const std::string deep = R"({"x":)" + std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_EQ(found(deep + R"(,"model":"a"})"), "a");
}

}  // namespace
}  // namespace holysheep
