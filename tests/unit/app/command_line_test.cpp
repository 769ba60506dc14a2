#include <holysheep/app/command_line.hpp>

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

}  // namespace
}  // namespace holysheep::app
