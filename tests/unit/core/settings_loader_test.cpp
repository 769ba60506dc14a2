#include <holysheep/core/settings_loader.hpp>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/files.hpp>
#include <unistd.h>

namespace holysheep {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using Variables = std::map<std::string, std::string, std::less<>>;
using Loaded = Result<LoadedSettings, std::vector<std::string>>;

const MachineFacts machine{.cpus = 6, .memory_limit = std::nullopt, .ipv6 = true};

Environment holding(Variables variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

Loaded load(Variables variables, const std::optional<std::string>& file = std::nullopt) {
  return load_settings(holding(std::move(variables)), file, machine);
}

std::vector<std::string> problems(const Loaded& loaded) {
  return loaded ? std::vector<std::string>{} : loaded.error();
}

class SettingsFile : public ::testing::Test {
 protected:
  std::string file(std::string_view content) { return directory_.write("settings.json", content); }
  holysheep::testing::TempDirectory directory_;
};

TEST_F(SettingsFile, TheEnvironmentWinsOverTheFileAndTheFileOverTheDefault) {
  const auto loaded =
      load({{"MAX_RETRIES", "7"}}, file(R"({"MAX_RETRIES": 5, "QUEUE_SIZE": 9, "LOG_LEVEL": "debug"})"));
  ASSERT_TRUE(loaded) << problems(loaded).front();
  EXPECT_EQ(loaded->settings.max_retries, 7U);
  EXPECT_EQ(loaded->settings.queue_size, 9U);
  EXPECT_EQ(loaded->settings.log_level, LogLevel::debug);
  EXPECT_EQ(loaded->settings.upstream_keepalive, 32U);
  EXPECT_EQ(loaded->sources.at("MAX_RETRIES"), SettingSource::environment);
  EXPECT_EQ(loaded->sources.at("QUEUE_SIZE"), SettingSource::file);
  EXPECT_EQ(loaded->sources.at("UPSTREAM_KEEPALIVE"), SettingSource::default_value);
}

TEST_F(SettingsFile, AnEmptyVariableCountsAsUnset) {
  const auto loaded = load({{"MAX_RETRIES", ""}, {"QUEUE_SIZE", ""}}, file(R"({"MAX_RETRIES": 5})"));
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->settings.max_retries, 5U);
  EXPECT_EQ(loaded->sources.at("QUEUE_SIZE"), SettingSource::default_value);
}

TEST_F(SettingsFile, EmptyAndNullInTheFileCountAsUnset) {
  const auto loaded = load({}, file(R"({"MAX_RETRIES": "", "QUEUE_SIZE": null})"));
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->settings.max_retries, 3U);
  EXPECT_EQ(loaded->sources.at("QUEUE_SIZE"), SettingSource::default_value);
}

