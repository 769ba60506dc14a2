#include <holysheep/http/cache_rules.hpp>

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using http::cache_directives;
using http::CacheDirectives;
using http::CacheRule;
using http::CacheUse;
using http::CanonicalJson;
using http::Method;
using std::chrono::seconds;

/// A request as the parser gives it, with the bytes that it points into.
struct Request {
  explicit Request(std::string_view start, std::initializer_list<std::string_view> lines = {})
      : bytes(std::string(start) + " HTTP/1.1\r\nHost: a\r\n") {
    for (const auto line : lines) bytes.append(line).append("\r\n");
    bytes.append("\r\n");
    EXPECT_EQ(http::parse_request_head(bytes, head).fault, Fault::none) << bytes;
  }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  [[nodiscard]] CacheRule rule() const { return http::cache_rule(head.method, http::route(head.path)); }
  [[nodiscard]] CacheUse use(CacheCompletions completions = CacheCompletions::opt_in) const {
    return http::cache_use(rule(), head, completions, cache_directives(head.fields));
  }
  [[nodiscard]] auto digest(std::string_view client = "", std::string_view body = "") const {
    return http::cache_digest(head, http::route(head.path), client, body);
  }

  std::string bytes;
  http::RequestHead head;
};

CacheDirectives directives(std::initializer_list<std::string_view> lines) {
  return cache_directives(Request("GET /v1/models", lines).head.fields);
}

TEST(CacheDirectives, AreReadFromAllLinesInAnyCase) {
  EXPECT_EQ(directives({}), CacheDirectives{});
  EXPECT_EQ(directives({"Accept: no-store", "Cache-Control: public, no-transform"}), CacheDirectives{});
  EXPECT_TRUE(directives({"cache-control: No-Store"}).no_store);
  EXPECT_TRUE(directives({"Cache-Control: max-age=1 ,,NO-CACHE"}).no_cache);
  const auto all = directives({"Cache-Control: max-age=60", "CACHE-CONTROL: no-cache,\tno-store"});
  EXPECT_EQ(all, (CacheDirectives{.no_store = true, .no_cache = true, .max_age = seconds(60)}));
}

