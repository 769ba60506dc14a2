#include <holysheep/http/usage_tokens.hpp>

#include <algorithm>

#include <gtest/gtest.h>
#include <unit/http/usage_answers.hpp>

namespace holysheep {
namespace {

TokenCounts tokens_of(std::string_view answer) {
  const auto found =
      std::find_if(answers.begin(), answers.end(), [&](const Answer& a) { return a.name == answer; });
  if (found == answers.end()) return {};
  return http::token_counts(after(found->dialect, found->event_stream, found->bytes).usage());
}

TEST(UsageTokens, AreOneMeaningForAllDialects) {
  EXPECT_EQ(tokens_of("chat"), (TokenCounts{.input = 21, .cached_input = 16, .output = 9, .reasoning = 4}));
  EXPECT_EQ(tokens_of("completions"), (TokenCounts{.input = 5, .output = 2}));
  EXPECT_EQ(tokens_of("embeddings"), (TokenCounts{.input = 8}));
  EXPECT_EQ(tokens_of("responses"),
            (TokenCounts{.input = 36, .cached_input = 30, .output = 87, .reasoning = 80}));
  EXPECT_EQ(tokens_of("DeepSeek"),
            (TokenCounts{.input = 70, .cached_input = 64, .output = 30, .reasoning = 20}));
}

TEST(UsageTokens, AnthropicsCacheIsInput) {
  EXPECT_EQ(tokens_of("messages"),
            (TokenCounts{.input = 10 + 200 + 3000, .cached_input = 3000, .output = 50}));
  EXPECT_EQ(tokens_of("messages streamed"), tokens_of("messages"));
}

TEST(UsageTokens, GeminisThoughtsAreOutputAndCountedOnce) {
  EXPECT_EQ(tokens_of("generateContent"),
            (TokenCounts{.input = 40, .cached_input = 32, .output = 6 + 14, .reasoning = 14}));
  EXPECT_EQ(tokens_of("streamGenerateContent"),
            (TokenCounts{.input = 40, .output = 6 + 14, .reasoning = 14}));
}

}  // namespace
}  // namespace holysheep
