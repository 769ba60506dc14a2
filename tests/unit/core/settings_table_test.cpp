#include <holysheep/core/settings_loader.hpp>
#include <holysheep/core/settings_table.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// One setting as spec.md has it, with texts that it takes (and what is then shown) and texts that it
/// refuses.
struct Case {
  std::string name;
  std::string initial;  ///< the effective value when nothing is set, on the machine below
  Pairs accepted;
  std::vector<std::string> refused;
};

const MachineFacts machine{.cpus = 6, .memory_limit = std::uint64_t{1000} << 20, .ipv6 = true};

const Pairs durations{{"500ms", "500ms"}, {"5s", "5s"}, {"2m", "120s"}, {"7", "7s"}, {"1.5s", "1500ms"}};
const std::vector<std::string> no_durations{"-1", "5x",  "1h",   "5 s",     "s", ".5s",
                                            "1.", "1e3", "soon", "600000m", "+5"};
const std::vector<std::string> no_positive_durations{"0",  "0s",  "0ms", "-1",   "5x",
                                                     "1h", "5 s", "s",   "soon", "9999999999"};
const Pairs sizes{{"4096", "4k"}, {"8k", "8k"}, {"12K", "12k"}, {"1025", "1025"}};
const Pairs big_sizes{{"1", "1"}, {"4k", "4k"}, {"50m", "50m"}, {"1g", "1g"}, {"2G", "2g"}, {"1536", "1536"}};
const std::vector<std::string> no_sizes{
    "0", "-1", "1.5m", "4kb", "k", "4 k", "big", "18446744073709551616", "17179869184g"};
const Pairs booleans{{"true", "true"},   {"1", "true"},  {"on", "true"},   {"yes", "true"}, {"TRUE", "true"},
                     {"false", "false"}, {"0", "false"}, {"off", "false"}, {"No", "false"}};
const std::vector<std::string> no_booleans{"maybe", "2", "y", "true "};
const std::vector<std::string> no_counts{
    "-1", "+1", "1.5", "many", "0x10", "1k", "99999999999999999999", "4294967296"};
std::vector<std::string> beyond(const std::string& most) {
  auto refused = no_counts;
  refused.push_back(most);
  return refused;
}
const Pairs addresses{{"0.0.0.0", "0.0.0.0"}, {"127.0.0.1", "127.0.0.1"}, {"::1", "::1"}, {"[::1]", "::1"}};
const std::vector<std::string> no_addresses{"localhost",   "*", "256.0.0.1", "127.0.0.1:8080",
                                            "[127.0.0.1]", ":", "1.2.3"};
const Pairs paths{{"/etc/ssl/x.pem", "/etc/ssl/x.pem"}, {"relative file", "relative file"}};
const std::vector<std::string> no_paths{"/etc/two\nlines", "/etc/tab\t"};
const std::vector<std::string> no_keys{"two words", "tab\there", "line\nbreak", "caf\xc3\xa9", "\n"};
const std::vector<std::string> no_upstreams{"api.holysheep.ai",    "http://api.holysheep.ai/v1",
                                            "ftp://host/",         "https://",
                                            "https:///v1",         "https://host:0",
                                            "https://host:65536",  "https://host/v1?key=1",
                                            "https://host/v1#top", "https://user:pw@host",
                                            "https://a b/",        "https://host/../x",
                                            "https://[::1",        "https://1.2.3",
                                            "https://host\\v1",    "http://127.0.0.1.evil.example"};
