#include <holysheep/core/rfc3339.hpp>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

constexpr system_clock::time_point new_year = std::chrono::sys_days(std::chrono::year(2027) / 1 / 1);

TEST(Rfc3339, ADateIsItsBeginningInUtc) {
  EXPECT_EQ(parse_rfc3339("2027-01-01"), new_year);
  EXPECT_EQ(parse_rfc3339("1970-01-01"), system_clock::time_point{});
  EXPECT_EQ(parse_rfc3339("2024-02-29"), std::chrono::sys_days(std::chrono::year(2024) / 2 / 29));
}

TEST(Rfc3339, ATimeIsReadWithItsOffset) {
  EXPECT_EQ(parse_rfc3339("2027-01-01T00:00:00Z"), new_year);
  EXPECT_EQ(parse_rfc3339("2027-01-01t00:00:01z"), new_year + 1s);
  EXPECT_EQ(parse_rfc3339("2027-01-01T07:30:00+07:30"), new_year);
  EXPECT_EQ(parse_rfc3339("2026-12-31T16:00:00-08:00"), new_year);
  EXPECT_EQ(parse_rfc3339("2027-01-01T00:00:00-00:00"), new_year);
}

TEST(Rfc3339, AFractionCountsToTheNanosecond) {
  EXPECT_EQ(parse_rfc3339("2027-01-01T00:00:00.5Z"), new_year + 500ms);
  EXPECT_EQ(parse_rfc3339("2027-01-01T00:00:00.000000001Z"), new_year + 1ns);
  EXPECT_EQ(parse_rfc3339("2027-01-01T00:00:00.00000000199999Z"), new_year + 1ns);
  EXPECT_EQ(parse_rfc3339("2027-01-01T00:00:00." + std::string(10'000, '9') + "Z"), new_year + 999'999'999ns);
}

TEST(Rfc3339, ALeapSecondIsTheSecondAfterIt) {
  EXPECT_EQ(parse_rfc3339("2026-12-31T23:59:60Z"), new_year);
}

TEST(Rfc3339, WhatTheClockCannotHoldIsItsEnd) {
  EXPECT_EQ(parse_rfc3339("9999-12-31"), system_clock::time_point::max());
  EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:60.9-23:59"), system_clock::time_point::max());
  EXPECT_EQ(parse_rfc3339("0000-01-01"), system_clock::time_point::min());
  EXPECT_LT(parse_rfc3339("2261-12-31T23:59:59Z"), system_clock::time_point::max());
}

TEST(Rfc3339, WhatIsNoTimeIsNothing) {
  for (const auto* bad : {"",
                          "2027",
                          "2027-01",
                          "2027-1-1",
                          "2027-00-01",
                          "2027-13-01",
                          "2027-01-00",
                          "2027-01-32",
                          "2027-02-29",
                          "2027/01/01",
                          "01-01-2027",
                          "+2027-01-01",
                          "-027-01-01",
                          " 2027-01-01",
                          "2027-01-01 ",
                          "2027-01-01T",
                          "2027-01-01T00",
                          "2027-01-01T00:00",
                          "2027-01-01T00:00Z",
                          "2027-01-01T00:00:00",
                          "2027-01-01 00:00:00Z",
                          "2027-01-01T24:00:00Z",
                          "2027-01-01T00:60:00Z",
                          "2027-01-01T00:00:61Z",
                          "2027-01-01T00:00:00.Z",
                          "2027-01-01T00:00:00,5Z",
                          "2027-01-01T00:00:00+7:00",
                          "2027-01-01T00:00:00+0700",
                          "2027-01-01T00:00:00+24:00",
                          "2027-01-01T00:00:00+00:60",
                          "2027-01-01T00:00:00ZZ",
                          "2027-01-01T00:00:00Z ",
                          "2027-01-01Z",
                          "20270101",
                          "tomorrow"}) {
    EXPECT_EQ(parse_rfc3339(bad), std::nullopt) << bad;
  }
}

TEST(Rfc3339, EveryCutOfATimeIsNothingButTheDate) {
  const std::string_view whole = "2027-01-01T00:00:00.5+07:00";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(parse_rfc3339(whole.substr(0, size)).has_value(), size == 10) << size;
  }
}

}  // namespace
}  // namespace holysheep