TEST_F(SettingsFile, ValuesMayBeTextNumbersBooleansAndAnObjectForModelFallbacks) {
  const auto loaded =
      load({}, file(R"({"MAX_RETRIES": "5", "RATE_LIMIT_PER_SECOND": 0.00001, "LISTEN_PORT": 81,
      "BACKPRESSURE_ENABLED": false, "REQUEST_TIMEOUT": 1.5, "QUEUE_SIZE": 1e3,
      "MODEL_FALLBACKS": {"a": ["b"]}})"));
  ASSERT_TRUE(loaded) << problems(loaded).front();
  EXPECT_EQ(loaded->settings.max_retries, 5U);
  EXPECT_DOUBLE_EQ(loaded->settings.rate_limit_per_second, 0.00001);
  EXPECT_EQ(loaded->settings.listen_port, 81);
  EXPECT_FALSE(loaded->settings.backpressure_enabled);
  EXPECT_EQ(loaded->settings.request_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(loaded->settings.queue_size, 1000U);
  EXPECT_THAT(loaded->settings.model_fallbacks.at("a"), ElementsAre("b"));
}

TEST_F(SettingsFile, ListsAndObjectsElsewhereAreRefusedWithoutTheirContent) {
  const auto loaded = load({}, file(R"({"MAX_RETRIES": ["sekrit"], "HOLYSHEEP_API_KEY": {"k": "sekrit"}})"));
  EXPECT_THAT(problems(loaded),
              ElementsAre(AllOf(HasSubstr("HOLYSHEEP_API_KEY is an object"), Not(HasSubstr("sekrit"))),
                          AllOf(HasSubstr("MAX_RETRIES is a list"), Not(HasSubstr("sekrit")))));
}

TEST_F(SettingsFile, ConfigFileNamesItWhereTheCommandLineDoesNot) {
  const auto one = file(R"({"MAX_RETRIES": 1})");
  const auto two = directory_.write("two.json", R"({"MAX_RETRIES": 2})");
  EXPECT_EQ(load({{"CONFIG_FILE", one}})->settings.max_retries, 1U);
  EXPECT_EQ(load({{"CONFIG_FILE", one}}, two)->settings.max_retries, 2U);
  EXPECT_EQ(load({{"CONFIG_FILE", ""}})->settings.max_retries, 3U);
}

TEST_F(SettingsFile, ABadValueSaysWhichFileItStandsIn) {
  const auto path = file(R"({"MAX_RETRIES": "many"})");
  EXPECT_THAT(problems(load({}, path)),
              ElementsAre(StartsWith("MAX_RETRIES=\"many\" in \"" + path + "\": accepted is ")));
}

TEST_F(SettingsFile, AnUnknownKeyIsAProblemWithTheNearestName) {
  EXPECT_THAT(problems(load({}, file(R"({"LOG_LEVLE": "info"})"))),
              ElementsAre(AllOf(HasSubstr("\"LOG_LEVLE\""), HasSubstr("did you mean LOG_LEVEL?"))));
  EXPECT_THAT(problems(load({}, file(R"({"CONFIG_FILE": "x"})"))), ElementsAre(HasSubstr("unknown setting")));
  EXPECT_THAT(problems(load({}, file(R"({"something_else_entirely": 1})"))),
              ElementsAre(AllOf(HasSubstr("something_else_entirely"), Not(HasSubstr("did you mean")))));
}

TEST_F(SettingsFile, AKeyTwiceIsAProblem) {
  EXPECT_THAT(problems(load({}, file(R"({"MAX_RETRIES": 1, "MAX_RETRIES": 2})"))),
              ElementsAre(HasSubstr("\"MAX_RETRIES\" is there twice")));
}

TEST_F(SettingsFile, WhatIsNotJsonIsNamedByItsPositionAndNeverQuoted) {
  const auto path = file("{\n  \"HOLYSHEEP_API_KEY\": sekrit\n}");
  EXPECT_THAT(problems(load({}, path)),
              ElementsAre("CONFIG_FILE=\"" + path + "\": not JSON, at line 2, column 24"));
  EXPECT_THAT(problems(load({}, file("[1]"))), ElementsAre(HasSubstr("accepted is one JSON object")));
  EXPECT_THAT(problems(load({}, file(""))), ElementsAre(HasSubstr("not JSON, at line 1, column 1")));
  EXPECT_THAT(problems(load({}, file("{\"LOG_LEVEL\": \"\xff\"}"))), ElementsAre(HasSubstr("not JSON")));
}

TEST_F(SettingsFile, ANumberThatNoComputerHoldsIsAProblemAndNoCrash) {
  const auto path = file("{\n  \"MAX_RETRIES\": 1e999\n}");
  EXPECT_THAT(
      problems(load({}, path)),
      ElementsAre("CONFIG_FILE=\"" + path + "\": a number is too large: accepted are numbers below 1e308"));
}

TEST_F(SettingsFile, TheFilesNameStaysOnOneLineAndHidesAKey) {
  EXPECT_THAT(problems(load({{"CONFIG_FILE", "/two\nlines"}})),
              ElementsAre("CONFIG_FILE=\"/two\\nlines\": No such file or directory"));
  EXPECT_THAT(problems(load({{"CONFIG_FILE", "sk-correcthorse"}})),
              ElementsAre("CONFIG_FILE=\"********\": No such file or directory"));
  EXPECT_THAT(problems(load({{"HOLYSHEEP_API_KEY", "correct-horse"}, {"CONFIG_FILE", "correct-horse"}})),
              ElementsAre(Not(HasSubstr("horse"))));
  const auto odd = directory_.write("two\nlines", R"({"MAX_RETRIES": "many"})");
  EXPECT_THAT(problems(load({}, odd)), ElementsAre(Not(HasSubstr("\n"))));
}

TEST_F(SettingsFile, AFileThatCannotBeReadIsAProblem) {
  EXPECT_THAT(problems(load({}, "/nowhere/x.json")),
              ElementsAre("CONFIG_FILE=\"/nowhere/x.json\": No such file or directory"));
  EXPECT_THAT(problems(load({}, directory_.path().string())), ElementsAre(HasSubstr("it is a folder")));
}

TEST_F(SettingsFile, EveryProblemIsReportedAtOnce) {
  const auto path = file(R"({"LOG_LEVLE": "info", "QUEUE_SIZE": -1})");
  const auto found = problems(load({{"MAX_RETRIES", "x"},
                                    {"LISTEN_PORT", "70000"},
                                    {"HOLYSHEEP_API_KEY", "a"},
                                    {"HOLYSHEEP_API_KEY_FILE", "/b"},
                                    {"SSL_CERT_FILE", "/nowhere/ca.pem"},
                                    {"CLIENT_KEYS_FILE", "two\nlines"}},
                                   path));
  EXPECT_THAT(found,
              ElementsAre(HasSubstr("LOG_LEVLE"), StartsWith("LISTEN_PORT="), StartsWith("MAX_RETRIES="),
                          StartsWith("QUEUE_SIZE="), StartsWith("CLIENT_KEYS_FILE="),
                          StartsWith("HOLYSHEEP_API_KEY and HOLYSHEEP_API_KEY_FILE are both set"),
                          StartsWith("SSL_CERT_FILE=")));
  for (const auto& line : found) EXPECT_EQ(line.find('\n'), std::string::npos) << line;
}

TEST_F(SettingsFile, TheKeyFileMustHoldOneKey) {
  const auto key = [&](std::string_view content) { return directory_.write("key", content); };
  EXPECT_TRUE(load({{"HOLYSHEEP_API_KEY_FILE", key("a-key\n")}}));
  EXPECT_TRUE(load({{"HOLYSHEEP_API_KEY_FILE", key("a-key\r\n")}})->settings.holysheep_api_key.empty());
  for (const auto* bad : {"", "\n", "two words", "sekrit\nsekrit", "sekrit\x01"}) {
    EXPECT_THAT(problems(load({{"HOLYSHEEP_API_KEY_FILE", key(bad)}})),
                ElementsAre(AllOf(StartsWith("HOLYSHEEP_API_KEY_FILE="), HasSubstr("one key"),
                                  Not(HasSubstr("sekrit")))));
  }
  EXPECT_THAT(problems(load({{"HOLYSHEEP_API_KEY_FILE", "/nowhere/key"}})),
              ElementsAre("HOLYSHEEP_API_KEY_FILE=\"/nowhere/key\": No such file or directory"));
  EXPECT_THAT(problems(load({{"HOLYSHEEP_API_KEY_FILE", directory_.path().string()}})),
              ElementsAre(HasSubstr("it is a folder")));
}

TEST_F(SettingsFile, ReadKeyFileGivesTheKeyWithoutItsLineEnd) {
  EXPECT_EQ(read_key_file(directory_.write("key", "a-key\n"))->reveal(), "a-key");
  const auto bad = read_key_file(directory_.write("key", "sek rit"));
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error(), AllOf(HasSubstr("/key: "), Not(HasSubstr("sek"))));
}

