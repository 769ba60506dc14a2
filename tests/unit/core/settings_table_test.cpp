#include <holysheep/app/settings_text.hpp>
#include <holysheep/core/settings_loader.hpp>
#include <holysheep/core/settings_table.hpp>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep {
namespace {

/// One setting's contract: its default as it is shown, texts that are accepted (with what they show as), and
/// texts that are refused.
struct Contract {
  std::string shown_default;
  std::vector<std::pair<std::string, std::string>> accepted;
  std::vector<std::string> refused;
};

const std::vector<std::string> no_durations{"-1", "1x", "1 s", "s", "1e3", "9999999999999999999s", "x"};
const std::vector<std::string> no_booleans{"2", "ja", "truee", "-"};
const std::vector<std::string> no_counts{"-1", "1.5", "x", "99999999999999999999", "1 "};

std::vector<std::string> with(std::vector<std::string> some, const std::vector<std::string>& more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

Contract duration(const std::string& shown, bool zero = false) {
  Contract made{shown,
                {{"500ms", "500ms"}, {"5s", "5s"}, {"2m", "120s"}, {"7", "7s"}, {"1.5s", "1500ms"}},
                no_durations};
  if (zero) made.accepted.emplace_back("0", "0s");
  if (!zero) made.refused.emplace_back("0");
  return made;
}

Contract boolean(const std::string& shown) {
  return {shown,
          {{"true", "true"},
           {"false", "false"},
           {"1", "true"},
           {"0", "false"},
           {"on", "true"},
           {"off", "false"},
           {"yes", "true"},
           {"no", "false"},
           {"TRUE", "true"},
           {"No", "false"}},
          no_booleans};
}

Contract count(const std::string& shown, const std::string& least, const std::string& most,
               const std::vector<std::string>& beyond) {
  return {shown, {{least, least}, {most, most}}, with(no_counts, beyond)};
}

Contract size(const std::string& shown, std::vector<std::string> beyond = {}) {
  return {shown,
          {{"4k", "4k"}, {"8192", "8k"}, {"16K", "16k"}},
          with({"-1", "4kb", "1.5k", "k", "99999999999999999999"}, beyond)};
}

Contract line(const std::string& shown) {
  return {shown, {{"some/text", "some/text"}}, {"two\nlines"}};
}

const std::map<std::string, Contract> contracts{
    {"HOLYSHEEP_API_KEY", {"", {{"sk-1_~", "********"}}, {"two words", "tab\there", "k\xc3\xa9y"}}},
    {"HOLYSHEEP_API_KEY_FILE", line("")},
    {"API_BASE_URL",
     {"https://api.holysheep.ai/v1",
      {{"https://example.com", "https://example.com"},
       {"https://example.com:8443/base/v1/", "https://example.com:8443/base/v1"},
       {"http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1"},
       {"http://localhost", "http://localhost"},
       {"http://[::1]:8080/v1", "http://[::1]:8080/v1"}},
      {"http://example.com/v1", "ftp://example.com", "example.com", "https://", "https://a b",
       "https://u:p@example.com", "https://example.com/v1?x=1", "https://example.com/v1#x",
       "https://example.com:0", "https://example.com:65536", "https://example.com/../v1"}}},
    {"LISTEN_ADDRESS",
     {"::",
      {{"0.0.0.0", "0.0.0.0"}, {"[::1]", "::1"}, {"127.0.0.1", "127.0.0.1"}},
      {"localhost", "1.2.3", "x"}}},
    {"LISTEN_PORT", count("8080", "0", "65535", {"65536"})},
    {"ADMIN_ADDRESS", {"127.0.0.1", {{"::1", "::1"}}, {"localhost", "256.1.1.1"}}},
    {"ADMIN_PORT", count("9090", "0", "65535", {"65536"})},
    {"LOG_LEVEL",
     {"info",
      {{"trace", "trace"},
       {"debug", "debug"},
       {"info", "info"},
       {"warn", "warn"},
       {"error", "error"},
       {"critical", "critical"},
       {"off", "off"},
       {"INFO", "info"}},
      {"warning", "verbose", "1"}}},
    {"LOG_FORMAT", {"json", {{"json", "json"}, {"text", "text"}}, {"xml", "1"}}},
    {"REQUEST_TIMEOUT", duration("60s")},
    {"MAX_RETRIES", count("3", "0", "100", {"101"})},
    {"RETRY_BUDGET_PERCENT",
     {"20", {{"0", "0"}, {"100", "100"}, {"35%", "35"}}, with(no_counts, {"101", "%"})}},
    {"REPLAY_BUFFER_MB", count("128", "0", "1048576", {"1048577"})},
    {"CIRCUIT_BREAKER_THRESHOLD", count("5", "0", "1000000", {"1000001"})},
    {"CIRCUIT_BREAKER_RESET", duration("10s")},
    {"WORKER_PROCESSES",
     {"3", {{"auto", "3"}, {"AUTO", "3"}, {"1", "1"}, {"256", "256"}}, with(no_counts, {"0", "257"})}},
    {"WORKER_CONNECTIONS", count("2048", "1", "1000000", {"0", "1000001"})},
    {"KEEPALIVE_TIMEOUT", duration("65s")},
    {"CLIENT_HEADER_TIMEOUT", duration("10s")},
    {"CLIENT_BODY_TIMEOUT", duration("30s")},
    {"CLIENT_MAX_HEADER_SIZE", size("32k", {"1023", "1025k"})},
    {"CLIENT_MAX_BODY_SIZE", size("50m")},
    {"UPSTREAM_KEEPALIVE", count("32", "0", "100000", {"100001"})},
    {"UPSTREAM_MAX_CONNECTIONS", count("1024", "1", "1000000", {"0"})},
    {"UPSTREAM_IDLE_TIMEOUT", duration("55s")},
    {"UPSTREAM_CONNECT_TIMEOUT", duration("5s")},
    {"UPSTREAM_SEND_TIMEOUT", duration("60s")},
    {"UPSTREAM_READ_TIMEOUT", duration("60s")},
    {"FIRST_TOKEN_TIMEOUT", duration("0s", true)},
    {"RATE_LIMIT_PER_SECOND",
     {"50", {{"0", "0"}, {"0.5", "0.5"}, {"1000", "1000"}}, {"-1", "x", "1/s", "10000001"}}},
    {"RATE_LIMIT_BURST", {"50", {{"1", "1"}, {"2.5", "2.5"}}, {"0", "0.5", "-1", "x"}}},
    {"QUEUE_SIZE", count("1000", "0", "1000000", {"1000001"})},
    {"BACKPRESSURE_ENABLED", boolean("true")},
    {"MAX_RESPONSE_SIZE", size("10m", {"0"})},
    {"STREAM_CHUNK_SIZE", size("4k", {"511", "17k"})},
    {"ENABLE_GZIP", boolean("true")},
    {"CACHE_SIZE_MB", count("256", "0", "1048576", {"1048577"})},
    {"CACHE_COMPLETIONS",
     {"opt-in", {{"opt-in", "opt-in"}, {"deterministic", "deterministic"}, {"off", "off"}}, {"on", "optin"}}},
    {"CACHE_TTL", duration("300s")},
    {"STREAM_PING_INTERVAL", duration("15s", true)},
    {"METER_STREAM_USAGE", boolean("true")},
    {"MEMORY_THRESHOLD_MB", {"off", {{"900", "900"}}, with(no_counts, {"0"})}},
    {"ACTION",
     {"evict-oldest", {{"evict-oldest", "evict-oldest"}, {"reject", "reject"}, {"none", "none"}}, {"evict"}}},
    {"SSL_CERT_FILE", line("")},
    {"CLIENT_KEYS_FILE", {"", {}, {"/etc/keys.json"}}},
    {"MODELS_FILE", line("")},
    {"SHUTDOWN_GRACE", duration("30s")},
    {"SHUTDOWN_DELAY", duration("0s", true)},
    {"FALLBACK_BASE_URL",
     {"", {{"https://example.com/v1", "https://example.com/v1"}}, {"http://example.com", "x"}}},
    {"FALLBACK_API_KEY", {"", {}, {"two words"}}},
    {"FALLBACK_API_KEY_FILE", {"", {}, {"two\nlines"}}},
    {"MODEL_FALLBACKS",
     {"",
      {{R"({"a":["b","c"]})", R"({"a":["b","c"]})"}},
      {"[]", R"({"a":"b"})", R"({"a":[]})", R"({"a":[1]})", "{"}}},
    {"USAGE_FILE", line("")},
    {"REDIS_URL", {"", {{"redis://u:p@h:6379/0", "********"}}, {"two words"}}},
    {"LOG_SAMPLE", {"1", {{"0", "0"}, {"0.25", "0.25"}}, {"-0.1", "1.1", "x"}}},
    {"OTEL_EXPORTER_OTLP_ENDPOINT", line("")},
    {"OTEL_SERVICE_NAME", line("holysheep-proxy")},
};

const MachineFacts machine{.cpus = 3, .memory_limit = std::nullopt, .ipv6 = true};

using Values = std::map<std::string, std::string>;

auto load(const Values& values, const std::optional<std::string>& file = {},
          const MachineFacts& on = machine) {
  const auto environment = [&values](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(std::string(name));
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
  return load_settings(environment, file, on);
}

/// The value as users are shown it.
std::string shown(const LoadedSettings& loaded, const std::string& name) {
  return nlohmann::json::parse(app::effective_settings_json(loaded)).at(name).at("value");
}

std::string write_file(const std::string& name, const std::string& content) {
  const std::string path = ::testing::TempDir() + "/" + name;
  std::ofstream(path) << content;
  return path;
}

TEST(SettingTable, EverySettingHasItsContractAndEveryContractItsSetting) {
  std::vector<std::string> table;
  for (const auto& spec : setting_table()) table.emplace_back(spec.name);
  EXPECT_EQ(table.size(), contracts.size());
  for (const auto& name : table) EXPECT_TRUE(contracts.contains(name)) << name;
}

TEST(SettingTable, EveryDefaultIsInForceWhereNothingIsSet) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded);
  EXPECT_TRUE((*loaded).warnings.empty());
  for (const auto& [name, contract] : contracts) {
    EXPECT_EQ(shown(*loaded, name), contract.shown_default) << name;
  }
}

TEST(SettingTable, EveryAcceptedFormIsTakenFromTheEnvironmentAndFromTheFile) {
  for (const auto& [name, contract] : contracts) {
    for (const auto& [text, effective] : contract.accepted) {
      if (name == "HOLYSHEEP_API_KEY_FILE") continue;  // has to be there: a test of its own
      const auto loaded = load({{name, text}});
      ASSERT_TRUE(loaded) << name << "=" << text;
      EXPECT_EQ(shown(*loaded, name), effective) << name << "=" << text;
    }
  }
}

TEST(SettingTable, EveryRefusalIsOneLineThatNamesTheVariableItsValueAndTheAcceptedForm) {
  for (const auto& [name, contract] : contracts) {
    for (const auto& text : contract.refused) {
      const auto loaded = load({{name, text}});
      ASSERT_FALSE(loaded) << name << "=" << text;
      ASSERT_EQ(loaded.error().size(), 1u) << name << "=" << text;
      const auto& problem = loaded.error().front();
      EXPECT_TRUE(problem.starts_with(name)) << problem;
      EXPECT_NE(problem.find("accepted is "), std::string::npos) << problem;
      EXPECT_EQ(problem.find('\n'), std::string::npos) << problem;
      const bool plain = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.:/ ") == text.npos;
      if (plain && !find_setting(name)->secret) {
        EXPECT_NE(problem.find(text), std::string::npos) << problem;
      }
    }
  }
}

TEST(SettingLoader, AllProblemsAreReported) {
  const auto loaded = load({{"MAX_RETRIES", "x"}, {"LISTEN_PORT", "y"}, {"LOG_LEVEL", "z"}});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().size(), 3u);
}

