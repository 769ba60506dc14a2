#include "support/cached_stage.hpp"
#include "support/files.hpp"
#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <csignal>
#include <future>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view key_of_a = "hsk-marker-of-team-a";
constexpr std::string_view key_of_b = "hsk-marker-of-team-b";

json client(std::string_view id, std::string_view key, const json& more = json::object()) {
  json entry{{"id", id}, {"key_sha256", sha256(key)}};
  entry.update(more);
  return entry;
}

std::string keys_file(const std::vector<json>& clients) {
  return json{{"clients", clients}}.dump();
}

Header bearer(std::string_view key) {
  return {"Authorization", "Bearer " + std::string(key)};
}

/// A proxy with two clients, of which the tests change what they need.
class ClientKeys : public ::testing::Test {
 protected:
  Environment settings(const std::vector<json>& clients) {
    return {{"CLIENT_KEYS_FILE", directory_.write("keys.json", keys_file(clients))},
            {"HOLYSHEEP_API_KEY", "sk-upstream-marker"}};
  }
  static std::vector<json> both() { return {client("team-a", key_of_a), client("team-b", key_of_b)}; }

  TempDirectory directory_;
};

TEST_F(ClientKeys, LetInWhoSendsOneInAnyOfTheThreeForms) {
  Stage stage(settings(both()));
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1", false, {bearer(key_of_a)})).status, 200);
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1", false, {{"x-api-key", std::string(key_of_a)}})).status, 200);
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1", false, {{"x-goog-api-key", std::string(key_of_b)}})).status,
            200);
  EXPECT_EQ(
      fetch(stage.port(), chat("gpt-4.1", false, {{"authorization", "bearer " + std::string(key_of_b)}}))
          .status,
      200);
}

TEST_F(ClientKeys, KeepEverybodyElseOut) {
  Stage stage(settings(both()));
  const auto without = fetch(stage.port(), chat("gpt-4.1"));
  expect_gateway_error(without, 401, "invalid_api_key");
  EXPECT_THAT(without.header("WWW-Authenticate"), HasSubstr("Bearer"));
  const auto unknown = fetch(stage.port(), chat("gpt-4.1", false, {bearer("hsk-unknown-marker")}));
  expect_gateway_error(unknown, 401, "invalid_api_key");
  EXPECT_THAT(unknown.body, Not(HasSubstr("hsk-unknown-marker")));
  const auto anthropic = post_json(stage.port(), "/v1/messages", chat_body("claude-sonnet-4.5"));
  EXPECT_EQ(anthropic.status, 401);
  EXPECT_EQ(json::parse(anthropic.body)["error"]["type"], "authentication_error");
  EXPECT_TRUE(stage.simulator.requests().empty());
  EXPECT_EQ(get(stage.port(), "/health").status, 200);
  EXPECT_EQ(get(stage.port(), "/ready").status, 200);
  EXPECT_EQ(get(stage.port(), "/nothing").status, 404);
}

TEST_F(ClientKeys, KeepOutWhoseKeyHasExpired) {
  Stage stage(settings({client("team-a", key_of_a, {{"expires", "2020-01-01"}}),
                        client("team-b", key_of_b, {{"expires", "2999-01-01T00:00:00Z"}})}));
  expect_gateway_error(fetch(stage.port(), chat("gpt-4.1", false, {bearer(key_of_a)})), 401,
                       "invalid_api_key");
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1", false, {bearer(key_of_b)})).status, 200);
}

TEST_F(ClientKeys, NeverReachUpstreamNorTheLog) {
  Stage stage(settings(both()));
  const auto id = "of-team-a";
  fetch(stage.port(), chat("gpt-4.1", false, {bearer(key_of_a), {"X-Request-Id", id}}));
  const auto seen = stage.simulator.requests_of(id);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(recorded_header(seen[0], "authorization"), "Bearer sk-upstream-marker");
  EXPECT_THAT(seen[0].dump(), Not(HasSubstr(key_of_a)));
  EXPECT_EQ(stage.proxy.request_line(id)["client"], "team-a");
  EXPECT_THAT(stage.proxy.process().out() + stage.proxy.process().err(), Not(HasSubstr("marker")));
}

