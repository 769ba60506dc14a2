#include "support/files.hpp"
#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <csignal>
#include <functional>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

/// In every secret and in every prompt; nowhere else.
constexpr std::string_view marker = "m4rk3r";
const std::string client_key = "hsk_" + std::string(marker) + "-of-a-client";
const std::string upstream_key = "sk-" + std::string(marker) + "-of-upstream";

/// A client key, the upstream keys and prompts that hold a marker, through everything that can go wrong.
class Secrets : public ::testing::Test {
 protected:
  static json entry() {
    return {{"id", "team-a"}, {"key_sha256", sha256(client_key)}, {"models", {"gpt-4.1", "sim:*"}}};
  }

  Environment settings() {
    return {{"CLIENT_KEYS_FILE", directory_.write("keys.json", json{{"clients", {entry()}}}.dump())},
            {"HOLYSHEEP_API_KEY", upstream_key},
            {"FALLBACK_BASE_URL", "https://localhost:1/v1"},
            {"FALLBACK_API_KEY", "sk-" + std::string(marker) + "-of-the-second"},
            {"USAGE_FILE", ledger()},
            {"ADMIN_PORT", std::to_string(admin_)},
            {"CACHE_SIZE_MB", "8"},
            {"MAX_RETRIES", "1"},
            {"CIRCUIT_BREAKER_THRESHOLD", "0"},
            {"LOG_LEVEL", "trace"}};
  }

  std::string ledger() const { return directory_.path() / "usage.jsonl"; }

  static std::string body(std::string_view model, bool stream = false) {
    return json{{"model", model},
                {"stream", stream},
                {"messages", {{{"role", "user"}, {"content", "a prompt with " + std::string(marker)}}}}}
        .dump();
  }

  /// What a client is told by the proxy itself: no answer of upstream's, which may repeat what it was asked.
  void refused(const Stage& stage, const Request& request, int status) {
    const auto answer = fetch(stage.port(), request);
    EXPECT_EQ(answer.status, status) << request.target;
    EXPECT_THAT(answer.body, Not(HasSubstr(marker)));
    for (const Header& header : answer.headers) EXPECT_THAT(header.value, Not(HasSubstr(marker)));
  }

  TempDirectory directory_;
  const std::uint16_t admin_ = unused_port();
};

TEST_F(Secrets, AppearInNoLogMetricAdminAnswerLedgerOrError) {
  Stage stage(settings());
  const Header key{"Authorization", "Bearer " + client_key};
  const auto post = [&](std::string target, std::string_view model, bool stream = false) {
    return json_request(std::move(target), body(model, stream), {key});
  };
  const std::string chat_path = "/v1/chat/completions";
  const std::string query = "?key=" + client_key + "&prompt=" + std::string(marker);
  // Answered, streamed, kept, tried again, broken off, and left.
  EXPECT_EQ(fetch(stage.port(), post(chat_path, "gpt-4.1")).status, 200);
  EXPECT_EQ(fetch(stage.port(), post(chat_path + query, "gpt-4.1", true)).status, 200);
  EXPECT_EQ(fetch(stage.port(), post("/v1/embeddings", "gpt-4.1")).status, 200);
  fetch(stage.port(), post(chat_path, "sim:fail=1;tag=secrets"));
  fetch(stage.port(), post(chat_path, "sim:reset=event:2", true));
  HttpClient leaver(stage.port());
  leaver.send(post(chat_path, "sim:stall=before"));
  ASSERT_TRUE(eventually([&] { return stage.simulator.stats()["in_flight"] == 1; }));
  leaver.reset();
  // Refused by the proxy, in each dialect.
  refused(stage,
          json_request(chat_path + query, body("gpt-4.1"), {{"x-api-key", "hsk_" + std::string(marker)}}),
          401);
  refused(stage, json_request("/v1/messages", body("gpt-4.1"), {{"x-goog-api-key", std::string(marker)}}),
          401);
  refused(stage, post(chat_path, "o3"), 403);
  refused(stage, post("/v1/messages", "o3"), 403);
  refused(stage, post("/v1beta/models/o3:generateContent" + query, ""), 403);
  refused(stage, post("/elsewhere" + query, "gpt-4.1"), 404);
  refused(stage, post(chat_path, "sim:garbage"), 502);
  refused(stage, {.method = "TRACE", .target = "/v1/models" + query, .headers = {key}}, 405);
  RawClient raw(stage.port());
  raw.send("POST /v1/chat/completions" + query + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
           client_key + "\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
  raw.read_to_end();
  EXPECT_THAT(std::string(raw.take()), Not(HasSubstr(marker)));
  // A key where none belongs, told of when the file is read again.
  directory_.write("keys.json", R"({"clients":[{"id":")" + client_key + R"(","key_sha256":")" + client_key +
                                    R"(",")" + client_key + R"(":1}]})");
  stage.proxy.process().signal(SIGHUP);
  ASSERT_TRUE(
      eventually([&] { return stage.proxy.process().out().find("stay in force") != std::string::npos; }));
  for (const auto* page : {"/metrics", "/usage", "/config", "/ready", "/dashboard.json", "/", "/nothing"}) {
    const auto answer = get(admin_, std::string(page) + query);
    EXPECT_FALSE(answer.body.empty()) << page;
    EXPECT_THAT(answer.body, Not(HasSubstr(marker))) << page;
  }
  EXPECT_EQ(stage.proxy.stop(), 0);
  EXPECT_THAT(stage.proxy.process().out(), HasSubstr("team-a"));
  EXPECT_THAT(stage.proxy.process().out(), Not(HasSubstr(marker)));
  EXPECT_THAT(stage.proxy.process().err(), Not(HasSubstr(marker)));
  EXPECT_THAT(read_file(ledger()), HasSubstr("team-a"));
  EXPECT_THAT(read_file(ledger()), Not(HasSubstr(marker)));
}

}  // namespace
}  // namespace holysheep::testing