TEST(SettingsLoader, AKeyWhereItsFileBelongsIsNotShown) {
  EXPECT_THAT(problems(load({{"HOLYSHEEP_API_KEY_FILE", "correct-horse-battery"}})),
              ElementsAre("HOLYSHEEP_API_KEY_FILE=********: No such file or directory"));
}

TEST(SecretsInTheEnvironment, AreOverwrittenWhereTheyLieAndForgotten) {
  ::setenv("FALLBACK_API_KEY", "sk-in-the-environment", 1);
  const char* const value = std::getenv("FALLBACK_API_KEY");
  ASSERT_NE(value, nullptr);
  forget_secrets_in_environment();
  EXPECT_EQ(std::getenv("FALLBACK_API_KEY"), nullptr);
  EXPECT_EQ(std::string(value, 21), std::string(21, '\0'));
}

/// A runtime that adds to an image's environment may leave a variable there twice; `getenv` sees the first.
TEST(SecretsInTheEnvironment, AreOverwrittenTwiceWhereTheyStandTwice) {
  std::string first = "FALLBACK_API_KEY=sk-first";
  std::string other = "FALLBACK_API_KEY_FILE=/a/path";
  std::string second = "FALLBACK_API_KEY=sk-second";
  char* own[] = {first.data(), other.data(), second.data(), nullptr};
  char** const everything = std::exchange(environ, own);
  forget_secrets_in_environment();
  environ = everything;
  EXPECT_EQ(first, "FALLBACK_API_KEY=" + std::string(8, '\0'));
  EXPECT_EQ(second, "FALLBACK_API_KEY=" + std::string(9, '\0'));
  EXPECT_EQ(other, "FALLBACK_API_KEY_FILE=/a/path");
}