TEST(SettingLoader, TheEnvironmentGoesBeforeTheFileAndAnEmptyVariableCountsAsUnset) {
  const auto file =
      write_file("order.json", R"({"MAX_RETRIES": 7, "QUEUE_SIZE": "8", "BACKPRESSURE_ENABLED": false})");
  const auto loaded = load({{"QUEUE_SIZE", "9"}, {"MAX_RETRIES", ""}}, file);
  ASSERT_TRUE(loaded);
  EXPECT_EQ((*loaded).settings.max_retries, 7u);
  EXPECT_EQ((*loaded).settings.queue_size, 9u);
  EXPECT_FALSE((*loaded).settings.backpressure_enabled);
  EXPECT_EQ((*loaded).sources.at("MAX_RETRIES"), SettingSource::file);
  EXPECT_EQ((*loaded).sources.at("QUEUE_SIZE"), SettingSource::environment);
}

TEST(SettingLoader, ConfigFileNamesTheFileWhereTheCommandLineDoesNot) {
  const auto file = write_file("named.json", R"({"MAX_RETRIES": 6})");
  const auto loaded = load({{"CONFIG_FILE", file}});
  ASSERT_TRUE(loaded);
  EXPECT_EQ((*loaded).settings.max_retries, 6u);
}

TEST(SettingLoader, AnUnknownKeyInTheFileIsAProblemWithTheNearestName) {
  const auto loaded = load({}, write_file("typo.json", R"({"MAX_RETRYS": 7})"));
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().front().find("MAX_RETRIES"), std::string::npos) << loaded.error().front();
}

