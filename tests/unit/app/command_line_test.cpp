#include <holysheep/app/command_line.hpp>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holysheep::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Action = Command::Action;

TEST(CommandLine, WithoutWordsItRuns) {
  const auto command = parse_command_line({});
  ASSERT_TRUE(command);
  EXPECT_EQ(command->action, Action::run);
  EXPECT_EQ(command->config_file, std::nullopt);
}

TEST(CommandLine, EveryActionHasItsWord) {
  const std::vector<std::pair<std::string, Action>> words{{"--help", Action::help},
                                                          {"-h", Action::help},
                                                          {"--version", Action::version},
                                                          {"--check", Action::check},
                                                          {"--print-config", Action::print_config},
                                                          {"--settings-table", Action::settings_table},
                                                          {"health", Action::health}};
  for (const auto& [word, action] : words) {
    const auto command = parse_command_line({word});
    ASSERT_TRUE(command) << word;
    EXPECT_EQ(command->action, action) << word;
  }
}

TEST(CommandLine, TheFileStandsBehindTheOptionOrItsEqualsSignAnywhere) {
  EXPECT_EQ(parse_command_line({"--config", "/a b"})->config_file, "/a b");
  EXPECT_EQ(parse_command_line({"--config=/a=b"})->config_file, "/a=b");
  const auto command = parse_command_line({"--check", "--config", "--odd-name"});
  ASSERT_TRUE(command);
  EXPECT_EQ(command->action, Action::check);
  EXPECT_EQ(command->config_file, "--odd-name");
  EXPECT_EQ(parse_command_line({"--config=x", "health"})->action, Action::health);
}

TEST(CommandLine, TheOptionNeedsAFile) {
  for (const auto& words : {std::vector<std::string>{"--config"}, {"--config="}, {"--config", ""}}) {
    const auto command = parse_command_line(words);
    ASSERT_FALSE(command);
    EXPECT_EQ(command.error(), "--config needs a file");
  }
}

TEST(CommandLine, WhatIsUnknownIsNamed) {
  for (const std::string word : {"--cheque", "-x", "--", "serve", "--configuration", "--health"}) {
    const auto command = parse_command_line({word});
    ASSERT_FALSE(command) << word;
    EXPECT_THAT(command.error(), HasSubstr("\"" + word + "\""));
  }
}

TEST(CommandLine, AKeyGivenAsAnOptionIsNotRepeated) {
  const auto option = parse_command_line({"--api-key=correct-horse"});
  ASSERT_FALSE(option);
  EXPECT_THAT(option.error(), AllOf(HasSubstr("--api-key"), Not(HasSubstr("horse"))));
  const auto word = parse_command_line({"sk-correcthorse"});
  ASSERT_FALSE(word);
  EXPECT_THAT(word.error(), Not(HasSubstr("horse")));
}

TEST(CommandLine, TwoActionsAreRefused) {
  const auto command = parse_command_line({"--check", "--print-config"});
  ASSERT_FALSE(command);
  EXPECT_THAT(command.error(), HasSubstr("--print-config"));
}

struct Said {
  int status;
  std::string out;
  std::string err;
};

Said say(std::vector<std::string> words) {
  words.insert(words.begin(), "holysheep-proxy");
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  std::ostringstream out;
  std::ostringstream err;
  const int status = main(static_cast<int>(pointers.size()), pointers.data(), out, err);
  return {status, out.str(), err.str()};
}

TEST(CommandLine, WhatNeedsNoSettingsIsSaidWhateverTheyAre) {
  for (const std::string word : {"--help", "--version", "--settings-table"}) {
    const auto said = say({word, "--config", "/nowhere/x.json"});
    EXPECT_EQ(said.status, 0) << word;
    EXPECT_THAT(said.out, Not(::testing::IsEmpty())) << word;
    EXPECT_EQ(said.err, "") << word;
  }
}

TEST(CommandLine, ABadSettingEndsEveryOtherActionAndIsSaidOnTheErrorOutput) {
  for (const auto& words : {std::vector<std::string>{}, {"--check"}, {"--print-config"}}) {
    auto all = words;
    all.insert(all.end(), {"--config", "/nowhere/x.json"});
    const auto said = say(all);
    EXPECT_EQ(said.status, 78);
    EXPECT_EQ(said.out, "");
    EXPECT_THAT(said.err, HasSubstr("CONFIG_FILE=\"/nowhere/x.json\": "));
  }
}

TEST(CommandLine, HealthIsWellOrNotAndNothingElse) {
  const auto said = say({"health", "--config", "/nowhere/x.json"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, HasSubstr("CONFIG_FILE=\"/nowhere/x.json\": "));
}

TEST(CommandLine, WhatIsNotUnderstoodEndsWith64AndPointsToTheHelp) {
  const auto said = say({"--cheque"});
  EXPECT_EQ(said.status, 64);
  EXPECT_EQ(said.err, "holysheep-proxy: unknown option \"--cheque\"; --help lists what there is\n");
}

}  // namespace
}  // namespace holysheep::app
