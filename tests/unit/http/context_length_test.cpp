#include <holysheep/http/context_length.hpp>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

TEST(ContextLength, IsToldByTheErrorsCodeOrType) {
  EXPECT_TRUE(says_context_too_long(
      R"({"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error",
          "param":"messages","code":"context_length_exceeded"}})"));
  EXPECT_TRUE(says_context_too_long(R"({"error":{"type":"context_length_exceeded"}})"));
}

TEST(ContextLength, IsToldByAnthropicsMessage) {
  EXPECT_TRUE(says_context_too_long(
      R"({"type":"error","error":{"type":"invalid_request_error",
          "message":"prompt is too long: 210000 tokens > 200000 maximum"}})"));
}

TEST(ContextLength, NothingElseSaysIt) {
  for (const char* body :
       {"", "context_length_exceeded", "[]", "{", R"({"error":"context_length_exceeded"})",
        R"({"error":{"code":400,"message":"your prompt is too long"}})",
        R"({"code":"context_length_exceeded"})", R"({"error":{"code":"content_filter"}})"}) {
    EXPECT_FALSE(says_context_too_long(body)) << body;
  }
}

}  // namespace
}  // namespace holysheep::http
