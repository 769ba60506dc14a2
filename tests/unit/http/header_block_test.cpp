#include <holysheep/http/header_block.hpp>

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using http::Field;
using http::field_name;
using http::FieldName;
using http::HeaderBlock;

const std::vector<std::pair<std::string, FieldName>> known_names = {
    {"accept-encoding", FieldName::accept_encoding},
    {"age", FieldName::age},
    {"authorization", FieldName::authorization},
    {"cache-control", FieldName::cache_control},
    {"connection", FieldName::connection},
    {"content-encoding", FieldName::content_encoding},
    {"content-length", FieldName::content_length},
    {"content-type", FieldName::content_type},
    {"date", FieldName::date},
    {"expect", FieldName::expect},
    {"host", FieldName::host},
    {"keep-alive", FieldName::keep_alive},
    {"max-forwards", FieldName::max_forwards},
    {"proxy-authenticate", FieldName::proxy_authenticate},
    {"proxy-authorization", FieldName::proxy_authorization},
    {"proxy-connection", FieldName::proxy_connection},
    {"retry-after", FieldName::retry_after},
    {"retry-after-ms", FieldName::retry_after_ms},
    {"server-timing", FieldName::server_timing},
    {"set-cookie", FieldName::set_cookie},
    {"te", FieldName::te},
    {"traceparent", FieldName::traceparent},
    {"trailer", FieldName::trailer},
    {"transfer-encoding", FieldName::transfer_encoding},
    {"upgrade", FieldName::upgrade},
    {"via", FieldName::via},
    {"x-accel-buffering", FieldName::x_accel_buffering},
    {"x-api-key", FieldName::x_api_key},
    {"x-forwarded-for", FieldName::x_forwarded_for},
    {"x-forwarded-host", FieldName::x_forwarded_host},
    {"x-forwarded-proto", FieldName::x_forwarded_proto},
    {"x-goog-api-key", FieldName::x_goog_api_key},
    {"x-request-id", FieldName::x_request_id},
    {"x-should-retry", FieldName::x_should_retry},
    {"x-stainless-retry-count", FieldName::x_stainless_retry_count},
    {"x-stainless-timeout", FieldName::x_stainless_timeout},
};

TEST(FieldNameTable, KnowsEveryNameOfTheEnumeration) {
  const auto last = static_cast<std::size_t>(FieldName::x_stainless_timeout);
  ASSERT_EQ(known_names.size(), last);
  for (const auto& [name, id] : known_names) EXPECT_EQ(field_name(name), id) << name;
}

TEST(FieldNameTable, IgnoresCase) {
  for (const auto& [name, id] : known_names) {
    std::string shouted = name;
    std::transform(shouted.begin(), shouted.end(), shouted.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    EXPECT_EQ(field_name(shouted), id) << shouted;
  }
}

TEST(FieldNameTable, TakesNothingElseForAKnownName) {
  for (const auto& [name, id] : known_names) {
    for (std::size_t at = 0; at < name.size(); ++at) {
      std::string other = name;
      other[at] = other[at] == '_' ? '!' : '_';
      EXPECT_EQ(field_name(other), FieldName::other) << other;
      other[at] = static_cast<char>(name[at] & ~0x20);  // what a sloppy lower-casing takes '-' for
      if (name[at] == '-') {
        EXPECT_EQ(field_name(other), FieldName::other);
      }
    }
    EXPECT_EQ(field_name(name + "x"), FieldName::other);
    EXPECT_EQ(field_name("x" + name), FieldName::other);
  }
  EXPECT_EQ(field_name(""), FieldName::other);
  EXPECT_EQ(field_name(std::string(1000, 'a')), FieldName::other);
}

TEST(HeaderBlock, FindsTheFirstOfARepeatedField) {
  HeaderBlock block;
  block.add({.name = "Via", .value = "1.1 a", .id = FieldName::via});
  block.add({.name = "via", .value = "1.1 b", .id = FieldName::via});
  ASSERT_NE(block.find(FieldName::via), nullptr);
  EXPECT_EQ(block.value(FieldName::via), "1.1 a");
  EXPECT_EQ(block.size(), 2u);
}

TEST(HeaderBlock, SaysWhatIsNotThere) {
  HeaderBlock block;
  block.add({.name = "Via", .value = "1.1 a", .id = FieldName::via});
  EXPECT_EQ(block.find(FieldName::host), nullptr);
  EXPECT_EQ(block.value(FieldName::host), "");
  block.clear();
  EXPECT_EQ(block.find(FieldName::via), nullptr);
}

}  // namespace
}  // namespace holysheep
