#include "support/proxy_process.hpp"
#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <algorithm>
#include <sstream>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Outcome run(std::vector<std::string> arguments, const Environment& environment) {
  return run_to_end(proxy_binary(), arguments, environment);
}

/// How many lines name a variable, as a word of its own.
long lines_naming(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  long count = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find(name);
    if (at == std::string::npos) continue;
    const auto next = at + name.size() < line.size() ? line[at + name.size()] : ' ';
    if (next != '_' && std::isalnum(static_cast<unsigned char>(next)) == 0) ++count;
  }
  return count;
}

struct Refusal {
  std::string name;
  std::string value;
};

class SettingRefused : public ::testing::TestWithParam<Refusal> {};

TEST_P(SettingRefused, StartEndsWith78AndOneLineThatNamesIt) {
  const auto& [name, value] = GetParam();
  const auto outcome = run({}, proxy_settings({{name, value}}));
  EXPECT_EQ(outcome.code(), 78) << outcome.err;
  EXPECT_EQ(lines_naming(outcome.err, name), 1) << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(value.substr(0, value.find('\n'))));
}

TEST_P(SettingRefused, CheckSaysTheSame) {
  const auto& [name, value] = GetParam();
  const auto outcome = run({"--check"}, proxy_settings({{name, value}}));
  EXPECT_EQ(outcome.code(), 78) << outcome.err;
  EXPECT_EQ(lines_naming(outcome.out + outcome.err, name), 1) << outcome.out << outcome.err;
}

std::vector<Refusal> refusals() {
  std::vector<Refusal> all{{"API_BASE_URL", "ftp://api.holysheep.ai/v1"},
                           {"API_BASE_URL", "http://api.holysheep.ai/v1"},
                           {"API_BASE_URL", "https://"},
                           {"API_BASE_URL", "https://api.holysheep.ai/v1?a=b"},
                           {"LISTEN_ADDRESS", "not-an-address"},
                           {"ADMIN_ADDRESS", "300.1.1.1"},
                           {"LOG_LEVEL", "loud"},
                           {"LOG_FORMAT", "xml"},
                           {"CACHE_COMPLETIONS", "always"},
                           {"ACTION", "panic"},
                           {"RETRY_BUDGET_PERCENT", "101"},
                           {"LOG_SAMPLE", "2"},
                           {"MODEL_FALLBACKS", "{"},
                           {"FALLBACK_BASE_URL", "gopher://x"},
                           {"SSL_CERT_FILE", "/nonexistent/ca.pem"},
                           {"HOLYSHEEP_API_KEY_FILE", "/nonexistent/key"},
                           {"CLIENT_KEYS_FILE", "/nonexistent/keys"}};
  for (const char* port : {"LISTEN_PORT", "ADMIN_PORT"}) {
    for (const char* value : {"65536", "-1", "http"}) all.push_back({port, value});
  }
  for (const char* duration :
       {"REQUEST_TIMEOUT", "CIRCUIT_BREAKER_RESET", "KEEPALIVE_TIMEOUT", "CLIENT_HEADER_TIMEOUT",
        "CLIENT_BODY_TIMEOUT", "UPSTREAM_IDLE_TIMEOUT", "UPSTREAM_CONNECT_TIMEOUT", "UPSTREAM_SEND_TIMEOUT",
        "UPSTREAM_READ_TIMEOUT", "FIRST_TOKEN_TIMEOUT", "CACHE_TTL", "STREAM_PING_INTERVAL", "SHUTDOWN_GRACE",
        "SHUTDOWN_DELAY"}) {
    for (const char* value : {"soon", "-5s", "5 parsecs"}) all.push_back({duration, value});
  }
  for (const char* count :
       {"MAX_RETRIES", "REPLAY_BUFFER_MB", "CIRCUIT_BREAKER_THRESHOLD", "WORKER_PROCESSES",
        "WORKER_CONNECTIONS", "UPSTREAM_KEEPALIVE", "UPSTREAM_MAX_CONNECTIONS", "RATE_LIMIT_PER_SECOND",
        "RATE_LIMIT_BURST", "QUEUE_SIZE", "CACHE_SIZE_MB", "MEMORY_THRESHOLD_MB"}) {
    for (const char* value : {"many", "-1", "12x"}) all.push_back({count, value});
  }
  for (const char* size :
       {"CLIENT_MAX_HEADER_SIZE", "CLIENT_MAX_BODY_SIZE", "MAX_RESPONSE_SIZE", "STREAM_CHUNK_SIZE"}) {
    for (const char* value : {"large", "-4k", "99999999999999999999g"}) all.push_back({size, value});
  }
  for (const char* boolean : {"BACKPRESSURE_ENABLED", "ENABLE_GZIP", "METER_STREAM_USAGE"}) {
    all.push_back({boolean, "maybe"});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Each, SettingRefused, ::testing::ValuesIn(refusals()),
                         [](const auto& each) { return each.param.name + "_" + std::to_string(each.index); });

TEST(SettingsOfTheDaemon, EveryProblemIsPrintedAtOnce) {
  const auto outcome = run({}, {{"LISTEN_PORT", "x"}, {"MAX_RETRIES", "y"}, {"LOG_LEVEL", "z"}});
  EXPECT_EQ(outcome.code(), 78);
  for (const char* name : {"LISTEN_PORT", "MAX_RETRIES", "LOG_LEVEL"}) {
    EXPECT_EQ(lines_naming(outcome.err, name), 1) << outcome.err;
  }
}

TEST(SettingsOfTheDaemon, ABadKeyIsRefusedWithoutBeingPrinted) {
  const auto outcome = run({}, proxy_settings({{"HOLYSHEEP_API_KEY", "hush-hush\nX-Evil: 1"}}));
  EXPECT_EQ(outcome.code(), 78);
  EXPECT_EQ(lines_naming(outcome.err, "HOLYSHEEP_API_KEY"), 1) << outcome.err;
  EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("hush-hush")));
}

