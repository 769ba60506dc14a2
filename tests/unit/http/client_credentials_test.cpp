#include "fields.hpp"
#include <holysheep/http/client_credentials.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Field authorization(std::string_view value) {
  return {.name = "Authorization", .value = value, .id = FieldName::authorization};
}
Field x_api_key(std::string_view value) {
  return {.name = "x-api-key", .value = value, .id = FieldName::x_api_key};
}
Field x_goog_api_key(std::string_view value) {
  return {.name = "x-goog-api-key", .value = value, .id = FieldName::x_goog_api_key};
}

TEST(ClientCredentials, AreWhatEachDialectsFieldHolds) {
  EXPECT_THAT(client_credentials(fields_of({authorization("Bearer k1")})), ElementsAre("k1"));
  EXPECT_THAT(client_credentials(fields_of({x_api_key("k2")})), ElementsAre("k2"));
  EXPECT_THAT(client_credentials(fields_of({x_goog_api_key("k3")})), ElementsAre("k3"));
  EXPECT_THAT(
      client_credentials(fields_of({x_goog_api_key("k3"), x_api_key("k2"), authorization("Bearer k1")})),
      ElementsAre("k1", "k2", "k3"));
}

TEST(ClientCredentials, AreNoneWhereNoFieldHasAny) {
  EXPECT_THAT(client_credentials(fields_of({})), IsEmpty());
  EXPECT_THAT(client_credentials(fields_of({{.name = "X-Key", .value = "Bearer k", .id = FieldName::other}})),
              IsEmpty());
}

TEST(ClientCredentials, TheSchemeMayBeInAnyCaseAndFollowedBySpaces) {
  for (const auto* value : {"bearer k", "BEARER k", "bEaReR k", "Bearer   k"}) {
    EXPECT_THAT(client_credentials(fields_of({authorization(value)})), ElementsAre("k")) << value;
  }
}

TEST(ClientCredentials, AnotherSchemeOrNoKeyIsNone) {
  for (const auto* value : {"", "Bearer", "Bearer ", "Bearerk", "Bearer\tk", "Basic k", "k", "Bearers k"}) {
    EXPECT_THAT(client_credentials(fields_of({authorization(value), x_api_key("")})), IsEmpty()) << value;
  }
}

TEST(ClientCredentials, OfSeveralLinesOfOneNameTheFirstCounts) {
  EXPECT_THAT(client_credentials(fields_of({x_api_key("a"), x_api_key("b"), x_api_key("c"), x_api_key("d")})),
              ElementsAre("a"));
}

TEST(ClientCredentials, KeepWhateverStandsInTheKey) {
  EXPECT_THAT(client_credentials(fields_of({authorization("Bearer a b"), x_api_key("Bearer c")})),
              ElementsAre("a b", "Bearer c"));
}

}  // namespace
}  // namespace holysheep::http
