#include <holysheep/http/early_answer.hpp>

#include <string>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using http::EarlyAnswer;

const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
const std::string refusal = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n";

/// How many bytes had come when it was told, byte for byte; 0: it never was.
std::size_t told_at(const std::string& bytes) {
  EarlyAnswer answer;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    if (answer.has_begun(std::string_view(bytes).substr(0, size))) return size;
  }
  return 0;
}

constexpr std::size_t first_digit = 10;  // so many bytes does it take to know it

TEST(EarlyAnswer, HasBegunAtTheFirstDigitOfAFinalStatus) {
  EXPECT_EQ(told_at(refusal), first_digit);
  EXPECT_TRUE(EarlyAnswer().has_begun(refusal));
}

TEST(EarlyAnswer, IsNoneOfInterimAnswersHoweverTheyAreCut) {
  EXPECT_EQ(told_at(hints + go_on + hints), 0U);
  EXPECT_FALSE(EarlyAnswer().has_begun(hints + go_on + hints));
  EXPECT_FALSE(EarlyAnswer().has_begun(""));
}

TEST(EarlyAnswer, HasBegunBehindInterimAnswersHoweverTheyAreCut) {
  const std::string before = hints + go_on;
  EXPECT_EQ(told_at(before + refusal), before.size() + first_digit);
  for (std::size_t cut = 0; cut <= before.size(); ++cut) {
    EarlyAnswer answer;
    EXPECT_FALSE(answer.has_begun(std::string_view(before).substr(0, cut))) << cut;
    EXPECT_TRUE(answer.has_begun(before + refusal)) << cut;
  }
}

TEST(EarlyAnswer, HasBegunWithWhatIsNoHttp) {
  EXPECT_EQ(told_at("SSH-2.0"), 1U);
  EXPECT_EQ(told_at(hints + "x"), hints.size() + 1);
  EXPECT_EQ(told_at("HTTP/1.1 103 a\nb"), 15U) << "a bare LF";
}

}  // namespace
}  // namespace holysheep