/// Whoever means the clients' keys to be upstream's too would else give them away.
TEST_F(ClientKeys, NeverReachUpstreamWithoutAKeyForItEither) {
  auto without = settings(both());
  without["HOLYSHEEP_API_KEY"] = "";
  Stage stage(without);
  fetch(stage.port(), chat("gpt-4.1", false, {bearer(key_of_a), {"X-Request-Id", "no-key"}}));
  const auto seen = stage.simulator.requests_of("no-key");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_THAT(seen[0].dump(), Not(HasSubstr(key_of_a)));
  EXPECT_THAT(stage.proxy.process().out(), HasSubstr("HOLYSHEEP_API_KEY"));
}

TEST_F(ClientKeys, AllowTheModelsThatTheyName) {
  Stage stage(settings(
      {client("team-a", key_of_a, {{"models", {"gpt-4.1", "claude-*"}}}), client("team-b", key_of_b)}));
  const auto asks = [&](std::string_view model, std::string_view key) {
    return fetch(stage.port(), chat(model, false, {bearer(key)}));
  };
  EXPECT_EQ(asks("gpt-4.1", key_of_a).status, 200);
  EXPECT_EQ(asks("claude-sonnet-4.5", key_of_a).status, 200);
  expect_gateway_error(asks("gpt-4.1-mini", key_of_a), 403, "model_not_allowed");
  EXPECT_EQ(asks("gpt-4.1-mini", key_of_b).status, 200);
  EXPECT_EQ(get(stage.port(), "/v1/models", {bearer(key_of_a)}).status, 200);
  const auto gemini = post_json(stage.port(), "/v1beta/models/gemini-2.5-flash:generateContent",
                                R"({"contents":[]})", {bearer(key_of_a)});
  EXPECT_EQ(gemini.status, 403);
  EXPECT_EQ(json::parse(gemini.body)["error"]["status"], "PERMISSION_DENIED");
}

TEST_F(ClientKeys, RefuseWhatMightNameAnotherModel) {
  Stage stage(settings({client("team-a", key_of_a, {{"models", {"gpt-4.1"}}})}));
  const auto with = [&](const std::string& body) {
    return post_json(stage.port(), "/v1/chat/completions", body, {bearer(key_of_a)});
  };
  expect_gateway_error(with(R"({"model":"gpt-4.1","model":"o3"})"), 403, "model_not_allowed");
  expect_gateway_error(with(R"({"model":"o3","model":"gpt-4.1"})"), 403, "model_not_allowed");
  expect_gateway_error(with(R"({"messages":[]})"), 403, "model_not_allowed");
  expect_gateway_error(with("model=gpt-4.1"), 403, "model_not_allowed");
  expect_gateway_error(with(R"({"model":"gpt-4.1","\u006dodel":"o3"})"), 403, "model_not_allowed");
  EXPECT_TRUE(stage.simulator.requests().empty());
  EXPECT_EQ(with(R"({"model":"gpt-4.\u0031","messages":[]})").header("X-HolySheep-Error"), "");
}

