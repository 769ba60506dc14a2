#include <holysheep/app/client_keys_file.hpp>
#include <holysheep/app/command_line.hpp>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/files.hpp>

namespace holysheep::app {
namespace {

using ::holysheep::testing::TempDirectory;
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

TEST(CommandLine, ANewKeyNeedsItsClientsId) {
  for (const auto& words : {std::vector<std::string>{"keys", "new", "--id", "team-a"},
                            {"keys", "new", "--id=team-a"},
                            {"--id", "team-a", "keys", "new"}}) {
    const auto command = parse_command_line(words);
    ASSERT_TRUE(command) << words.front();
    EXPECT_EQ(command->action, Action::new_client_key);
    EXPECT_EQ(command->client_id, "team-a");
  }
  EXPECT_EQ(parse_command_line({"keys", "new"}).error(), "'keys new' needs --id ID");
  EXPECT_EQ(parse_command_line({"--check", "--id", "a"}).error(), "--id belongs to 'keys new'");
  for (const auto& words : {std::vector<std::string>{"keys"}, {"keys", "old"}, {"keys", "--id", "a"}}) {
    EXPECT_EQ(parse_command_line(words).error(), "'keys' needs what to do: keys new --id ID");
  }
}

TEST(CommandLine, AnIdThatIsNoneIsNotRepeatedAndTheAcceptedFormIs) {
  for (const auto& words : {std::vector<std::string>{"keys", "new", "--id", "correct horse"},
                            {"keys", "new", "--id=correct/horse"},
                            {"keys", "new", "--id="},
                            {"keys", "new", "--id"}}) {
    EXPECT_EQ(parse_command_line(words).error(),
              "--id needs a client id: 1 to 64 letters, digits, '.', '_' or '-'");
  }
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

TEST(CommandLine, ANewKeyIsShownOnceWithTheEntryThatLetsItIn) {
  const auto said = say({"keys", "new", "--id", "team-a"});
  EXPECT_EQ(said.status, 0);
  std::istringstream lines(said.out);
  std::string key;
  std::string entry;
  std::string more;
  std::getline(lines, key);
  std::getline(lines, entry);
  EXPECT_FALSE(std::getline(lines, more));
  EXPECT_THAT(said.err, AllOf(HasSubstr("team-a"), HasSubstr("CLIENT_KEYS_FILE"), Not(HasSubstr(key))));
  const TempDirectory directory;
  const auto table =
      read_client_keys(directory.write("keys.json", R"({"clients":[)" + entry + "]}"), nullptr);
  ASSERT_TRUE(table);
  const Client* client = (*table)->find(sha256(key));
  ASSERT_NE(client, nullptr);
  EXPECT_EQ(client->share->id, "team-a");
}

TEST(CommandLine, ABadIdEndsWith64) {
  const auto said = say({"keys", "new", "--id", "a b"});
  EXPECT_EQ(said.status, 64);
  EXPECT_EQ(said.out, "");
  EXPECT_THAT(said.err, HasSubstr("1 to 64 letters, digits"));
}

TEST(CommandLine, TheCheckReadsTheFilesThatTheSettingsName) {
  const TempDirectory directory;
  const auto config = directory.write(
      "config.json", R"({"CLIENT_KEYS_FILE":"/nowhere/keys.json","MODELS_FILE":"/nowhere/models.json"})");
  const auto said = say({"--check", "--config", config});
  EXPECT_EQ(said.status, 78);
  EXPECT_EQ(said.out, "");
  EXPECT_THAT(said.err, AllOf(HasSubstr("CLIENT_KEYS_FILE=\"/nowhere/keys.json\": "),
                              HasSubstr("MODELS_FILE=\"/nowhere/models.json\": ")));
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
