#include <holysheep/http/credentials.hpp>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

std::string without_key(std::string_view query) {
  std::string out;
  append_query_without_key(out, query);
  return out;
}

std::string lines(Dialect dialect) {
  std::string out;
  append_credentials(out, "sk-up", dialect);
  return out;
}

TEST(QueryWithoutKey, DropsTheKeyWhereverItStands) {
  EXPECT_EQ(without_key("key=s&a=1&b=2"), "?a=1&b=2");
  EXPECT_EQ(without_key("a=1&key=s&b=2"), "?a=1&b=2");
  EXPECT_EQ(without_key("a=1&b=2&key=s"), "?a=1&b=2");
  EXPECT_EQ(without_key("key=s&a=1&key=t"), "?a=1");
}

TEST(QueryWithoutKey, IsNothingWhereTheKeyWasAll) {
  EXPECT_EQ(without_key("key=s"), "");
  EXPECT_EQ(without_key("key"), "");
  EXPECT_EQ(without_key("key="), "");
  EXPECT_EQ(without_key("key=a=b"), "");
}

TEST(QueryWithoutKey, KnowsEverySpellingOfTheName) {
  const char* const k[] = {"k", "%6b", "%6B"};
  const char* const e[] = {"e", "%65"};
  const char* const y[] = {"y", "%79"};
  for (const std::string first : k) {
    for (const char* second : e) {
      for (const char* third : y) {
        const std::string name = first + second + third;
        EXPECT_EQ(without_key(name + "=s&alt=sse"), "?alt=sse") << name;
      }
    }
  }
}

TEST(QueryWithoutKey, LeavesOtherParametersByteForByte) {
  for (const char* query :
       {"", "a", "a=1&&b=%20+&c", "KEY=s", "keys=s", "ke=y", "k=key", "xkey=s", "a=key=s", "%256bey=s",
        "k%6=1", "%6", "%zzkey=s", "key%3Ds", "+key=s", "k%65y%20=s", "page_key=s", "&"}) {
    EXPECT_EQ(without_key(query), std::string("?") + query);
  }
}

TEST(Credentials, AreThreeFields) {
  EXPECT_TRUE(is_credential(FieldName::authorization));
  EXPECT_TRUE(is_credential(FieldName::x_api_key));
  EXPECT_TRUE(is_credential(FieldName::x_goog_api_key));
  EXPECT_FALSE(is_credential(FieldName::other));
  EXPECT_FALSE(is_credential(FieldName::x_request_id));
}

TEST(Credentials, AreBearerAndTheDialectsOwn) {
  EXPECT_EQ(lines(Dialect::openai), "Authorization: Bearer sk-up\r\n");
  EXPECT_EQ(lines(Dialect::anthropic), "Authorization: Bearer sk-up\r\nx-api-key: sk-up\r\n");
  EXPECT_EQ(lines(Dialect::gemini), "Authorization: Bearer sk-up\r\nx-goog-api-key: sk-up\r\n");
}

}  // namespace
}  // namespace holysheep::http