/// What another reader than ours would find: each is read by some upstream or other as a request for o3.
TEST_F(ClientKeys, RefuseWhatAnotherReaderMightTakeForAnotherModel) {
  Stage stage(settings({client("team-a", key_of_a, {{"models", {"gpt-4.1"}}})}));
  const auto with = [&](const std::string& type, const std::string& body) {
    Request request = json_request("/v1/chat/completions", body, {bearer(key_of_a)});
    std::erase_if(request.headers, [](const Header& field) { return field.name == "Content-Type"; });
    request.headers.push_back({"Content-Type", type});
    return fetch(stage.port(), std::move(request));
  };
  const std::string part = "\r\n--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\no3\r\n--x--\r\n";
  const std::string multipart = "multipart/form-data; boundary=x";
  const std::string form = "application/x-www-form-urlencoded";
  expect_gateway_error(with(multipart, R"({"model":"gpt-4.1"})" + part), 403, "model_not_allowed");
  expect_gateway_error(with(multipart, R"({"model":"gpt-4.1","a":")" + part + "\"}"), 403,
                       "model_not_allowed");
  expect_gateway_error(with(form, R"({"model":"gpt-4.1","a":"&model=o3&"})"), 403, "model_not_allowed");
  const std::string json_type = "application/json";
  expect_gateway_error(with(json_type, R"({"model":"gpt-4.1","Model":"o3"})"), 403, "model_not_allowed");
  expect_gateway_error(with(json_type, R"({"MODE\u004c":"o3","model":"gpt-4.1"})"), 403, "model_not_allowed");
  expect_gateway_error(with(json_type, R"({"model":"gpt-4.1"/**/,"model":"o3"})"), 403, "model_not_allowed");
  expect_gateway_error(with(json_type, R"({"model":"gpt-4.1"}{"model":"o3"})"), 403, "model_not_allowed");
  // Comments and single quotes, which some readers take, turn what is a string and what is not around.
  for (const char* body : {R"({"model":"gpt-4.1","a":[/*"*/],"model":"o3","b":[/*"*/]})",
                           R"({"model":"gpt-4.1","a":['"'],"model":"o3","b":['"']})",
                           "{\"model\":\"gpt-4.1\",\"a\":[ #\"\n],\"model\":\"o3\",\"b\":[ #\"\n]}"}) {
    expect_gateway_error(with(json_type, body), 403, "model_not_allowed");
  }
  expect_gateway_error(with(json_type + "; charset=utf-7", R"({"model":"gpt-4.1","+AG0-odel":"o3"})"), 403,
                       "model_not_allowed");
  EXPECT_TRUE(stage.simulator.requests().empty());
  EXPECT_EQ(with(json_type + "; charset=utf-8", chat_body("gpt-4.1") + "\r\n").status, 200);
}

TEST_F(ClientKeys, RefuseAModelThatThePathNamesInAnotherWay) {
  Stage stage(settings({client("team-a", key_of_a, {{"models", {"gemini-2.5-flash", "google/*"}}})}));
  const auto with = [&](const std::string& path) {
    return post_json(stage.port(), path, R"({"model":"gemini-2.5-flash","contents":[]})", {bearer(key_of_a)});
  };
  for (const char* path :
       {"/v1beta/models/gemini-pro%3AgenerateContent", "/v1beta//models/gemini-pro:generateContent",
        "/v1beta/models//gemini-pro:generateContent", "/v1beta/models/gemini-pro:generateContent/",
        "/v1beta/tunedModels/mine:generateContent", "/v1/models/gemini-pro:generateContent",
        "/v1beta/models/google%252Fpro:generateContent"}) {
    EXPECT_EQ(with(path).status, 403) << path;
  }
  EXPECT_TRUE(stage.simulator.requests().empty());
  EXPECT_NE(with("/v1beta/models/gemini-2.5-flash:generateContent").status, 403);
  EXPECT_NE(with("/v1beta/models/google%2Fpro:generateContent").status, 403);
}

/// A body too large to be held goes on as it comes: which model it names is known too late.
TEST_F(ClientKeys, RefuseWhatCannotBeReadBeforeItGoesOn) {
  auto small = settings({client("team-a", key_of_a, {{"models", {"gpt-4.1"}}}), client("team-b", key_of_b)});
  small["REPLAY_BUFFER_MB"] = "0";
  Stage stage(small);
  const std::string body = R"({"model":"gpt-4.1","input":")" + std::string(300'000, 'x') + "\"}";
  const auto refused = post_json(stage.port(), "/v1/embeddings", body, {bearer(key_of_a)});
  EXPECT_EQ(refused.status, 403) << refused.body;
  EXPECT_EQ(post_json(stage.port(), "/v1/embeddings", body, {bearer(key_of_b)}).status, 200);
}

