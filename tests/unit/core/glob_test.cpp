#include <holysheep/core/glob.hpp>

#include <string>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

TEST(Glob, WithoutAStarIsTheTextItself) {
  EXPECT_TRUE(matches_glob("gpt-4.1", "gpt-4.1"));
  EXPECT_FALSE(matches_glob("gpt-4.1", "gpt-4.1-mini"));
  EXPECT_FALSE(matches_glob("gpt-4.1", "gpt-4x1"));
  EXPECT_FALSE(matches_glob("gpt-4.1", "GPT-4.1"));
  EXPECT_FALSE(matches_glob("gpt-4.1", ""));
  EXPECT_TRUE(matches_glob("", ""));
  EXPECT_FALSE(matches_glob("", "a"));
}

TEST(Glob, AStarIsAnyRunTheEmptyOneToo) {
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("*", "anything/at:all"));
  EXPECT_TRUE(matches_glob("claude-*", "claude-"));
  EXPECT_TRUE(matches_glob("claude-*", "claude-sonnet-4.5"));
  EXPECT_FALSE(matches_glob("claude-*", "not-claude-1"));
  EXPECT_TRUE(matches_glob("*-mini", "gpt-4.1-mini"));
  EXPECT_FALSE(matches_glob("*-mini", "gpt-4.1-mini-2"));
  EXPECT_TRUE(matches_glob("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(matches_glob("a*b*c", "a-c-b"));
  EXPECT_TRUE(matches_glob("a**c", "ac"));
}

TEST(Glob, ManyStarsEndInGoodTime) {
  EXPECT_FALSE(matches_glob("*a*a*a*a*a*a*a*a*b", std::string(4096, 'a')));
}

}  // namespace
}  // namespace holysheep