TEST(SettingLoader, AFileThatIsNotJsonIsNamedByTheByteAndNotQuoted) {
  const auto loaded = load({}, write_file("bad.json", R"({"HOLYSHEEP_API_KEY": "sk-marker", )"));
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().front().find("at byte"), std::string::npos);
  EXPECT_EQ(loaded.error().front().find("sk-marker"), std::string::npos);
}

TEST(SettingLoader, ASecretIsNeverPartOfAProblemOrOfWhatIsShown) {
  const auto bad = load({{"HOLYSHEEP_API_KEY", "sk marker"},
                         {"REDIS_URL", "redis://u:sk marker@h"},
                         {"API_BASE_URL", "https://me:marker@example.com"}});
  ASSERT_FALSE(bad);
  for (const auto& problem : bad.error()) EXPECT_EQ(problem.find("marker"), std::string::npos) << problem;
  const auto good = load({{"HOLYSHEEP_API_KEY", "sk-marker"}, {"REDIS_URL", "redis://u:marker@h"}});
  ASSERT_TRUE(good);
  EXPECT_EQ(app::effective_settings(*good).find("marker"), std::string::npos);
  EXPECT_EQ(app::effective_settings_json(*good).find("marker"), std::string::npos);
}

TEST(SettingLoader, AKeyAndAKeyFileTogetherAreAnError) {
  const auto file = write_file("key", "sk-file\n");
  EXPECT_FALSE(load({{"HOLYSHEEP_API_KEY", "sk-1"}, {"HOLYSHEEP_API_KEY_FILE", file}}));
  EXPECT_TRUE(load({{"HOLYSHEEP_API_KEY_FILE", file}}));
  EXPECT_FALSE(load({{"HOLYSHEEP_API_KEY_FILE", "/no/such/file"}}));
  const auto key = read_key_file(file);
  ASSERT_TRUE(key);
  EXPECT_EQ((*key).reveal(), "sk-file");
  const auto bad = read_key_file(write_file("bad_key", "sk marker"));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().find("marker"), std::string::npos);
}