const Pairs upstreams{{"https://api.holysheep.ai/v1", "https://api.holysheep.ai/v1"},
                      {"https://API.Example/v1/", "https://api.example/v1"},
                      {"https://host", "https://host"},
                      {"https://host:443", "https://host"},
                      {"HTTPS://host:8443/a/b", "https://host:8443/a/b"},
                      {"https://[2001:db8::1]:1/v1", "https://[2001:db8::1]:1/v1"},
                      {"http://localhost:9000", "http://localhost:9000"},
                      {"http://127.8.9.1/v1", "http://127.8.9.1/v1"},
                      {"http://[::1]:80", "http://[::1]"}};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"HOLYSHEEP_API_KEY", "", {{"a-key", ""}, {"a-key\n", ""}}, no_keys},
      {"HOLYSHEEP_API_KEY_FILE", "", paths, no_paths},
      {"API_BASE_URL", "https://api.holysheep.ai/v1", upstreams, no_upstreams},
      {"LISTEN_ADDRESS", "::", addresses, no_addresses},
      {"LISTEN_PORT", "8080", {{"0", "0"}, {"65535", "65535"}}, {"65536", "-1", "http", "80.5"}},
      {"ADMIN_ADDRESS", "127.0.0.1", addresses, no_addresses},
      {"ADMIN_PORT", "9090", {{"0", "0"}, {"65535", "65535"}}, {"65536", "-1", "http"}},
      {"LOG_LEVEL",
       "info",
       {{"trace", "trace"},
        {"debug", "debug"},
        {"info", "info"},
        {"warn", "warn"},
        {"error", "error"},
        {"critical", "critical"},
        {"off", "off"},
        {"INFO", "info"}},
       {"verbose", "warning", "0"}},
      {"LOG_FORMAT", "json", {{"json", "json"}, {"text", "text"}}, {"xml", "1"}},
      {"REQUEST_TIMEOUT", "60s", durations, no_positive_durations},
      {"MAX_RETRIES", "3", {{"0", "0"}, {"100", "100"}}, {"101", "-1", "1.5", "many"}},
      {"RETRY_BUDGET_PERCENT", "20", {{"0", "0"}, {"100", "100"}, {"35%", "35"}}, {"101", "-1", "%", "0.5"}},
      {"REPLAY_BUFFER_MB", "128", {{"0", "0"}, {"64", "64"}}, beyond("1048577")},
      {"CIRCUIT_BREAKER_THRESHOLD", "5", {{"0", "0"}, {"1", "1"}}, beyond("1000001")},
      {"CIRCUIT_BREAKER_RESET", "10s", durations, no_positive_durations},
      {"WORKER_PROCESSES", "6", {{"1", "1"}, {"256", "256"}}, {"0", "257", "all", "-1", "1.5"}},
      {"WORKER_CONNECTIONS", "2048", {{"1", "1"}, {"65536", "65536"}}, {"0", "1000001", "-1", "many"}},
      {"KEEPALIVE_TIMEOUT", "65s", durations, no_positive_durations},
      {"CLIENT_HEADER_TIMEOUT", "10s", durations, no_positive_durations},
      {"CLIENT_BODY_TIMEOUT", "30s", durations, no_positive_durations},
      {"CLIENT_MAX_HEADER_SIZE",
       "32k",
       {{"1k", "1k"}, {"8192", "8k"}, {"1m", "1m"}},
       {"1023", "2m", "0", "1.5k", "x"}},
      {"CLIENT_MAX_BODY_SIZE", "50m", big_sizes, no_sizes},
      {"UPSTREAM_KEEPALIVE", "32", {{"0", "0"}, {"64", "64"}}, beyond("100001")},
      {"UPSTREAM_MAX_CONNECTIONS", "1024", {{"1", "1"}, {"64", "64"}}, {"0", "1000001", "-1", "many"}},
      {"UPSTREAM_IDLE_TIMEOUT", "55s", durations, no_positive_durations},
      {"UPSTREAM_CONNECT_TIMEOUT", "5s", durations, no_positive_durations},
      {"UPSTREAM_SEND_TIMEOUT", "60s", durations, no_positive_durations},
      {"UPSTREAM_READ_TIMEOUT", "60s", durations, no_positive_durations},
      {"FIRST_TOKEN_TIMEOUT", "0s", durations, no_durations},
      {"RATE_LIMIT_PER_SECOND",
       "50",
       {{"0", "0"}, {"0.5", "0.5"}, {"1000", "1000"}},
       {"-1", "fast", "1e3", "10000001"}},
      {"RATE_LIMIT_BURST", "50", {{"1", "1"}, {"2.5", "2.5"}}, {"0", "0.5", "-1", "all", "10000001"}},
      {"QUEUE_SIZE", "1000", {{"0", "0"}, {"1000000", "1000000"}}, {"1000001", "-1", "long"}},
      {"BACKPRESSURE_ENABLED", "true", booleans, no_booleans},
      {"MAX_RESPONSE_SIZE", "10m", big_sizes, no_sizes},
      {"STREAM_CHUNK_SIZE", "4k", sizes, {"511", "17k", "0", "4kb", "-1"}},
      {"ENABLE_GZIP", "true", booleans, no_booleans},
      {"CACHE_SIZE_MB", "256", {{"0", "0"}, {"1", "1"}}, beyond("1048577")},
      {"CACHE_COMPLETIONS",
       "opt-in",
       {{"opt-in", "opt-in"}, {"deterministic", "deterministic"}, {"off", "off"}},
       {"on", "always", "opt_in"}},
      {"CACHE_TTL", "300s", durations, no_positive_durations},
      {"STREAM_PING_INTERVAL", "15s", durations, no_durations},
      {"METER_STREAM_USAGE", "true", booleans, no_booleans},
      {"MEMORY_THRESHOLD_MB", "900", {{"1", "1"}, {"512", "512"}}, {"0", "-1", "1.5", "1g"}},
      {"ACTION",
       "evict-oldest",
       {{"evict-oldest", "evict-oldest"}, {"reject", "reject"}, {"none", "none"}},
       {"evict", "restart"}},
      {"SSL_CERT_FILE", "", paths, no_paths},
      {"CLIENT_KEYS_FILE", "", paths, no_paths},
      {"MODELS_FILE", "", paths, no_paths},
      {"SHUTDOWN_GRACE", "30s", durations, no_positive_durations},
      {"SHUTDOWN_DELAY", "0s", durations, no_durations},
      {"FALLBACK_BASE_URL", "", upstreams, no_upstreams},
      {"FALLBACK_API_KEY", "", {{"a-key", ""}}, no_keys},
      {"FALLBACK_API_KEY_FILE", "", paths, no_paths},
      {"MODEL_FALLBACKS",
       "",
       {{R"({"a":["b","c"], "d":["e"]})", R"({"a":["b","c"],"d":["e"]})"}, {"{}", ""}},
       {"gpt", "[]", R"({"a":"b"})", R"({"a":[]})", R"({"a":[1]})", R"({"a":[""]})", R"({"":["b"]})",
        R"({"a":[1e999]})", "{"}},
      {"USAGE_FILE", "", paths, no_paths},
      {"REDIS_URL",
       "",
       {{"redis://host", ""}, {"rediss://user:pw@host:6379/0", ""}},
       {"http://host", "redis://", "host:1"}},
      {"LOG_SAMPLE", "1", {{"0", "0"}, {"0.25", "0.25"}, {"1", "1"}}, {"1.1", "-0.5", "10%", "half"}},
      {"OTEL_EXPORTER_OTLP_ENDPOINT",
       "",
       {{"http://collector:4318", "http://collector:4318"}, {"https://o.example/x", "https://o.example/x"}},
       {"collector:4318", "https://user:pw@o.example", "grpc://o"}},
      {"OTEL_SERVICE_NAME", "holysheep-proxy", {{"my proxy", "my proxy"}}, {"two\nlines"}},
  };
  return all;
}