TEST(SettingsOfTheDaemon, AKeyAndAKeyFileTogetherAreRefused) {
  const TempDirectory directory;
  const auto outcome = run({"--check"}, {{"HOLYSHEEP_API_KEY", "one-secret"},
                                         {"HOLYSHEEP_API_KEY_FILE", directory.write("key", "two-secret")}});
  EXPECT_EQ(outcome.code(), 78);
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("HOLYSHEEP_API_KEY_FILE"));
  EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("secret\n")));
}

TEST(SettingsOfTheDaemon, AnUnknownKeyOfTheFileIsRefusedWithTheNearestName) {
  const TempDirectory directory;
  const auto file = directory.write("config.json", R"({"LISTEN_PROT": 8081})");
  const auto outcome = run({"--check", "--config", file}, {});
  EXPECT_EQ(outcome.code(), 78);
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("LISTEN_PROT"));
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("LISTEN_PORT"));
}

TEST(SettingsOfTheDaemon, TheEnvironmentGoesBeforeTheFileAndTheFileBeforeTheDefault) {
  const TempDirectory directory;
  const auto file = directory.write("config.json", R"({"MAX_RETRIES": 7, "QUEUE_SIZE": "77"})");
  const auto outcome =
      run({"--print-config"}, {{"CONFIG_FILE", file}, {"QUEUE_SIZE", "99"}, {"LOG_LEVEL", ""}});
  EXPECT_EQ(outcome.code(), 0) << outcome.err;
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("MAX_RETRIES +7 .*file"));
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("QUEUE_SIZE +99 .*environment"));
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("LOG_LEVEL +info .*default"));
}

TEST(SettingsOfTheDaemon, PrintConfigMasksSecrets) {
  const auto outcome = run({"--print-config"}, {{"HOLYSHEEP_API_KEY", "do-not-tell"}});
  EXPECT_EQ(outcome.code(), 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("HOLYSHEEP_API_KEY"));
  EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("do-not-tell")));
}

TEST(SettingsOfTheDaemon, CheckAcceptsTheDefaults) {
  EXPECT_EQ(run({"--check"}, {}).code(), 0);
}

TEST(SettingsOfTheDaemon, HelpAndVersionAndUnknownOptions) {
  const auto help = run({"--help"}, {});
  EXPECT_EQ(help.code(), 0);
  for (const char* option :
       {"--check", "--print-config", "--config", "--version", "health", "API_BASE_URL"}) {
    EXPECT_THAT(help.out, HasSubstr(option));
  }
  const auto version = run({"--version"}, {});
  EXPECT_EQ(version.code(), 0);
  EXPECT_THAT(version.out, ::testing::ContainsRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  const auto unknown = run({"--frobnicate"}, {});
  EXPECT_NE(unknown.code(), 0);
  EXPECT_THAT(unknown.err, HasSubstr("--frobnicate"));
}

TEST(SettingsOfTheDaemon, HealthAsksTheDaemonThatRunsWithTheSameSettings) {
  const auto settings = proxy_settings({{"LISTEN_PORT", std::to_string(unused_port())}});
  const auto before = run({"health"}, settings);
  EXPECT_EQ(before.code(), 1);
  EXPECT_FALSE(before.out.empty() && before.err.empty());
  ProxyProcess proxy(settings);
  EXPECT_EQ(run({"health"}, settings).code(), 0);
  EXPECT_EQ(proxy.stop(), 0);
  EXPECT_EQ(run({"health"}, settings).code(), 1);
}

TEST(SettingsOfTheDaemon, APortThatIsTakenEndsTheStartWithALineThatNamesIt) {
  ProxyProcess first({});
  const auto port = std::to_string(first.port());
  const auto outcome = run({}, proxy_settings({{"LISTEN_PORT", port}}));
  EXPECT_TRUE(outcome.ending && outcome.code() != 0) << "a second daemon must not share the port unnoticed";
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr(port));
}

}  // namespace
}  // namespace holysheep::testing