/// A Secret made from a file often ends in a line end, and lands in the variable with it.
TEST(SettingsLoader, AKeyWithALineEndIsNotShownEither) {
  for (const std::string name : {"HOLYSHEEP_API_KEY_FILE", "FALLBACK_API_KEY_FILE"}) {
    EXPECT_THAT(problems(load({{name, "correct-horse\n"}, {"FALLBACK_BASE_URL", "https://h"}})),
                ElementsAre(name + "=********: accepted is a path of a file"));
  }
  EXPECT_THAT(problems(load({{"HOLYSHEEP_API_KEY", "correct-horse\n"}, {"LISTEN_PORT", "correct-horse"}})),
              ElementsAre("LISTEN_PORT=\"********\": accepted is a port from 0 to 65535; 0: any free one"));
}

TEST(SettingsLoader, AKeyThatBeginsLikeAnotherIsHiddenWhole) {
  EXPECT_THAT(problems(load({{"HOLYSHEEP_API_KEY", "correct"},
                             {"FALLBACK_API_KEY", "correct-horse"},
                             {"FALLBACK_BASE_URL", "https://h"},
                             {"LISTEN_PORT", "correct-horse"}})),
              ElementsAre(AllOf(StartsWith("LISTEN_PORT="), Not(HasSubstr("horse")))));
}

TEST(SettingsLoader, AKeyAndAKeyFileTogetherAreRefused) {
  EXPECT_THAT(problems(load({{"HOLYSHEEP_API_KEY", "a"}, {"HOLYSHEEP_API_KEY_FILE", "/b"}})),
              ElementsAre(HasSubstr("both set")));
  EXPECT_THAT(
      problems(load(
          {{"FALLBACK_BASE_URL", "https://h"}, {"FALLBACK_API_KEY", "a"}, {"FALLBACK_API_KEY_FILE", "/b"}})),
      ElementsAre(HasSubstr("FALLBACK_API_KEY and FALLBACK_API_KEY_FILE are both set")));
}

TEST(SettingsLoader, AFallbackKeyNeedsItsUpstream) {
  EXPECT_THAT(problems(load({{"FALLBACK_API_KEY", "a"}})),
              ElementsAre(AllOf(StartsWith("FALLBACK_API_KEY is set"), HasSubstr("FALLBACK_BASE_URL"))));
  EXPECT_TRUE(load({{"FALLBACK_API_KEY", "a"}, {"FALLBACK_BASE_URL", "https://h"}}));
}

TEST(SettingsLoader, AKeyInTheWrongSettingIsNotShown) {
  const std::string key = "correct-horse-battery";
  EXPECT_THAT(problems(load({{"HOLYSHEEP_API_KEY", key}, {"LISTEN_PORT", key}})),
              ElementsAre(AllOf(StartsWith("LISTEN_PORT="), Not(HasSubstr("horse")))));
  EXPECT_THAT(problems(load({{"LOG_LEVEL", "sk-abcdefgh"}})), ElementsAre(Not(HasSubstr("abcdefgh"))));
  EXPECT_THAT(problems(load({{"API_BASE_URL", "https://user:pass@word@host/v1"}})),
              ElementsAre(AllOf(HasSubstr("host/v1"), Not(HasSubstr("word")))));
  EXPECT_THAT(problems(load({{"API_BASE_URL", "https://host/v1?key=zzz"}})),
              ElementsAre(Not(HasSubstr("zzz"))));
  EXPECT_THAT(problems(load({{"REDIS_URL", "http://user:zzz@host"}})),
              ElementsAre(StartsWith("REDIS_URL=********: accepted is redis://")));
}

TEST_F(SettingsFile, AKeyAsAFilesKeyIsNotShown) {
  EXPECT_THAT(problems(load({{"HOLYSHEEP_API_KEY", "correct-horse"}}, file(R"({"correct-horse": 1})"))),
              ElementsAre(AllOf(HasSubstr("unknown setting"), Not(HasSubstr("horse")))));
  EXPECT_THAT(problems(load({}, file(R"({"sk-abcdefgh": 1})"))), ElementsAre(Not(HasSubstr("abcdefgh"))));
}