TEST_F(ClientKeys, AreToldThatMemoryIsShortWhereTheModelCannotBeReadForThatAlone) {
  auto small = settings({client("team-a", key_of_a, {{"models", {"gpt-4.1"}}}), client("team-b", key_of_b)});
  const auto admin = unused_port();
  small["REPLAY_BUFFER_MB"] = "1";
  small["ADMIN_PORT"] = std::to_string(admin);
  Stage stage(small);
  const auto mine = [&](std::size_t size) {
    return post_json(stage.port(), "/v1/embeddings",
                     R"({"model":"gpt-4.1","input":")" + std::string(size, 'x') + "\"}", {bearer(key_of_a)});
  };
  EXPECT_EQ(mine(300'000).status, 200);
  RawClient slow(stage.port());
  const std::size_t begun = (std::size_t{1} << 20) - 10'000;
  slow.send(
      "POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer " +
      std::string(key_of_b) + "\r\nContent-Length: 1048576\r\n\r\n");
  slow.send(std::string(begun, ' '));
  ASSERT_TRUE(eventually([&] {
    const auto usage = nlohmann::json::parse(get(admin, "/usage").body);
    return usage["memory"]["held_bytes"]["request_bodies"].get<std::size_t>() > begun - 40'000;
  }));
  const auto refused = mine(300'000);
  expect_gateway_error(refused, 503, "memory_pressure");
  EXPECT_EQ(refused.header("Retry-After"), "1");
  EXPECT_EQ(mine(2'000'000).status, 403) << "what never fits is no matter of time";
  slow.close();
  EXPECT_TRUE(eventually([&] { return mine(300'000).status == 200; }));
}

TEST_F(ClientKeys, DoNotFallBackToAModelThatTheClientMayNotUse) {
  auto with = settings({client("team-a", key_of_a, {{"models", {"sim:*", "gpt-4.1"}}}),
                        client("team-b", key_of_b, {{"models", {"sim:*"}}})});
  with["MODEL_FALLBACKS"] = R"({"sim:status=503":["gpt-4.1"]})";
  with["MAX_RETRIES"] = "0";
  Stage stage(with);
  EXPECT_EQ(
      fetch(stage.port(), chat("sim:status=503", false, {bearer(key_of_a)})).header("X-HolySheep-Model"),
      "gpt-4.1");
  EXPECT_EQ(fetch(stage.port(), chat("sim:status=503", false, {bearer(key_of_b)})).status, 503);
}

TEST_F(ClientKeys, AreReadAgainOnSighupAndABadFileLeavesTheOldOnes) {
  Stage stage(settings({client("team-a", key_of_a)}));
  const auto status = [&](std::string_view key) {
    return fetch(stage.port(), chat("gpt-4.1", false, {bearer(key)})).status;
  };
  ASSERT_EQ(status(key_of_b), 401);
  directory_.write("keys.json", keys_file({client("team-b", key_of_b)}));
  stage.proxy.process().signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return status(key_of_b) == 200; }));
  EXPECT_EQ(status(key_of_a), 401);
  directory_.write("keys.json", R"({"clients":[{"id":"team-c","key_sha256":"hsk-marker-pasted-here"}]})");
  stage.proxy.process().signal(SIGHUP);
  ASSERT_TRUE(
      eventually([&] { return stage.proxy.process().out().find("stay in force") != std::string::npos; }));
  EXPECT_THAT(stage.proxy.process().out(), HasSubstr("clients[0].key_sha256"));
  EXPECT_THAT(stage.proxy.process().out(), Not(HasSubstr("marker")));
  EXPECT_EQ(status(key_of_b), 200);
}

TEST_F(ClientKeys, StopADaemonWhoseFileIsBad) {
  const auto file = directory_.write("keys.json", R"({"clients":[{"id":"a"},{"key_sha256":"00"}]})");
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{}, {"--check"}}) {
    const auto ended = run_to_end(proxy_binary(), arguments, proxy_settings({{"CLIENT_KEYS_FILE", file}}));
    EXPECT_EQ(ended.code(), 78);
    EXPECT_THAT(ended.err, HasSubstr("CLIENT_KEYS_FILE"));
    EXPECT_THAT(ended.err, HasSubstr("clients[0]"));
    EXPECT_THAT(ended.err, HasSubstr("clients[1]"));
  }
}

TEST_F(ClientKeys, GiveEachClientItsOwnKeptAnswers) {
  auto with = settings(both());
  with["CACHE_SIZE_MB"] = "8";
  Stage stage(with);
  const auto asks = [&](std::string_view key) {
    const auto answer = get(stage.port(), "/v1/models", {bearer(key)});
    return answer.header("Server-Timing").find("desc=hit") != std::string::npos;
  };
  EXPECT_FALSE(asks(key_of_a));
  EXPECT_TRUE(asks(key_of_a));
  EXPECT_FALSE(asks(key_of_b));
  EXPECT_TRUE(asks(key_of_b));
}

TEST_F(ClientKeys, LimitTheRequestsOfAClientInFlight) {
  auto with = settings({client("team-a", key_of_a, {{"max_in_flight", 1}}), client("team-b", key_of_b)});
  with["BACKPRESSURE_ENABLED"] = "false";
  Stage stage(with);
  HttpClient first(stage.port());
  first.send(chat("sim:stall=before", true, {bearer(key_of_a), {"X-Request-Id", "first"}}));
  ASSERT_TRUE(eventually([&] { return stage.simulator.requests_of("first").size() == 1; }));
  const auto second = fetch(stage.port(), chat("gpt-4.1", false, {bearer(key_of_a)}));
  expect_gateway_error(second, 429, "rate_limit_exceeded");
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1", false, {bearer(key_of_b)})).status, 200);
  first.reset();
  EXPECT_TRUE(eventually(
      [&] { return fetch(stage.port(), chat("gpt-4.1", false, {bearer(key_of_a)})).status == 200; }));
}

TEST_F(ClientKeys, LimitTheRateOfAClient) {
  auto with =
      settings({client("team-a", key_of_a, {{"rate_limit_per_second", 2}}), client("team-b", key_of_b)});
  with["BACKPRESSURE_ENABLED"] = "false";
  with["RATE_LIMIT_PER_SECOND"] = "0";
  Stage stage(with);
  int refused = 0;
  for (int i = 0; i < 10; ++i) {
    const auto answer = fetch(stage.port(), chat("gpt-4.1", false, {bearer(key_of_a)}));
    if (answer.status != 429) continue;
    ++refused;
    EXPECT_FALSE(answer.header("Retry-After").empty());
  }
  EXPECT_GE(refused, 5);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1", false, {bearer(key_of_b)})).status, 200);
}

TEST_F(ClientKeys, AreMadeByTheProgramItself) {
  const auto made = run_to_end(proxy_binary(), {"keys", "new", "--id", "team-a"}, {});
  ASSERT_EQ(made.code(), 0) << made.err;
  const std::string text = made.out;
  const auto begin = text.find("hsk_");
  ASSERT_NE(begin, std::string::npos) << text;
  const std::string key = text.substr(begin, text.find_first_of(" \n\"", begin) - begin);
  const auto entry = text.find('{');
  ASSERT_NE(entry, std::string::npos);
  const auto parsed = json::parse(text.substr(entry, text.rfind('}') - entry + 1));
  Stage stage(settings({parsed}));
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1", false, {bearer(key)})).status, 200);
}

}  // namespace
}  // namespace holysheep::testing
