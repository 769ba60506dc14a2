#include <holysheep/http/route.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using http::decoded_model;
using http::Dialect;
using http::Endpoint;
using http::may_name_unread_model;
using http::route;

TEST(Route, SendsV1OnWithItsDialectAndLabel) {
  struct Case {
    std::string_view path;
    std::string_view rest;
    Dialect dialect;
    std::string_view label;
  };
  const std::vector<Case> cases = {
      {"/v1/chat/completions", "/chat/completions", Dialect::openai, "/v1/chat/completions"},
      {"/v1/completions", "/completions", Dialect::openai, "/v1/completions"},
      {"/v1/responses", "/responses", Dialect::openai, "/v1/responses"},
      {"/v1/responses/resp_1/cancel", "/responses/resp_1/cancel", Dialect::openai, "/v1/responses"},
      {"/v1/embeddings", "/embeddings", Dialect::openai, "/v1/embeddings"},
      {"/v1/models", "/models", Dialect::openai, "/v1/models"},
      {"/v1/models/org%2Fname", "/models/org%2Fname", Dialect::openai, "/v1/models"},
      {"/v1/modelsx", "/modelsx", Dialect::openai, "/v1/other"},
      {"/v1/files/1", "/files/1", Dialect::openai, "/v1/other"},
      {"/v1/messages", "/messages", Dialect::anthropic, "/v1/messages"},
      {"/v1/messages/count_tokens", "/messages/count_tokens", Dialect::anthropic,
       "/v1/messages/count_tokens"},
      {"/v1/messages/batches/1", "/messages/batches/1", Dialect::anthropic, "/v1/other"},
      {"/v1/messagesx", "/messagesx", Dialect::openai, "/v1/other"},
      {"/v1/v1/messages", "/messages", Dialect::anthropic, "/v1/messages"},
      {"/v1/v1/chat/completions", "/chat/completions", Dialect::openai, "/v1/chat/completions"},
      {"/v1/v1/v1/messages", "/v1/messages", Dialect::openai, "/v1/other"},
      {"/v1/v1beta/x", "/v1beta/x", Dialect::openai, "/v1/other"},
      {"/v1/v1", "", Dialect::openai, "/v1/other"},
      {"/v1", "", Dialect::openai, "/v1/other"},
      {"/v1/", "/", Dialect::openai, "/v1/other"},
  };
  for (const Case& c : cases) {
    const auto to = route(c.path);
    EXPECT_EQ(to.endpoint, Endpoint::forward) << c.path;
    EXPECT_FALSE(to.beta) << c.path;
    EXPECT_EQ(to.rest, c.rest) << c.path;
    EXPECT_EQ(to.dialect, c.dialect) << c.path;
    EXPECT_EQ(to.label, c.label) << c.path;
    EXPECT_EQ(to.model, "") << c.path;
  }
}

TEST(Route, SendsV1betaOnAsItIsAndFindsItsModel) {
  struct Case {
    std::string_view path;
    std::string_view model;
    std::string_view label;
  };
  const std::vector<Case> cases = {
      {"/v1beta/models/gemini-2.5-flash:generateContent", "gemini-2.5-flash", "/v1beta/models"},
      {"/v1beta/models/gemini-2.5-flash:streamGenerateContent", "gemini-2.5-flash", "/v1beta/models"},
      {"/v1beta/models/org%2Fname:embedContent", "org%2Fname", "/v1beta/models"},
      {"/v1beta/models/ft:x:generateContent", "ft:x", "/v1beta/models"},
      {"/v1beta/models/gemini-2.5-flash", "", "/v1beta/models"},
      {"/v1beta/models/a/b:c", "", "/v1beta/models"},
      {"/v1beta/models/", "", "/v1beta/models"},
      {"/v1beta/models", "", "/v1beta/models"},
      {"/v1beta/files/a:b", "", "/v1beta/other"},
      {"/v1beta", "", "/v1beta/other"},
  };
  for (const Case& c : cases) {
    const auto to = route(c.path);
    EXPECT_EQ(to.endpoint, Endpoint::forward) << c.path;
    EXPECT_TRUE(to.beta) << c.path;
    EXPECT_EQ(to.dialect, Dialect::gemini) << c.path;
    EXPECT_EQ(to.rest, c.path);
    EXPECT_EQ(to.model, c.model) << c.path;
    EXPECT_EQ(to.label, c.label) << c.path;
  }
}

TEST(Route, AnswersProbesAtTheirExactPaths) {
  EXPECT_EQ(route("/health").endpoint, Endpoint::health);
  EXPECT_EQ(route("/health").label, "/health");
  EXPECT_EQ(route("/ready").endpoint, Endpoint::ready);
  EXPECT_EQ(route("/ready").label, "/ready");
}

TEST(Route, KnowsNothingElse) {
  for (const std::string_view path :
       {"", "/", "*", "/v2/x", "/v1x", "/v1betax", "/V1/models", "v1/models", "//v1/x", "/health/",
        "/healthz", "/ready/x", "/metrics", "/%76%31/models"}) {
    EXPECT_EQ(route(path).endpoint, Endpoint::not_found) << path;
    EXPECT_EQ(route(path).label, "other") << path;
  }
}

TEST(Route, ReadsAModelWithoutItsPercentEncoding) {
  const auto model = [](std::string_view path) { return decoded_model(route(path)); };
  EXPECT_EQ(model("/v1beta/models/gemini-2.5-flash:generateContent"), "gemini-2.5-flash");
  EXPECT_EQ(model("/v1beta/models/google%2Fgemini%2dpro:generateContent"), "google/gemini-pro");
  EXPECT_EQ(model("/v1beta/models/a%252Fb:generateContent"), "a%2Fb");
  EXPECT_EQ(model("/v1beta/models"), "");
}

TEST(Route, KnowsAPathThatMayNameAModelThatItDoesNotRead) {
  const auto may = [](std::string_view path) { return may_name_unread_model(route(path)); };
  EXPECT_TRUE(may("/v1beta/models/a%3AgenerateContent"));
  EXPECT_TRUE(may("/v1beta/tunedModels/a:generateContent"));
  EXPECT_TRUE(may("/v1/models/a:generateContent"));
  EXPECT_FALSE(may("/v1beta/models/a:generateContent"));
  EXPECT_FALSE(may("/v1beta/openai/chat/completions"));
  EXPECT_FALSE(may("/v1/chat/completions"));
}

}  // namespace
}  // namespace holysheep
