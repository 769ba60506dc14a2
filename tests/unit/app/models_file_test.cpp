#include <holysheep/app/models_file.hpp>

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <support/files.hpp>

namespace holysheep::app {
namespace {

using ::holysheep::testing::read_file;
using ::holysheep::testing::TempDirectory;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::PrintToString;
using ::testing::StartsWith;

class ModelsFile : public ::testing::Test {
 protected:
  ReadModels read(std::string_view content) {
    path_ = directory_.write("models.json", content);
    return read_models(path_);
  }
  /// Without the file's name, which each has.
  std::vector<std::string> problems(std::string_view content) {
    const auto result = read(content);
    if (result) return {};
    auto lines = result.error();
    const auto prefix = "MODELS_FILE=\"" + path_ + "\": ";
    for (auto& line : lines) {
      EXPECT_TRUE(line.starts_with(prefix)) << line;
      EXPECT_EQ(line.find('\n'), line.npos) << line;
      line.erase(0, prefix.size());
    }
    return lines;
  }
  /// One model with these fields.
  std::vector<std::string> model_problems(const std::string& fields) {
    return problems(R"({"models":{"m":)" + fields + "}}");
  }
  std::vector<std::string> price_problems(const std::string& input) {
    return model_problems(R"({"usd_per_mtok":{"input":)" + input + R"(,"output":1}})");
  }

  TempDirectory directory_;
  std::string path_;
};

constexpr std::string_view example =
    R"({"models":{"gpt-4.1":{"aliases":["gpt-4.1-2025-*"],
      "usd_per_mtok":{"input":1.2,"cached_input":0.3,"output":1.5},
      "direct_usd_per_mtok":{"input":8,"cached_input":2,"output":32.000001}}}})";

