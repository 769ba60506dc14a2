#include <holysheep/core/nearest_name.hpp>

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

constexpr std::array<std::string_view, 3> names{"input", "cached_input", "output"};

TEST(NearestName, IsTheOneWithTheFewestLettersChanged) {
  EXPECT_EQ(nearest_name("inptu", names), "input");
  EXPECT_EQ(nearest_name("cachedinput", names), "cached_input");
  EXPECT_EQ(nearest_name("outputs", names), "output");
}

TEST(NearestName, IsNoneWhereNoneIsNear) {
  EXPECT_EQ(nearest_name("price", names), "");
  EXPECT_EQ(nearest_name("x", names), "");
  EXPECT_EQ(nearest_name(std::string(100000, 'i'), names), "");
  EXPECT_EQ(nearest_name("input", {}), "");
}

}  // namespace
}  // namespace holysheep