TEST(SettingLoader, WhatHasNoEffectYetIsAWarningAndClientKeysAreRefused) {
  const auto loaded = load({{"CACHE_SIZE_MB", "10"}});
  ASSERT_TRUE(loaded);
  ASSERT_EQ((*loaded).warnings.size(), 1u);
  EXPECT_TRUE((*loaded).warnings.front().starts_with("CACHE_SIZE_MB"));
  EXPECT_FALSE(load({{"CLIENT_KEYS_FILE", "/etc/keys.json"}}));
}

TEST(SettingLoader, TheMachineDecidesWhatIsLeftToIt) {
  const MachineFacts small{.cpus = 1, .memory_limit = std::uint64_t{1000} << 20, .ipv6 = false};
  const auto loaded = load({{"RATE_LIMIT_PER_SECOND", "7"}}, {}, small);
  ASSERT_TRUE(loaded);
  const Settings& settings = (*loaded).settings;
  EXPECT_EQ(settings.worker_processes, 1u);
  EXPECT_EQ(settings.listen_address, "0.0.0.0");
  EXPECT_EQ(settings.memory_threshold_mb, 900u);
  EXPECT_EQ(settings.rate_limit_burst, 7);
  const auto slow = load({{"RATE_LIMIT_PER_SECOND", "0.2"}});
  ASSERT_TRUE(slow);
  EXPECT_EQ((*slow).settings.rate_limit_burst, 1) << "at least one";
}

TEST(SettingsText, TheReadmesListIsTheTables) {
  std::ifstream file(HOLYSHEEP_SOURCE_DIR "/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(readme.find("<!-- settings:begin -->\n" + app::settings_markdown() + "<!-- settings:end -->"),
            std::string::npos)
      << "run scripts/readme-settings";
}

TEST(SettingsText, HelpNamesEverySetting) {
  const auto help = app::help_text();
  for (const auto& spec : setting_table()) EXPECT_NE(help.find(spec.name), std::string::npos) << spec.name;
}

TEST(Config, TheExampleIsAccepted) {
  const auto loaded = load({}, HOLYSHEEP_SOURCE_DIR "/config/example.json");
  ASSERT_TRUE(loaded) << loaded.error().front();
  EXPECT_TRUE((*loaded).warnings.empty());
}

}  // namespace
}  // namespace holysheep
