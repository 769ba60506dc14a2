#include <holysheep/app/settings_text.hpp>
#include <holysheep/core/settings_table.hpp>

#include <algorithm>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <support/files.hpp>

namespace holysheep::app {
namespace {

using ::holysheep::testing::read_file;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::PrintToString;

const MachineFacts machine{.cpus = 3, .memory_limit = std::nullopt, .ipv6 = true};

std::optional<std::string> with_secrets(std::string_view name) {
  if (name == "HOLYSHEEP_API_KEY") return "tell-nobody";
  if (name == "REDIS_URL") return "redis://user:tell-nobody@host";
  if (name == "MAX_RETRIES") return "7";
  return std::nullopt;
}

LoadedSettings loaded() {
  return *load_settings(with_secrets, std::nullopt, machine);
}

TEST(SettingsText, HelpNamesEverySettingWithDefaultFormAndMeaning) {
  const auto help = help_text();
  std::string joined = help;  // as one line, since the text is broken where it is long
  for (auto at = joined.find("\n      "); at != joined.npos; at = joined.find("\n      ", at)) {
    joined.replace(at, 7, " ");
  }
  for (const auto& spec : setting_table()) {
    EXPECT_THAT(help, HasSubstr("\n  " + std::string(spec.name) + "  ["));
    EXPECT_THAT(joined, HasSubstr(std::string(spec.meaning)));
    EXPECT_THAT(joined, HasSubstr(std::string(spec.form)));
  }
}

TEST(SettingsText, HelpNamesEveryCommandAndFitsATerminal) {
  const auto help = help_text();
  for (const auto* word : {"--config", "CONFIG_FILE", "--check", "--print-config", "--settings-table",
                           "--help", "--version", "health", "keys new --id"}) {
    EXPECT_THAT(help, HasSubstr(word));
  }
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 110U) << line;
}

TEST(SettingsText, EffectiveSettingsSayWhereEachCameFrom) {
  const auto text = effective_settings(loaded());
  EXPECT_THAT(text, ContainsRegex("\nMAX_RETRIES +7 +environment\n"));
  EXPECT_THAT(text, ContainsRegex("\nWORKER_PROCESSES +3 +default\n"));
  EXPECT_THAT(text, ContainsRegex("\nSSL_CERT_FILE +unset +default\n"));
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), setting_table().size());
}

TEST(SettingsText, SecretsAreMaskedEverywhere) {
  const auto settings = loaded();
  for (const auto& text : {effective_settings(settings), effective_settings_json(settings)}) {
    EXPECT_THAT(text, Not(HasSubstr("tell-nobody")));
    EXPECT_THAT(text, HasSubstr("********"));
  }
  EXPECT_THAT(effective_settings(settings), ContainsRegex("HOLYSHEEP_API_KEY +[*]{8} +environment\n"));
  EXPECT_THAT(effective_settings(settings), ContainsRegex("FALLBACK_API_KEY +unset +default\n"));
  for (const auto& warning : settings.warnings) EXPECT_THAT(warning, Not(HasSubstr("tell-nobody")));
}

TEST(SettingsText, TheSameAsJsonHasEverySetting) {
  const auto json = nlohmann::json::parse(effective_settings_json(loaded()));
  EXPECT_EQ(json.size(), setting_table().size());
  EXPECT_EQ(json["MAX_RETRIES"]["value"], "7");
  EXPECT_EQ(json["MAX_RETRIES"]["source"], "environment");
  EXPECT_EQ(json["HOLYSHEEP_API_KEY"]["value"], "********");
  EXPECT_EQ(json["FALLBACK_API_KEY"]["value"], "");
}

TEST(SettingsText, MarkdownHasOneRowOfFourCellsForEachSetting) {
  std::istringstream lines(settings_markdown());
  std::size_t rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    EXPECT_EQ(std::count(line.begin(), line.end(), '|'), 5) << line;
  }
  EXPECT_EQ(rows, setting_table().size() + 2);
  EXPECT_THAT(settings_markdown(), HasSubstr("| `REQUEST_TIMEOUT` | `60` | "));
  EXPECT_THAT(settings_markdown(), HasSubstr("| `HOLYSHEEP_API_KEY` | unset | "));
}

TEST(SettingsText, WhatDoesNothingYetSaysSo) {
  EXPECT_THAT(settings_markdown(), ContainsRegex("`REDIS_URL`[^\n]*no effect yet"));
  EXPECT_THAT(help_text(), HasSubstr("(no effect yet in this version)"));
}

TEST(SettingsText, TheReadmeHasTheTableOfThisVersion) {
  const std::string begin = "<!-- settings:begin -->\n";
  const auto readme = read_file(HOLYSHEEP_SOURCE_DIR "/README.md");
  const auto start = readme.find(begin);
  const auto end = readme.find("<!-- settings:end -->");
  ASSERT_NE(start, readme.npos);
  ASSERT_NE(end, readme.npos);
  EXPECT_EQ(readme.substr(start + begin.size(), end - start - begin.size()), settings_markdown())
      << "scripts/readme-settings rewrites it";
}

class ExampleSettings : public ::testing::Test {
 protected:
  const std::string path_ = HOLYSHEEP_SOURCE_DIR "/config/example.json";
};

TEST_F(ExampleSettings, AreAcceptedWithoutAWarning) {
  const auto read = load_settings([](auto) { return std::nullopt; }, path_, machine);
  ASSERT_TRUE(read) << PrintToString(read.error());
  EXPECT_TRUE(read->warnings.empty()) << PrintToString(read->warnings);
}

TEST_F(ExampleSettings, AreTheDefaults) {
  const auto unset = [](auto) { return std::nullopt; };
  const auto example = load_settings(unset, path_, machine);
  const auto initial = load_settings(unset, std::nullopt, machine);
  ASSERT_TRUE(example) << PrintToString(example.error());
  for (const auto& spec : setting_table()) {
    if (!spec.secret) EXPECT_EQ(spec.show(example->settings), spec.show(initial->settings)) << spec.name;
  }
}

/// All but those that hold a key, name a file of the machine they are used on, or are unset by default.
TEST_F(ExampleSettings, HoldEverySettingThatDoesSomething) {
  const auto json = nlohmann::json::parse(read_file(path_));
  for (const auto& spec : setting_table()) {
    const bool left_out = spec.secret || spec.name.ends_with("_FILE") ||
                          spec.name.find("FALLBACK") != spec.name.npos || spec.name == "MEMORY_THRESHOLD_MB";
    EXPECT_EQ(json.contains(spec.name), spec.effect == Effect::now && !left_out) << spec.name;
  }
}

}  // namespace
}  // namespace holysheep::app