Environment only(const std::string& name, const std::string& value) {
  return [=](std::string_view asked) -> std::optional<std::string> {
    if (asked == name) return value;
    return std::nullopt;
  };
}

std::string shown(const SettingSpec& spec, const Settings& settings) {
  return spec.secret ? std::string() : spec.show(settings);
}

TEST(SettingTable, HasTheSettingsOfTheContractInItsOrderAndNoOther) {
  std::vector<std::string> names;
  for (const auto& spec : setting_table()) names.emplace_back(spec.name);
  std::vector<std::string> expected;
  for (const auto& one : cases()) expected.push_back(one.name);
  EXPECT_EQ(names, expected);
}

TEST(SettingTable, EverySettingHasCasesAFormAndAMeaning) {
  for (const auto& one : cases()) {
    const auto* spec = find_setting(one.name);
    ASSERT_NE(spec, nullptr) << one.name;
    EXPECT_FALSE(one.accepted.empty()) << one.name;
    EXPECT_FALSE(one.refused.empty()) << one.name;
    EXPECT_FALSE(spec->form.empty()) << one.name;
    EXPECT_FALSE(spec->meaning.empty()) << one.name;
  }
}

TEST(SettingTable, DefaultsAreThoseOfTheContract) {
  const auto loaded = load_settings([](auto) { return std::nullopt; }, std::nullopt, machine);
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->warnings.empty());
  for (const auto& one : cases()) {
    EXPECT_EQ(shown(*find_setting(one.name), loaded->settings), one.initial) << one.name;
    EXPECT_EQ(loaded->sources.at(one.name), SettingSource::default_value) << one.name;
  }
  EXPECT_TRUE(loaded->settings.holysheep_api_key.empty());
  EXPECT_TRUE(loaded->settings.fallback_api_key.empty());
  EXPECT_TRUE(loaded->settings.redis_url.empty());
}

