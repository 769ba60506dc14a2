#include <holysheep/http/date.hpp>

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

constexpr sys_seconds rfc_example = sys_days(1994y / November / 6) + 8h + 49min + 37s;
constexpr sys_seconds today = sys_days(2026y / November / 24);

TEST(HttpDate, WritesTheImfFixdate) {
  HttpDate date;
  EXPECT_EQ(date.at(rfc_example), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(sys_days(2024y / February / 29) + 23h + 59min + 59s), "Thu, 29 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(date.at(sys_seconds{}), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(HttpDate, KeepsItsTextWithinASecondAndChangesItAtTheNext) {
  HttpDate date;
  EXPECT_EQ(date.at(rfc_example), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(rfc_example + 999ms), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(rfc_example + 1000ms), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_EQ(date.at(rfc_example - 1ms), "Sun, 06 Nov 1994 08:49:36 GMT") << "a clock that was set back";
}

TEST(HttpDate, WhatItWritesParsesToTheSameSecond) {
  HttpDate date;
  for (auto t = sys_seconds(sys_days(2023y / December / 28)); t < sys_days(2025y / January / 3);
       t += 86399s) {
    EXPECT_EQ(parse_http_date(date.at(t), today), t);
  }
}

TEST(ParseHttpDate, TakesAllThreeForms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", today), rfc_example);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", today), rfc_example);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", today), rfc_example);
  EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994", today), rfc_example + days(10));
}

TEST(ParseHttpDate, ReadsEveryMonthAndLongDay) {
  const char* const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (unsigned m = 1; m <= 12; ++m) {
    const std::string text = std::string("Mon, 15 ") + months[m - 1] + " 2027 00:00:00 GMT";
    EXPECT_EQ(parse_http_date(text, today), sys_days(2027y / month(m) / 15)) << text;
  }
  for (const char* day : {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}) {
    EXPECT_EQ(parse_http_date(std::string(day) + ", 06-Nov-94 08:49:37 GMT", today), rfc_example) << day;
  }
}

TEST(ParseHttpDate, PutsATwoDigitYearAtMostFiftyYearsAhead) {
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-76 08:49:37 GMT", today),
            sys_days(2076y / 11 / 6) + 8h + 49min + 37s);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-77 08:49:37 GMT", today),
            sys_days(1977y / 11 / 6) + 8h + 49min + 37s);
}

TEST(ParseHttpDate, TakesALeapSecondAsTheNextMinute) {
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", today), sys_days(2017y / January / 1));
}

TEST(ParseHttpDate, RefusesEveryShortenedForm) {
  for (const std::string text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
      EXPECT_FALSE(parse_http_date(text.substr(0, cut), today)) << text.substr(0, cut);
    }
    EXPECT_FALSE(parse_http_date(text + " ", today));
  }
}

TEST(ParseHttpDate, RefusesWhatIsNoDate) {
  for (const char* text :
       {"tomorrow", "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Xyz 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:00:61 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT", "Someday, 06-Nov-94 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt"}) {
    EXPECT_FALSE(parse_http_date(text, today)) << text;
  }
}

}  // namespace
}  // namespace holysheep::http
