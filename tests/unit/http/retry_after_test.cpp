#include "fields.hpp"
#include <holysheep/http/retry_after.hpp>

#include <string>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

constexpr system_clock::time_point now = sys_days(1994y / November / 6) + 8h + 49min + 37s + 250ms;

std::optional<Duration> after_seconds(std::string_view value) {
  return advised_wait(fields_of({{"Retry-After", value, FieldName::retry_after}}), now);
}

std::optional<Duration> after_ms(std::string_view value) {
  return advised_wait(fields_of({{"retry-after-ms", value, FieldName::retry_after_ms}}), now);
}

TEST(AdvisedWait, IsNothingWhereNoFieldSaysSo) {
  EXPECT_EQ(advised_wait(fields_of({{"Date", "5", FieldName::date}}), now), std::nullopt);
}

TEST(AdvisedWait, ReadsSecondsWithDecimals) {
  EXPECT_EQ(after_seconds("7"), 7s);
  EXPECT_EQ(after_seconds("0"), 0s);
  EXPECT_EQ(after_seconds("1.5"), 1500ms);
  EXPECT_EQ(after_seconds("86400"), 86400s);
}

TEST(AdvisedWait, ReadsMillisecondsWithDecimals) {
  EXPECT_EQ(after_ms("250"), 250ms);
  EXPECT_EQ(after_ms("0.5"), 500us);
}

TEST(AdvisedWait, ReadsADateInAnyForm) {
  EXPECT_EQ(after_seconds("Sun, 06 Nov 1994 08:50:37 GMT"), 59750ms);
  EXPECT_EQ(after_seconds("Sunday, 06-Nov-94 08:50:37 GMT"), 59750ms);
  EXPECT_EQ(after_seconds("Sun Nov  6 08:50:37 1994"), 59750ms);
}

TEST(AdvisedWait, PrefersMillisecondsInEitherOrder) {
  const Field seconds_field{"Retry-After", "9", FieldName::retry_after};
  const Field ms_field{"retry-after-ms", "8100", FieldName::retry_after_ms};
  EXPECT_EQ(advised_wait(fields_of({seconds_field, ms_field}), now), 8100ms);
  EXPECT_EQ(advised_wait(fields_of({ms_field, seconds_field}), now), 8100ms);
}

TEST(AdvisedWait, FallsBackToSecondsWhereMillisecondsAreGarbage) {
  EXPECT_EQ(advised_wait(fields_of({{"retry-after-ms", "soon", FieldName::retry_after_ms},
                                    {"Retry-After", "9", FieldName::retry_after}}),
                         now),
            9s);
}

TEST(AdvisedWait, IsNeverNegative) {
  EXPECT_EQ(after_seconds("-5"), 0s);
  EXPECT_EQ(after_ms("-0.1"), 0s);
  EXPECT_EQ(after_seconds("Sun, 06 Nov 1994 08:49:37 GMT"), 0s);
  EXPECT_EQ(after_seconds("Thu, 01 Jan 1970 00:00:00 GMT"), 0s);
}

TEST(AdvisedWait, SaturatesInsteadOfOverflowing) {
  EXPECT_EQ(after_seconds("99999999999999999999"), Duration::max());
  EXPECT_EQ(after_ms(std::string(400, '9')), Duration::max());
  EXPECT_EQ(after_seconds("-" + std::string(400, '9')), 0s);
  EXPECT_EQ(after_seconds("Fri, 31 Dec 9999 23:59:59 GMT"), Duration::max());
}

TEST(AdvisedWait, TakesGarbageForNothing) {
  for (const char* value :
       {"", "soon", "nan", "inf", "5s", "5 ", "1e3", "0x10", "+5", "1.2.3", "--1", ".", "-"}) {
    EXPECT_EQ(after_seconds(value), std::nullopt) << value;
    EXPECT_EQ(after_ms(value), std::nullopt) << value;
  }
  EXPECT_EQ(after_ms("Sun, 06 Nov 1994 08:50:37 GMT"), std::nullopt);
}

TEST(ShouldRetry, ReadsTrueAndFalseInAnyCase) {
  const auto said = [](std::string_view value) {
    return should_retry(fields_of({{"x-should-retry", value, FieldName::x_should_retry}}));
  };
  EXPECT_EQ(said("true"), true);
  EXPECT_EQ(said("TRUE"), true);
  EXPECT_EQ(said("false"), false);
  EXPECT_EQ(said("False"), false);
  EXPECT_EQ(said("yes"), std::nullopt);
  EXPECT_EQ(said(""), std::nullopt);
  EXPECT_EQ(should_retry(HeaderBlock{}), std::nullopt);
}

TEST(AppendRetryAfter, RoundsUpAndSaysAtLeastOne) {
  const auto lines = [](Duration wait) {
    std::string out;
    append_retry_after(out, wait);
    return out;
  };
  EXPECT_EQ(lines(0s), "Retry-After: 1\r\nretry-after-ms: 1\r\n");
  EXPECT_EQ(lines(-3s), "Retry-After: 1\r\nretry-after-ms: 1\r\n");
  EXPECT_EQ(lines(1s), "Retry-After: 1\r\nretry-after-ms: 1000\r\n");
  EXPECT_EQ(lines(1s + 1us), "Retry-After: 2\r\nretry-after-ms: 1001\r\n");
  EXPECT_EQ(lines(12300ms), "Retry-After: 13\r\nretry-after-ms: 12300\r\n");
}

TEST(AppendRetryAfter, SurvivesTheLongestWait) {
  std::string out;
  append_retry_after(out, Duration::max());
  EXPECT_EQ(out, "Retry-After: 9223372036\r\nretry-after-ms: 9223372035855\r\n");
}

}  // namespace
}  // namespace holysheep::http
