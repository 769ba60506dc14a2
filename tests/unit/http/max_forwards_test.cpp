#include <holysheep/http/max_forwards.hpp>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using http::max_forwards;
using http::Method;

// RFC 9110 §7.6.2: 1*DIGIT, for OPTIONS and TRACE
TEST(MaxForwards, IsANumberInAnySpelling) {
  EXPECT_EQ(max_forwards(Method::options, "0"), 0U);
  EXPECT_EQ(max_forwards(Method::options, "000"), 0U);
  EXPECT_EQ(max_forwards(Method::options, "012"), 12U);
  EXPECT_EQ(max_forwards(Method::trace, "7"), 7U);
}

TEST(MaxForwards, DoesNotCountWhereItIsNoNumberOrOfAnotherMethod) {
  for (const char* value : {"", "many", "-1", "+1", "1x", "1, 2", "0x1", "18446744073709551616"}) {
    EXPECT_EQ(max_forwards(Method::options, value), std::nullopt) << value;
  }
  EXPECT_EQ(max_forwards(Method::get, "0"), std::nullopt);
}

}  // namespace
}  // namespace holysheep
