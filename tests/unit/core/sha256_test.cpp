#include <holysheep/core/sha256.hpp>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

constexpr std::string_view of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, IsFips180s) {
  EXPECT_EQ(show_digest(sha256("abc")), of_abc);
  EXPECT_EQ(show_digest(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, TakesATextInTwoPieces) {
  for (const auto& [head, rest] : {std::pair{"", "abc"}, {"a", "bc"}, {"ab", "c"}, {"abc", ""}}) {
    EXPECT_EQ(show_digest(sha256(head, rest)), of_abc);
  }
}

TEST(Sha256, ADigestIsReadInEitherCase) {
  EXPECT_EQ(parse_digest(of_abc), sha256("abc"));
  EXPECT_EQ(parse_digest("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"), sha256("abc"));
}

TEST(Sha256, WhatIsNot64HexadecimalDigitsIsNoDigest) {
  EXPECT_EQ(parse_digest(""), std::nullopt);
  EXPECT_EQ(parse_digest(of_abc.substr(1)), std::nullopt);
  EXPECT_EQ(parse_digest(std::string(of_abc) + "0"), std::nullopt);
  for (const char bad : {'g', 'G', '/', ':', '@', '`', ' ', '\0', '\xff'}) {
    for (const std::size_t at : {0U, 31U, 63U}) {
      std::string text(of_abc);
      text[at] = bad;
      EXPECT_EQ(parse_digest(text), std::nullopt) << text;
    }
  }
}

TEST(Sha256, OneOtherBitAnywhereIsAnotherDigest) {
  const Digest digest = sha256("abc");
  EXPECT_TRUE(same_digest(digest, sha256("abc")));
  for (std::size_t bit = 0; bit < 256; ++bit) {
    Digest other = digest;
    other[bit / 8] = static_cast<std::uint8_t>(other[bit / 8] ^ (1U << bit % 8));
    EXPECT_FALSE(same_digest(digest, other)) << bit;
  }
}

}  // namespace
}  // namespace holysheep