TEST(SettingsLoader, TheAdminSideNeedsAPortOfItsOwn) {
  EXPECT_THAT(problems(load({{"ADMIN_PORT", "8080"}})), ElementsAre(StartsWith("ADMIN_PORT=8080: ")));
  EXPECT_THAT(
      problems(load({{"LISTEN_ADDRESS", "10.0.0.1"}, {"ADMIN_ADDRESS", "10.0.0.1"}, {"ADMIN_PORT", "8080"}})),
      ElementsAre(StartsWith("ADMIN_PORT=8080: ")));
  EXPECT_TRUE(load({{"LISTEN_ADDRESS", "10.0.0.1"}, {"ADMIN_PORT", "8080"}}));
  EXPECT_TRUE(load({{"LISTEN_PORT", "0"}, {"ADMIN_PORT", "0"}}));
}

TEST(SettingsLoader, TheTrustFileMustBeReadable) {
  EXPECT_THAT(problems(load({{"SSL_CERT_FILE", "/nowhere/ca.pem"}})),
              ElementsAre("SSL_CERT_FILE=\"/nowhere/ca.pem\": No such file or directory"));
}

TEST(SettingsLoader, WhatHasNoEffectYetWarnsWhenItIsSet) {
  const auto loaded =
      load({{"OTEL_SERVICE_NAME", "here"}, {"REDIS_URL", "redis://:sekrit@h"}, {"MAX_RETRIES", "1"}});
  ASSERT_TRUE(loaded);
  EXPECT_THAT(loaded->warnings, ElementsAre("REDIS_URL has no effect yet in this version",
                                            "OTEL_SERVICE_NAME has no effect yet in this version"));
}

TEST(SettingsLoader, ASecondUpstreamWithoutAKeyWarnsWhereTheFirstHasOne) {
  const Variables second{{"FALLBACK_BASE_URL", "https://other.example/v1"}};
  EXPECT_THAT(load(second)->warnings, IsEmpty());
  auto keyed = second;
  keyed["HOLYSHEEP_API_KEY"] = "sekrit";
  ASSERT_EQ(load(keyed)->warnings.size(), 1U);
  EXPECT_THAT(load(keyed)->warnings[0], HasSubstr("FALLBACK_API_KEY is not set"));
  keyed["FALLBACK_API_KEY"] = "sekrit-too";
  EXPECT_THAT(load(keyed)->warnings, IsEmpty());
}

TEST(SettingsLoader, AutoIsTheCpusThatMayBeUsed) {
  EXPECT_EQ(load({})->settings.worker_processes, 6U);
  EXPECT_EQ(load({{"WORKER_PROCESSES", "AUTO"}})->settings.worker_processes, 6U);
  EXPECT_EQ(load({{"WORKER_PROCESSES", "2"}})->settings.worker_processes, 2U);
}

TEST(SettingsLoader, TheBurstIsOneSecondsWorthAndAtLeastOne) {
  EXPECT_DOUBLE_EQ(load({{"RATE_LIMIT_PER_SECOND", "7.5"}})->settings.rate_limit_burst, 7.5);
  EXPECT_DOUBLE_EQ(load({{"RATE_LIMIT_PER_SECOND", "0.1"}})->settings.rate_limit_burst, 1);
  EXPECT_DOUBLE_EQ(load({{"RATE_LIMIT_BURST", "3"}})->settings.rate_limit_burst, 3);
}

TEST(SettingsLoader, TheMemoryThresholdFollowsTheCgroupWithoutAWarning) {
  const MachineFacts limited{.cpus = 1, .memory_limit = std::uint64_t{1000} << 20, .ipv6 = true};
  const auto derived = load_settings(holding({}), std::nullopt, limited);
  EXPECT_EQ(derived->settings.memory_threshold_mb, 900U);
  EXPECT_THAT(derived->warnings, IsEmpty());
  EXPECT_EQ(load_settings(holding({{"MEMORY_THRESHOLD_MB", "5"}}), std::nullopt, limited)
                ->settings.memory_threshold_mb,
            5U);
  EXPECT_EQ(load({})->settings.memory_threshold_mb, std::nullopt);
}

TEST(SettingsLoader, WithoutIpv6ItListensOnIpv4UnlessTold) {
  const MachineFacts v4_only{.cpus = 1, .memory_limit = std::nullopt, .ipv6 = false};
  EXPECT_EQ(load_settings(holding({}), std::nullopt, v4_only)->settings.listen_address, "0.0.0.0");
  EXPECT_EQ(
      load_settings(holding({{"LISTEN_ADDRESS", "::1"}}), std::nullopt, v4_only)->settings.listen_address,
      "::1");
  EXPECT_EQ(load({})->settings.listen_address, "::");
}

}  // namespace
}  // namespace holysheep