TEST(CacheDirectives, AreNotReadOutOfQuotedStrings) {
  EXPECT_EQ(directives({R"(Cache-Control: ext="no-store, no-cache, max-age=1\", no-store")"}),
            CacheDirectives{});
  EXPECT_TRUE(directives({R"(Cache-Control: ext="a,b", no-store)"}).no_store);
  EXPECT_TRUE(directives({R"(Cache-Control: no-cache="set-cookie")"}).no_cache);
  EXPECT_FALSE(directives({"Cache-Control: x-no-store, no-store-x"}).no_store);
}

TEST(CacheDirectives, TakeMaxAgeAsItIsMeant) {
  struct Case {
    std::string_view value;
    Duration age;
  };
  for (const Case& c : std::vector<Case>{{"max-age=0", seconds(0)},
                                         {"max-age=300", seconds(300)},
                                         {"Max-Age=\"300\"", seconds(300)},
                                         {"max-age=007", seconds(7)},
                                         {"max-age", seconds(0)},
                                         {"max-age=", seconds(0)},
                                         {"max-age=\"\"", seconds(0)},
                                         {"max-age=-5", seconds(0)},
                                         {"max-age=+5", seconds(0)},
                                         {"max-age=1.5", seconds(0)},
                                         {"max-age=5s", seconds(0)},
                                         {"max-age=0x10", seconds(0)},
                                         {"max-age=9223372036", seconds(9223372036)},
                                         {"max-age=9223372037", Duration::max()},
                                         {"max-age=99999999999999999999999", Duration::max()},
                                         {"max-age=60, max-age=5", seconds(5)},
                                         {"max-age=5, max-age=60", seconds(5)}}) {
    const auto read = directives({"Cache-Control: " + std::string(c.value)});
    ASSERT_TRUE(read.max_age) << c.value;
    EXPECT_EQ(*read.max_age, c.age) << c.value;
  }
}

TEST(CacheRule, KnowsWhatIsCachedByMethodAndPath) {
  struct Case {
    std::string_view start;
    CacheRule rule;
  };
  for (const Case& c : std::vector<Case>{{"GET /v1/models", CacheRule::always},
                                         {"GET /v1/models?x=1", CacheRule::always},
                                         {"GET /v1/models/gpt-4.1", CacheRule::always},
                                         {"GET /v1/v1/models", CacheRule::always},
                                         {"GET /v1/modelsx", CacheRule::never},
                                         {"HEAD /v1/models", CacheRule::never},
                                         {"DELETE /v1/models/ft", CacheRule::never},
                                         {"POST /v1/models", CacheRule::never},
                                         {"POST /v1/embeddings", CacheRule::always},
                                         {"POST /v1/embeddings/", CacheRule::never},
                                         {"GET /v1/embeddings", CacheRule::never},
                                         {"POST /v1/chat/completions", CacheRule::completion},
                                         {"POST /v1/v1/chat/completions", CacheRule::completion},
                                         {"POST /v1/completions", CacheRule::completion},
                                         {"POST /v1/messages", CacheRule::completion},
                                         {"POST /v1/responses", CacheRule::completion},
                                         {"post /v1/responses", CacheRule::never},
                                         {"POST /v1/messages/count_tokens", CacheRule::never},
                                         {"POST /v1/messages/batches", CacheRule::never},
                                         {"POST /v1/responses/r1/cancel", CacheRule::never},
                                         {"GET /v1/responses/r1", CacheRule::never},
                                         {"POST /v1/files", CacheRule::never},
                                         {"GET /v1beta/models", CacheRule::never},
                                         {"POST /v1beta/models/g:generateContent", CacheRule::never},
                                         {"GET /v1beta/models/x", CacheRule::never},
                                         {"GET /health", CacheRule::never},
                                         {"GET /models", CacheRule::never}}) {
    EXPECT_EQ(Request(c.start).rule(), c.rule) << c.start;
  }
}

TEST(CacheUse, OfCompletionsNeedsTheRequestsConsent) {
  const Request plain("POST /v1/chat/completions");
  const Request consents("POST /v1/chat/completions", {"Cache-Control: max-age=60"});
  EXPECT_EQ(plain.use(CacheCompletions::opt_in), CacheUse::never);
  EXPECT_EQ(plain.use(CacheCompletions::deterministic), CacheUse::if_temperature_zero);
  EXPECT_EQ(plain.use(CacheCompletions::off), CacheUse::never);
  EXPECT_EQ(consents.use(CacheCompletions::opt_in), CacheUse::always);
  EXPECT_EQ(consents.use(CacheCompletions::deterministic), CacheUse::always);
  EXPECT_EQ(consents.use(CacheCompletions::off), CacheUse::never);
  const Request refreshes("POST /v1/chat/completions", {"Cache-Control: no-cache"});
  EXPECT_EQ(refreshes.use(CacheCompletions::opt_in), CacheUse::never);
}

TEST(CacheUse, OfModelsAndEmbeddingsNeedsNone) {
  for (const auto completions :
       {CacheCompletions::opt_in, CacheCompletions::deterministic, CacheCompletions::off}) {
    EXPECT_EQ(Request("GET /v1/models").use(completions), CacheUse::always);
    EXPECT_EQ(Request("POST /v1/embeddings").use(completions), CacheUse::always);
  }
  EXPECT_EQ(Request("GET /v1/models", {"Cache-Control: no-cache, max-age=0"}).use(), CacheUse::always);
}

TEST(CacheUse, IsNoneWhereTheAnswerDependsOnMoreThanTheKey) {
  for (const std::string_view line :
       {"Cache-Control: no-store", "Range: bytes=0-1", "If-None-Match: \"a\"", "IF-MATCH: *",
        "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", "If-Range: \"a\"", "Upgrade: websocket",
        "Content-Encoding: gzip", "Content-Length: 2", "Transfer-Encoding: chunked"}) {
    EXPECT_EQ(Request("GET /v1/models", {line}).use(), CacheUse::never) << line;
  }
  for (const std::string_view line : {"Iffy: 1", "If: 1", "Ranges: 1", "Content-Type: application/json"}) {
    EXPECT_EQ(Request("GET /v1/models", {line}).use(), CacheUse::always) << line;
  }
  EXPECT_EQ(Request("POST /v1/embeddings", {"Content-Length: 2"}).use(), CacheUse::always);
}

TEST(CacheUse, OfAPostAsksItsBody) {
  const auto hot = http::canonical_json(R"({"temperature":1})");
  const auto cold = http::canonical_json(R"({"temperature":0})");
  EXPECT_TRUE(may_use(CacheUse::always, Method::post, hot));
  EXPECT_FALSE(may_use(CacheUse::if_temperature_zero, Method::post, hot));
  EXPECT_TRUE(may_use(CacheUse::if_temperature_zero, Method::post, cold));
  EXPECT_FALSE(may_use(CacheUse::never, Method::post, cold));
  EXPECT_FALSE(may_use(CacheUse::always, Method::post, std::nullopt));
  EXPECT_FALSE(may_use(CacheUse::if_temperature_zero, Method::post, std::nullopt));
  EXPECT_TRUE(may_use(CacheUse::always, Method::get, std::nullopt));
}

bool may_keep(std::string_view status, std::initializer_list<std::string_view> lines) {
  std::string bytes = "HTTP/1.1 " + std::string(status) + "\r\n";
  for (const auto line : lines) bytes.append(line).append("\r\n");
  bytes.append("\r\n");
  http::ResponseHead head;
  EXPECT_TRUE(http::parse_response_head(bytes, Method::post, head)) << bytes;
  return http::may_keep(head);
}

TEST(MayKeep, WantsAWhole200ThatAnybodyMayKeep) {
  const std::string_view length = "Content-Length: 2";
  EXPECT_TRUE(may_keep("200 OK", {length}));
  EXPECT_TRUE(may_keep("200 OK", {"Transfer-Encoding: chunked", "Content-Type: text/event-stream"}));
  EXPECT_TRUE(may_keep("200 OK", {length, "Cache-Control: public, max-age=0, no-cache, no-transform"}));
  EXPECT_FALSE(may_keep("200 OK", {}));  // nobody could tell its end from a break
  for (const std::string_view status :
       {"201 Created", "206 Partial Content", "203 X", "404 Not Found", "500 X"}) {
    EXPECT_FALSE(may_keep(status, {length})) << status;
  }
  for (const std::string_view line : {"Cache-Control: no-store", "Cache-Control: max-age=5, Private",
                                      "cache-control: private=\"set-cookie\"", "Content-Range: bytes 0-1/2",
                                      "Vary: *", "Vary: User-Agent", "vary: origin, x-mood"}) {
    EXPECT_FALSE(may_keep("200 OK", {length, line})) << line;
  }
  EXPECT_FALSE(may_keep("200 OK", {length, "Cache-Control: public", "Cache-Control: no-store"}));
  EXPECT_FALSE(may_keep("200 OK", {"Transfer-Encoding: chunked", "Trailer: x-usage"}));
}

TEST(MayKeep, AllowsToVaryByWhatTheKeyHolds) {
  for (const std::string_view vary :
       {"Origin", "Accept-Encoding, accept,Accept-Language", "authorization, X-API-Key,x-goog-api-key",
        "anthropic-beta, anthropic-version", "OpenAI-Beta,openai-organization,openai-project", ""}) {
    EXPECT_TRUE(may_keep("200 OK", {"Content-Length: 2", "Vary: " + std::string(vary)})) << vary;
  }
  EXPECT_FALSE(may_keep("200 OK", {"Content-Length: 2", "Vary: Origin", "Vary: Accept, *"}));
}

TEST(CacheDigest, IsTheSameForWhatUpstreamCannotTellApart) {
  const Request one("GET /v1/models?a=1",
                    {"Authorization: Bearer k", "Accept: */*", "anthropic-beta: x", "anthropic-beta: y"});
  const Request other("GET /v1/v1/models?a=1",
                      {"User-Agent: curl", "ANTHROPIC-BETA: x", "accept:   */*  ", "Anthropic-Beta: y",
                       "authorization: Bearer k", "X-Request-Id: 7", "Cache-Control: max-age=5"});
  EXPECT_EQ(one.digest(), other.digest());
  EXPECT_EQ(one.digest(), one.digest());
}

TEST(CacheDigest, DiffersWithEverythingTheAnswerDependsOn) {
  std::set<std::array<std::uint8_t, 32>> seen;
  const auto is_new = [&seen](const Request& request, std::string_view client = "",
                              std::string_view body = "") {
    return seen.insert(request.digest(client, body)).second;
  };
  for (const std::string_view start :
       {"GET /v1/models", "POST /v1/models", "HEAD /v1/models", "FOO /v1/models", "BAR /v1/models",
        "GET /v1beta/models", "GET /v1/models?", "GET /v1/models?a", "GET /v1/models?a=1", "GET /v1/models/a",
        "GET /v1/v1beta/models", "GET /v1/Models"}) {
    EXPECT_TRUE(is_new(Request(start))) << start;
  }
  for (const std::string_view name :
       {"authorization", "x-api-key", "x-goog-api-key", "accept", "accept-encoding", "accept-language",
        "anthropic-beta", "anthropic-version", "openai-beta", "openai-organization", "openai-project",
        "origin"}) {
    const std::string line(name);
    EXPECT_TRUE(is_new(Request("GET /v1/models", {line + ":"}))) << name;
    EXPECT_TRUE(is_new(Request("GET /v1/models", {line + ": a"}))) << name;
    EXPECT_TRUE(is_new(Request("GET /v1/models", {line + ": b"}))) << name;
    EXPECT_TRUE(is_new(Request("GET /v1/models", {line + ": a, b"}))) << name;
    EXPECT_TRUE(is_new(Request("GET /v1/models", {line + ": a", line + ": b"}))) << name;
    EXPECT_TRUE(is_new(Request("GET /v1/models", {line + ": b", line + ": a"}))) << name;
  }
  EXPECT_TRUE(is_new(Request("GET /v1/models?b=12")));
  EXPECT_TRUE(is_new(Request("GET /v1/models?b=1"), "2"));
  const Request post("POST /v1/embeddings");
  EXPECT_TRUE(is_new(post, "", ""));
  EXPECT_TRUE(is_new(post, "", "{}"));
  EXPECT_TRUE(is_new(post, "{}", ""));
  EXPECT_TRUE(is_new(post, "team-a", "{}"));
  EXPECT_TRUE(is_new(post, "team-", "a{}"));
  EXPECT_TRUE(is_new(post, "team-b", "{}"));
  EXPECT_TRUE(is_new(Request("POST /v1/embeddings", {"Origin: " + std::string(5000, 'o')}), "", "{}"));
}

}  // namespace
}  // namespace holysheep
