#include <holysheep/core/file_text.hpp>
#include <holysheep/core/json_document.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <support/files.hpp>

namespace holysheep {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> problems_of(std::string_view text) {
  const auto read = parse_document(text);
  return read ? std::vector<std::string>{} : read.error();
}

TEST(JsonDocument, IsWhatTheTextSays) {
  const auto read = parse_document(R"({"a":[1,{"b":null}]})");
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)["a"][1]["b"], nullptr);
}

TEST(JsonDocument, AKeyTwiceIsNamedByItsPlace) {
  EXPECT_THAT(problems_of(R"({"a":{"b":1,"b":2},"a":3})"),
              ElementsAre(R"("a"."b" is there twice)", R"("a" is there twice)"));
  EXPECT_THAT(problems_of(R"({"a":[0,[],{"b":1},{"b":[{"c":1},7,{"c":1,"c":2}]}]})"),
              ElementsAre(R"("a"[3]."b"[2]."c" is there twice)"));
  EXPECT_THAT(problems_of(R"([{"a":1},{"a":1,"a":2}])"), ElementsAre(R"([1]."a" is there twice)"));
  EXPECT_THAT(problems_of(R"([{"a":1},{"a":1},{"b":{"a":1}}])"), IsEmpty());
}

TEST(JsonDocument, AKeyThatIsACredentialIsNotShown) {
  EXPECT_THAT(problems_of(R"({"sk-correcthorse":1,"sk-correcthorse":2})"),
              ElementsAre(R"("********" is there twice)"));
}

TEST(JsonDocument, WhatIsNoJsonHasItsPlaceAndIsNotQuoted) {
  EXPECT_THAT(problems_of("{\n  \"a\": sekrit\n}"), ElementsAre("not JSON, at line 2, column 8"));
  EXPECT_THAT(problems_of(""), ElementsAre("not JSON, at line 1, column 1"));
  EXPECT_THAT(problems_of("[1e999]"), ElementsAre("a number is too large: accepted are numbers below 1e308"));
}

TEST(JsonDocument, NothingIsHiddenBehindAZeroByte) {
  EXPECT_THAT(problems_of(std::string_view("{}\n\0{\"a\":1}", 11)),
              ElementsAre("not JSON, at line 2, column 1"));
}

TEST(JsonDocument, AScalarIsADocumentToo) {
  for (const auto* text : {"1", "null", "\"a\"", "[]", "{}"}) EXPECT_TRUE(parse_document(text)) << text;
}

TEST(FileText, IsTheWholeFileUpToItsLargestSize) {
  const testing::TempDirectory directory;
  const std::string one_mib(1 << 20, 'x');
  EXPECT_EQ(*file_text(directory.write("a", one_mib), 1), one_mib);
  EXPECT_EQ(*file_text(directory.write("empty", ""), 1), "");
  EXPECT_EQ(file_text(directory.write("b", one_mib + "x"), 1).error(), "accepted is a file of at most 1 MiB");
  EXPECT_EQ(file_text("/dev/zero", 1).error(), "accepted is a file of at most 1 MiB");
}

TEST(FileText, SaysWhyThereIsNone) {
  const testing::TempDirectory directory;
  EXPECT_EQ(file_text("/nowhere/x", 1).error(), "No such file or directory");
  EXPECT_EQ(file_text(directory.path().string(), 1).error(), "it is a folder");
}

}  // namespace
}  // namespace holysheep