TEST(SettingTable, EveryAcceptedFormIsTakenAndShown) {
  for (const auto& one : cases()) {
    const auto& spec = *find_setting(one.name);
    for (const auto& [text, expected] : one.accepted) {
      Settings settings;
      EXPECT_TRUE(spec.parse(settings, text)) << one.name << "=" << text;
      EXPECT_EQ(shown(spec, settings), expected) << one.name << "=" << text;
    }
  }
}

TEST(SettingTable, WhatIsShownIsReadBackAsTheSame) {
  for (const auto& one : cases()) {
    const auto& spec = *find_setting(one.name);
    for (const auto& [text, expected] : one.accepted) {
      if (expected.empty()) continue;
      Settings settings;
      EXPECT_TRUE(spec.parse(settings, expected)) << one.name << "=" << expected;
      EXPECT_EQ(shown(spec, settings), expected) << one.name;
    }
  }
}

TEST(SettingTable, EveryRefusalIsOneLineThatNamesTheVariableAndTheAcceptedForm) {
  for (const auto& one : cases()) {
    const auto& spec = *find_setting(one.name);
    for (const auto& text : one.refused) {
      const auto loaded = load_settings(only(one.name, text), std::nullopt, machine);
      ASSERT_FALSE(loaded) << one.name << "=" << text;
      const auto& problem = loaded.error().front();
      EXPECT_TRUE(problem.starts_with(one.name + "=")) << problem;
      EXPECT_EQ(problem.find('\n'), std::string::npos) << problem;
      EXPECT_TRUE(problem.ends_with(": accepted is " + std::string(spec.form))) << problem;
    }
  }
}

TEST(SettingTable, ARefusalShowsTheValueButNeverASecret) {
  for (const auto& one : cases()) {
    const auto& spec = *find_setting(one.name);
    for (const auto& text : one.refused) {
      const auto problem = load_settings(only(one.name, text), std::nullopt, machine).error().front();
      const bool plain = text.find_first_of("\n\t@?#\"\\") == std::string::npos;
      if (spec.secret) {
        EXPECT_TRUE(problem.starts_with(one.name + "=********: ")) << problem;
      } else if (plain) {
        EXPECT_TRUE(problem.starts_with(one.name + "=\"" + text + "\": ")) << problem;
      }
    }
  }
}

TEST(SettingTable, OnlyWhatHasNoEffectYetWarns) {
  const std::set<std::string_view> later{"REDIS_URL", "OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_ENDPOINT"};
  for (const auto& spec : setting_table()) {
    const auto expected = later.contains(spec.name) ? Effect::not_yet : Effect::now;
    EXPECT_EQ(spec.effect, expected) << spec.name;
  }
}

TEST(SettingTable, OnlyCredentialsAreSecret) {
  std::set<std::string_view> secrets;
  for (const auto& spec : setting_table())
    if (spec.secret) secrets.insert(spec.name);
  EXPECT_EQ(secrets, (std::set<std::string_view>{"FALLBACK_API_KEY", "HOLYSHEEP_API_KEY", "REDIS_URL"}));
}

TEST(SettingTable, FindsWhatAMistypedNameMeant) {
  EXPECT_EQ(nearest_setting("LOG_LEVLE"), "LOG_LEVEL");
  EXPECT_EQ(nearest_setting("log-level"), "LOG_LEVEL");
  EXPECT_EQ(nearest_setting("MAX_RETRY"), "MAX_RETRIES");
  EXPECT_EQ(nearest_setting("HOLYSHEEP_APIKEY"), "HOLYSHEEP_API_KEY");
  EXPECT_EQ(nearest_setting("requestTimeout"), "REQUEST_TIMEOUT");
  EXPECT_EQ(nearest_setting("completely_something_else"), "");
  EXPECT_EQ(nearest_setting(std::string(100000, 'x')), "");
}

}  // namespace
}  // namespace holysheep
