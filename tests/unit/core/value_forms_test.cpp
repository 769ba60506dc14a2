#include <holysheep/core/value_forms.hpp>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using namespace std::chrono_literals;

TEST(ValueForms, WholeNumbersAreDigitsThatFit) {
  EXPECT_EQ(parse_whole("18446744073709551615"), 18446744073709551615ULL);
  EXPECT_EQ(parse_whole("007"), 7U);
  for (const auto* bad : {"", "18446744073709551616", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3"})
    EXPECT_EQ(parse_whole(bad), std::nullopt) << bad;
}

TEST(ValueForms, DecimalsHaveDigitsOnBothSidesOfThePoint) {
  EXPECT_EQ(parse_decimal("0.25"), 0.25);
  EXPECT_EQ(parse_decimal("50"), 50.0);
  for (const auto* bad : {"", ".5", "5.", "1..2", "1.2.3", "-1", "1e3", "inf", "nan"})
    EXPECT_EQ(parse_decimal(bad), std::nullopt) << bad;
  EXPECT_EQ(parse_decimal(std::string(400, '9')), std::nullopt);
}

TEST(ValueForms, DurationsHaveAUnitOrAreSeconds) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("60"), 60s);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("0.5m"), 30s);
  EXPECT_EQ(parse_duration("0"), 0s);
}

TEST(ValueForms, ADurationAboveZeroNeverBecomesZero) {
  EXPECT_EQ(parse_duration("0.0000001ms"), 1ns);
}

TEST(ValueForms, ADurationThatDoesNotFitIsRefused) {
  EXPECT_EQ(parse_duration("9223372036854775807"), std::nullopt);
  EXPECT_EQ(parse_duration("153722867281m"), std::nullopt);
  EXPECT_TRUE(parse_duration("9000000000s"));
}

TEST(ValueForms, SizesArePowersOf1024AndMustFit) {
  EXPECT_EQ(parse_size("4k"), 4096U);
  EXPECT_EQ(parse_size("50M"), 52428800U);
  EXPECT_EQ(parse_size("1g"), 1073741824U);
  EXPECT_EQ(parse_size("17179869183g"), 17179869183ULL << 30);
  for (const auto* bad : {"", "k", "17179869184g", "1.5m", "-1k", "1kb", "1t"})
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
}

TEST(ValueForms, NothingIsHiddenBehindAZeroByte) {
  EXPECT_FALSE(parse_address(std::string_view("::1\0x", 5)).has_value());
  EXPECT_FALSE(parse_model_fallbacks(std::string_view("{}\0x", 4)).has_value());
}

TEST(ValueForms, AUrlIsTakenApart) {
  const auto url = parse_base_url("HTTPS://API.Example:8443/a/b//");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "api.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/a/b");
  EXPECT_EQ(url->authority(), "api.example:8443");
  EXPECT_EQ(url->text(), "https://api.example:8443/a/b");
}

TEST(ValueForms, APortIsLeftOutOfTheAuthorityWhereItIsTheSchemes) {
  EXPECT_EQ(parse_base_url("https://h:443")->authority(), "h");
  EXPECT_EQ(parse_base_url("http://h:80")->authority(), "h");
  EXPECT_EQ(parse_base_url("http://h:443")->authority(), "h:443");
  EXPECT_EQ(parse_base_url("https://[::1]:1")->authority(), "[::1]:1");
  EXPECT_EQ(parse_base_url("https://[::1]")->host, "::1");
}

TEST(ValueForms, LoopbackIsTheNameOrTheNetworkOfIt) {
  for (const auto* yes : {"localhost", "127.0.0.1", "127.255.0.9", "::1", "0:0:0:0:0:0:0:1"})
    EXPECT_TRUE(is_loopback(yes)) << yes;
  for (const auto* no :
       {"", "localhost.example", "127.0.0.1.example", "128.0.0.1", "::", "::ffff:127.0.0.1", "127.1"})
    EXPECT_FALSE(is_loopback(no)) << no;
}

TEST(ValueForms, WildcardsOfBothFamilies) {
  for (const auto* yes : {"::", "0.0.0.0", "0:0:0:0:0:0:0:0"}) EXPECT_TRUE(is_wildcard(yes)) << yes;
  for (const auto* no : {"", "::1", "127.0.0.1", "*"}) EXPECT_FALSE(is_wildcard(no)) << no;
}

TEST(ValueForms, DurationsAndSizesAreShownInTheLargestUnitThatIsExact) {
  EXPECT_EQ(show_duration(1500ms), "1500ms");
  EXPECT_EQ(show_duration(120s), "120s");
  EXPECT_EQ(show_duration(1us), "0.001ms");
  EXPECT_EQ(show_size(0), "0");
  EXPECT_EQ(show_size(3 << 20), "3m");
  EXPECT_EQ(show_size(1025), "1025");
  EXPECT_EQ(show_decimal(0.1), "0.1");
  EXPECT_EQ(show_decimal(1e7), "10000000");
}

}  // namespace
}  // namespace holysheep