TEST_F(ModelsFile, TheContractsExampleIsRead) {
  const auto table = read(example);
  ASSERT_TRUE(table) << PrintToString(table.error());
  const auto* model = (*table)->find("gpt-4.1-2025-04-14");
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->id, "gpt-4.1");
  EXPECT_EQ(model->price, (Price{1'200'000, 300'000, 1'500'000}));
  EXPECT_EQ(model->direct, (Price{8'000'000, 2'000'000, 32'000'001}));
}

TEST_F(ModelsFile, TakesThePlaceOfTheBuiltInTable) {
  const auto table = read(R"({"models":{"own":{"usd_per_mtok":{"input":1,"output":2}}}})");
  ASSERT_TRUE(table);
  EXPECT_EQ((*table)->models().size(), 1U);
  EXPECT_EQ((*table)->find("gpt-4.1"), nullptr);
}

TEST_F(ModelsFile, WhatIsOptionalHasItsDefault) {
  const auto table = read(R"({"$schema":"x","models":{"m":{"usd_per_mtok":{"input":1,"output":2}}}})");
  ASSERT_TRUE(table) << PrintToString(table.error());
  const auto* model = (*table)->find("m");
  EXPECT_EQ(model->price, (Price{1'000'000, 1'000'000, 2'000'000}));
  EXPECT_EQ(model->direct, model->price);
}

TEST_F(ModelsFile, PricesHaveUpToSixDecimals) {
  for (const auto* good :
       {"0", "0.0", "1e6", "1000000", "0.000001", "999999.999999", "1e-6", "0.1", "0.38"}) {
    EXPECT_THAT(price_problems(good), ElementsAre()) << good;
  }
  for (const auto* bad : {"-1", "-0.000001", "1000000.000001", "0.0000001", "1e-9", "0.1234567", "2e6"}) {
    EXPECT_THAT(
        price_problems(bad),
        ElementsAre(AllOf(StartsWith(R"(models."m".usd_per_mtok.input is )"),
                          EndsWith("accepted is a number from 0 to 1000000 with at most 6 decimals"))))
        << bad;
  }
}

TEST_F(ModelsFile, APriceThatIsNoNumberIsNamedAndNotQuoted) {
  EXPECT_THAT(price_problems(R"("sekrit")"),
              ElementsAre(AllOf(HasSubstr("is a text"), Not(HasSubstr("sek")))));
  EXPECT_THAT(price_problems("[1]"), ElementsAre(HasSubstr("is a list")));
  EXPECT_THAT(price_problems("{}"), ElementsAre(HasSubstr("is an object")));
  EXPECT_THAT(price_problems("true"), ElementsAre(HasSubstr("is true")));
  EXPECT_THAT(price_problems("null"), ElementsAre(HasSubstr("is null")));
}

TEST_F(ModelsFile, WhatNoComputerHoldsIsAProblem) {
  EXPECT_THAT(price_problems("1e999"), ElementsAre(HasSubstr("a number is too large")));
  EXPECT_THAT(price_problems("NaN"), ElementsAre(HasSubstr("not JSON, at line 1, column ")));
}

TEST_F(ModelsFile, EveryProblemIsNamedAtOnce) {
  EXPECT_THAT(problems(R"({"models":{"a":{"usd_per_mtok":{"input":-1}},"b":{},"c":[]},"version":1})"),
              ElementsAre(StartsWith("unknown field \"version\""),
                          StartsWith(R"(models."a".usd_per_mtok.input is -1; accepted is )"),
                          StartsWith(R"(models."a".usd_per_mtok.output is missing; accepted is )"),
                          StartsWith(R"(models."b".usd_per_mtok is missing; accepted is )"),
                          StartsWith(R"(models."c" is a list; accepted is )")));
}

TEST_F(ModelsFile, AnUnknownFieldIsAProblemWithTheNearestName) {
  EXPECT_THAT(model_problems(R"({"usd_per_mtoks":{},"usd_per_mtok":{"input":1,"output":1}})"),
              ElementsAre(R"(unknown field models."m"."usd_per_mtoks", did you mean usd_per_mtok?)"));
  EXPECT_THAT(model_problems(R"({"usd_per_mtok":{"input":1,"output":1,"chached_input":1}})"),
              ElementsAre(EndsWith(R"("chached_input", did you mean cached_input?)")));
  EXPECT_THAT(problems(R"({"model":{}})"),
              ElementsAre("unknown field \"model\", did you mean models?", StartsWith("models is missing")));
}

TEST_F(ModelsFile, AKeyTwiceIsAProblemAtAnyDepth) {
  EXPECT_THAT(
      problems(R"({"models":{"a":{"usd_per_mtok":{"input":1,"output":1,"input":2}},"a":{}}})"),
      ElementsAre(R"("models"."a"."usd_per_mtok"."input" is there twice)", R"("models"."a" is there twice)"));
}

TEST_F(ModelsFile, ANameIsOneModelsOnly) {
  const auto two = [](const std::string& first, const std::string& second) {
    const std::string price = R"("usd_per_mtok":{"input":1,"output":1})";
    return R"({"models":{"a":{"aliases":[)" + first + "]," + price + R"(},"b":{"aliases":[)" + second + "]," +
           price + "}}}";
  };
  EXPECT_THAT(
      problems(two(R"("x*")", R"("y","x*")")),
      ElementsAre(StartsWith(R"(models."b".aliases claims "x*", which is a name of "a"; accepted is )")));
  EXPECT_THAT(problems(two(R"("b")", "")), ElementsAre(HasSubstr(R"(claims "b", which is a name of "b")")));
  EXPECT_THAT(problems(two(R"("x","x","a")", R"("x*")")), ElementsAre());
}

TEST_F(ModelsFile, NamesAreNotEmptyAndOneLine) {
  EXPECT_THAT(problems(R"({"models":{"":{"usd_per_mtok":{"input":1,"output":1}}}})"),
              ElementsAre(HasSubstr("is no model id; accepted is a name of 1 to 256 bytes")));
  const std::string prices = R"("usd_per_mtok":{"input":1,"output":1})";
  for (const auto& bad :
       {std::string(R"("")"), std::string(R"("a\nb")"), "\"" + std::string(257, 'x') + "\""}) {
    EXPECT_THAT(model_problems(R"({"aliases":["ok",)" + bad + "]," + prices + "}"),
                ElementsAre(StartsWith(R"(models."m".aliases[1] is no name; accepted is )")));
  }
  EXPECT_THAT(model_problems(R"({"aliases":[1],)" + prices + "}"),
              ElementsAre(HasSubstr("aliases[0] is 1;")));
  EXPECT_THAT(model_problems(R"({"aliases":"x",)" + prices + "}"),
              ElementsAre(StartsWith(R"(models."m".aliases is a text; accepted is a list)")));
}

TEST_F(ModelsFile, WhatIsNoTableOfModelsIsAProblem) {
  EXPECT_THAT(problems("[]"), ElementsAre(StartsWith("the file is a list; accepted is one JSON object")));
  EXPECT_THAT(problems("{}"), ElementsAre(StartsWith("models is missing; accepted is ")));
  EXPECT_THAT(problems(R"({"models":{}})"), ElementsAre(StartsWith("models is missing; accepted is ")));
  EXPECT_THAT(problems(R"({"models":[]})"), ElementsAre(StartsWith("models is a list; accepted is ")));
  EXPECT_THAT(problems(""), ElementsAre("not JSON, at line 1, column 1"));
  EXPECT_THAT(problems("{\n  \"models\": sekrit\n}"), ElementsAre("not JSON, at line 2, column 13"));
  EXPECT_THAT(problems(std::string(100'000, '[')), ElementsAre(StartsWith("not JSON, at line 1")));
}

TEST_F(ModelsFile, AFileThatCannotBeReadIsAProblem) {
  EXPECT_THAT(read_models("/nowhere/m.json").error(),
              ElementsAre("MODELS_FILE=\"/nowhere/m.json\": No such file or directory"));
  EXPECT_THAT(read_models(directory_.path().string()).error(), ElementsAre(HasSubstr("it is a folder")));
  EXPECT_THAT(read_models("/dev/zero").error(), ElementsAre(HasSubstr("at most 16 MiB")));
}

/// The article's, dollars per million tokens: what HolySheep takes and what the provider does.
TEST(BuiltInModels, AreTheArticles) {
  const auto table = built_in_models();
  ASSERT_TRUE(table) << PrintToString(table.error());
  struct Expected {
    const char* id;
    std::uint64_t own;
    std::uint64_t direct;
  };
  const std::vector<Expected> all{{"claude-sonnet-4.5", 2'250'000, 15'000'000},
                                  {"deepseek-v3.2", 70'000, 420'000},
                                  {"gemini-2.5-flash", 380'000, 2'500'000},
                                  {"gpt-4.1", 1'200'000, 8'000'000}};
  ASSERT_EQ((*table)->models().size(), all.size());
  for (const auto& [id, own, direct] : all) {
    const auto* model = (*table)->find(id);
    ASSERT_NE(model, nullptr) << id;
    EXPECT_EQ(model->price, (Price{own, own, own})) << id;
    EXPECT_EQ(model->direct, (Price{direct, direct, direct})) << id;
  }
}

/// 500, 200, 1,000 and 2,000 million tokens: the article says 3,400 + 2,550 + 2,120 + 700 = 8,770 dollars.
TEST(BuiltInModels, SaveInAMonthWhatTheArticleSays) {
  const auto table = *built_in_models();
  const auto saved = [&](const char* id, std::uint64_t millions) {
    return cost_of({.input = millions * 1'000'000}, *table->find(id)).saved_nano_usd();
  };
  EXPECT_EQ(saved("gpt-4.1", 500), 3'400'000'000'000);
  EXPECT_EQ(saved("claude-sonnet-4.5", 200), 2'550'000'000'000);
  EXPECT_EQ(saved("gemini-2.5-flash", 1000), 2'120'000'000'000);
  EXPECT_EQ(saved("deepseek-v3.2", 2000), 700'000'000'000);
}

TEST(BuiltInModels, KnowTheNamesThatProvidersAnswerWithAndNoOtherModel) {
  const auto table = *built_in_models();
  const auto id = [&](std::string_view name) {
    const auto* model = table->find(name);
    return model == nullptr ? std::string() : model->id;
  };
  EXPECT_EQ(id("gpt-4.1-2025-04-14"), "gpt-4.1");
  EXPECT_EQ(id("claude-sonnet-4-5-20250929"), "claude-sonnet-4.5");
  EXPECT_EQ(id("gemini-2.5-flash-001"), "gemini-2.5-flash");
  EXPECT_EQ(id("models/gemini-2.5-flash"), "gemini-2.5-flash");
  EXPECT_EQ(id("deepseek-ai/DeepSeek-V3.2"), "deepseek-v3.2");
  for (const auto* other : {"gpt-4.1-mini", "gpt-4.1-nano-2025-04-14", "claude-sonnet-4", "claude-opus-4-5",
                            "gemini-2.5-flash-lite", "gemini-2.5-flash-preview-tts", "deepseek-v3.2-exp"}) {
    EXPECT_EQ(id(other), "") << other;
  }
}

std::set<std::string> keys_of(const nlohmann::json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

/// What the schema lets through field by field, the reader takes; a field beyond them it does not.
TEST(ModelsSchema, NamesTheFieldsThatTheReaderKnowsAndNoOther) {
  const auto schema = nlohmann::json::parse(read_file(HOLYSHEEP_SOURCE_DIR "/config/models.schema.json"));
  const auto& model = schema["$defs"]["model"];
  const auto& prices = schema["$defs"]["prices"];
  EXPECT_EQ(keys_of(schema["properties"]), (std::set<std::string>{"$schema", "models"}));
  EXPECT_EQ(keys_of(model["properties"]),
            (std::set<std::string>{"aliases", "usd_per_mtok", "direct_usd_per_mtok"}));
  EXPECT_EQ(keys_of(prices["properties"]), (std::set<std::string>{"input", "cached_input", "output"}));
  for (const auto* closed : {&schema, &model, &prices}) EXPECT_EQ((*closed)["additionalProperties"], false);
  EXPECT_EQ(schema["required"], nlohmann::json({"models"}));
  EXPECT_EQ(model["required"], nlohmann::json({"usd_per_mtok"}));
  EXPECT_EQ(prices["required"], nlohmann::json({"input", "output"}));
  EXPECT_EQ(schema["$defs"]["price"]["minimum"], 0);
  EXPECT_EQ(schema["$defs"]["price"]["maximum"], 1e6);
  EXPECT_EQ(schema["$defs"]["name"]["maxLength"], 256);
}

TEST(ModelsSchema, StandsInTheBuiltInTable) {
  const auto json = nlohmann::json::parse(read_file(HOLYSHEEP_SOURCE_DIR "/config/models.json"));
  EXPECT_EQ(json["$schema"], "models.schema.json");
}

}  // namespace
}  // namespace holysheep::app
