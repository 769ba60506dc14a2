#include <holysheep/app/client_keys_file.hpp>
#include <holysheep/app/new_client_key.hpp>

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <support/files.hpp>

namespace holysheep::app {
namespace {

using ::holysheep::testing::TempDirectory;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::PrintToString;
using ::testing::StartsWith;

class ClientKeysFile : public ::testing::Test {
 protected:
  ReadClientKeys read(std::string_view content, const ClientTable* previous = nullptr) {
    path_ = directory_.write("keys.json", content);
    return read_client_keys(path_, previous);
  }
  /// Without the file's name, which each has.
  std::vector<std::string> problems(std::string_view content) {
    const auto result = read(content);
    if (result) return {};
    auto lines = result.error();
    const auto prefix = "CLIENT_KEYS_FILE=\"" + path_ + "\": ";
    for (auto& line : lines) {
      EXPECT_TRUE(line.starts_with(prefix)) << line;
      EXPECT_EQ(line.find('\n'), line.npos) << line;
      line.erase(0, prefix.size());
    }
    return lines;
  }
  static std::string entry(const std::string& id, std::string_view key, const std::string& more = "") {
    return R"({"id":")" + id + R"(","key_sha256":")" + show_digest(sha256(key)) + "\"" +
           (more.empty() ? "" : ",") + more + "}";
  }
  static std::string file_of(const std::string& entries) { return R"({"clients":[)" + entries + "]}"; }
  /// Of one sound client with these fields besides.
  std::vector<std::string> field_problems(const std::string& more) {
    return problems(file_of(entry("a", "key", more)));
  }
  /// Of a client with these fields and no other.
  std::vector<std::string> bare_problems(const std::string& fields) {
    return problems(file_of("{" + fields + "}"));
  }

  TempDirectory directory_;
  std::string path_;
  const std::string good_digest_ = R"("key_sha256":")" + show_digest(sha256("key")) + "\"";
};

TEST_F(ClientKeysFile, TheContractsExampleIsRead) {
  const auto table = read(file_of(entry("team-a", "key-a",
                                        R"("rate_limit_per_second":10,"max_in_flight":20,
                                           "models":["gpt-4.1","claude-*"],"expires":"2027-01-01")") +
                                  "," + entry("team-b", "key-b")));
  ASSERT_TRUE(table) << PrintToString(table.error());
  const Client* a = (*table)->find(sha256("key-a"));
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->share->id, "team-a");
  EXPECT_EQ(a->share->limits, (ClientLimits{.rate_per_second = 10, .max_in_flight = 20}));
  EXPECT_THAT(a->models, ElementsAre("gpt-4.1", "claude-*"));
  EXPECT_EQ(a->expires, std::chrono::sys_days(std::chrono::year(2027) / 1 / 1));
  const Client* b = (*table)->find(sha256("key-b"));
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->share->limits, ClientLimits{});
  EXPECT_THAT(b->models, IsEmpty());
  EXPECT_EQ(b->expires, std::nullopt);
}

TEST_F(ClientKeysFile, ANewKeysEntryIsReadAndItsKeyFound) {
  const auto one = new_client_key("team-a");
  const auto other = new_client_key("team-b");
  const auto table = read(file_of(one.entry + "," + other.entry));
  ASSERT_TRUE(table) << PrintToString(table.error());
  EXPECT_EQ((*table)->find(sha256(one.key))->share->id, "team-a");
  EXPECT_EQ((*table)->find(sha256(other.key))->share->id, "team-b");
}

TEST_F(ClientKeysFile, ADigestMayBeInUpperCase) {
  auto digest = show_digest(sha256("key"));
  for (char& c : digest) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  const auto table = read(file_of(R"({"id":"a","key_sha256":")" + digest + "\"}"));
  ASSERT_TRUE(table);
  EXPECT_NE((*table)->find(sha256("key")), nullptr);
}

TEST_F(ClientKeysFile, ReadAgainAClientThatStayedKeepsItsShare) {
  const auto before = *read(file_of(entry("a", "old", R"("max_in_flight":2)")));
  const auto after = *read(file_of(entry("a", "new", R"("max_in_flight":2,"models":["m"])")), before.get());
  EXPECT_EQ(after->clients()[0].share, before->clients()[0].share);
}

TEST_F(ClientKeysFile, WithoutClientsLetsNobodyIn) {
  const auto table = read(R"({"$schema":"x","clients":[]})");
  ASSERT_TRUE(table);
  EXPECT_TRUE((*table)->clients().empty());
}

TEST_F(ClientKeysFile, IdAndDigestMustBeThere) {
  EXPECT_THAT(bare_problems(""),
              ElementsAre("clients[0].id is missing; accepted is " + std::string(a_client_id),
                          "clients[0].key_sha256 is missing; accepted is the SHA-256 of the client's key, 64 "
                          "hexadecimal digits"));
}

TEST_F(ClientKeysFile, IdsAreShortAndPlain) {
  const std::string longest(64, 'x');
  for (const auto& good : {std::string("a"), std::string("A.b_c-9"), longest}) {
    EXPECT_THAT(bare_problems(R"("id":")" + good + "\"," + good_digest_), IsEmpty()) << good;
  }
  for (const auto& bad : {std::string(), longest + "x", std::string("a b"), std::string("a/b"),
                          std::string("é"), std::string("a\\n"), std::string("a\\u0000")}) {
    EXPECT_THAT(bare_problems(R"("id":")" + bad + "\"," + good_digest_),
                ElementsAre("clients[0].id is no client id; accepted is " + std::string(a_client_id)))
        << bad;
  }
}

TEST_F(ClientKeysFile, IdAndKeyAreOneClientsOnly) {
  EXPECT_THAT(problems(file_of(entry("a", "1") + "," + entry("b", "2") + "," + entry("a", "2"))),
              ElementsAre("clients[2].id is that of clients[0] too; accepted is an id of its own",
                          "clients[2].key_sha256 is that of clients[1] too; accepted is a key of its own"));
}

TEST_F(ClientKeysFile, ADigestIs64HexadecimalDigitsOfAKey) {
  for (const auto& bad : {std::string(), std::string(63, '0'), std::string(65, '0'),
                          std::string(63, '0') + "g", std::string("sha256:abc")}) {
    EXPECT_THAT(bare_problems(R"("id":"a","key_sha256":")" + bad + "\""),
                ElementsAre(StartsWith("clients[0].key_sha256 is no such digest; accepted is ")));
  }
  EXPECT_THAT(problems(file_of(entry("a", ""))),
              ElementsAre(StartsWith("clients[0].key_sha256 is the digest of no key at all; accepted is ")));
}

/// A key in the wrong place, or one that lacks a digit, must not end up in a log.
TEST_F(ClientKeysFile, WhatStandsWhereAKeyMayHaveBeenPutIsNeverRepeated) {
  for (const auto& fields :
       {std::string(R"("id":"correct horse",)") + good_digest_,
        std::string(R"("id":"a","key_sha256":"horse")"), std::string(R"("id":"a","key_sha256":["horse"])"),
        std::string(R"("id":"a","key_sha256":7177135)"), std::string(R"("id":7177135,)") + good_digest_,
        R"("id":"a","max_in_flight":"horse",)" + good_digest_,
        R"("id":"a","expires":"horse",)" + good_digest_, R"("id":"a","models":"horse",)" + good_digest_,
        R"("id":"a","models":["\nhorse"],)" + good_digest_,
        R"("id":"a","rate_limit_per_second":"horse",)" + good_digest_,
        R"("id":"a","hsk_correct-horse":"",)" + good_digest_}) {
    const auto found = bare_problems(fields);
    EXPECT_EQ(found.size(), 1U) << fields;
    for (const auto& line : found)
      EXPECT_THAT(line, AllOf(Not(HasSubstr("horse")), Not(HasSubstr("7177135"))));
  }
  EXPECT_THAT(problems(R"({"clients": horse})"), ElementsAre("not JSON, at line 1, column 13"));
}

TEST_F(ClientKeysFile, ARateIsAboveZero) {
  for (const auto* good : {"0.5", "1", "10000000", "1e-300"}) {
    EXPECT_THAT(field_problems(std::string(R"("rate_limit_per_second":)") + good), IsEmpty()) << good;
  }
  for (const auto* bad : {"0", "-1", "10000001", "null", "true", "\"5\"", "[1]", "0.0"}) {
    EXPECT_THAT(field_problems(std::string(R"("rate_limit_per_second":)") + bad),
                ElementsAre(AllOf(StartsWith("clients[0].rate_limit_per_second is "),
                                  EndsWith("; accepted is a number above 0, at most 10000000"))))
        << bad;
  }
}

TEST_F(ClientKeysFile, RequestsInFlightAreCountedWhole) {
  for (const auto* good : {"1", "1000000"}) {
    EXPECT_THAT(field_problems(std::string(R"("max_in_flight":)") + good), IsEmpty()) << good;
  }
  for (const auto* bad :
       {"0", "-1", "1.5", "2.0", "1000001", "18446744073709551615", "null", "\"5\"", "{}"}) {
    EXPECT_THAT(field_problems(std::string(R"("max_in_flight":)") + bad),
                ElementsAre(AllOf(StartsWith("clients[0].max_in_flight is "),
                                  EndsWith("; accepted is a whole number from 1 to 1000000"))))
        << bad;
  }
}

TEST_F(ClientKeysFile, ModelsAreNamed) {
  EXPECT_THAT(field_problems(R"("models":["gpt-4.1","*"])"), IsEmpty());
  EXPECT_THAT(field_problems(R"("models":["ok","",3,"a\nb"])"),
              ElementsAre(StartsWith("clients[0].models[1] is no model name; accepted is "),
                          StartsWith("clients[0].models[2] is 3; accepted is "),
                          StartsWith("clients[0].models[3] is no model name; accepted is ")));
  EXPECT_THAT(field_problems(R"("models":"gpt-4.1")"),
              ElementsAre(StartsWith("clients[0].models is a text;")));
  EXPECT_THAT(field_problems(R"("models":[])"),
              ElementsAre(StartsWith("clients[0].models is empty; accepted")));
}

TEST_F(ClientKeysFile, AnExpiryIsADayOrATime) {
  for (const auto* good :
       {"2027-01-01", "2027-01-01T12:00:00Z", "2027-01-01T12:00:00.5+07:00", "9999-12-31"}) {
    EXPECT_THAT(field_problems(R"("expires":")" + std::string(good) + "\""), IsEmpty()) << good;
  }
  EXPECT_THAT(field_problems(R"("expires":"2027-02-29")"),
              ElementsAre("clients[0].expires is no time; accepted is a day, \"2027-01-01\", or a time, "
                          "\"2027-01-01T12:00:00Z\""));
  EXPECT_THAT(field_problems(R"("expires":1798761600)"),
              ElementsAre(StartsWith("clients[0].expires is 1798761600; accepted is a day")));
}

TEST_F(ClientKeysFile, WhatIsNotSupportedYetIsAProblemRatherThanWithoutEffect) {
  for (const std::string field : {"tokens_per_minute", "weight", "budget_usd"}) {
    EXPECT_THAT(field_problems("\"" + field + "\":1"),
                ElementsAre("clients[0]." + field + " is not supported yet; accepted is to leave it out"));
  }
}

TEST_F(ClientKeysFile, AnUnknownFieldIsAProblemWithTheNearestName) {
  EXPECT_THAT(field_problems(R"("max_inflight":1)"),
              ElementsAre(R"(unknown field clients[0]."max_inflight", did you mean max_in_flight?)"));
  EXPECT_THAT(problems(R"({"clients":[],"version":1})"), ElementsAre(R"(unknown field "version")"));
}

TEST_F(ClientKeysFile, EveryProblemIsNamedAtOnce) {
  EXPECT_THAT(
      problems(R"({"client":1,"clients":[{"id":"a"},7,{"key_sha256":1,"expires":1}]})"),
      ElementsAre(StartsWith(R"(unknown field "client", did you mean clients?)"),
                  StartsWith("clients[0].key_sha256 is missing"),
                  StartsWith("clients[1] is 7; accepted is an object"),
                  StartsWith("clients[2].id is missing"), StartsWith("clients[2].key_sha256 is not a text"),
                  StartsWith("clients[2].expires is 1;")));
}

TEST_F(ClientKeysFile, AFieldTwiceIsAProblem) {
  EXPECT_THAT(problems(file_of(entry("a", "1") + "," + entry("b", "2", R"("id":"c")"))),
              ElementsAre(R"("clients"[1]."id" is there twice)"));
}

TEST_F(ClientKeysFile, WhatIsNoListOfClientsIsAProblem) {
  EXPECT_THAT(problems(""), ElementsAre("not JSON, at line 1, column 1"));
  EXPECT_THAT(problems("[]"), ElementsAre(StartsWith("the file is a list; accepted is one JSON object")));
  EXPECT_THAT(problems("{}"), ElementsAre("clients is missing; accepted is a list of clients"));
  EXPECT_THAT(problems(R"({"clients":{}})"),
              ElementsAre("clients is an object; accepted is a list of clients"));
}

TEST_F(ClientKeysFile, AFileThatCannotBeReadIsAProblem) {
  EXPECT_THAT(read_client_keys("/nowhere/k.json", nullptr).error(),
              ElementsAre("CLIENT_KEYS_FILE=\"/nowhere/k.json\": No such file or directory"));
  EXPECT_THAT(read_client_keys(directory_.path().string(), nullptr).error(),
              ElementsAre(HasSubstr("it is a folder")));
  EXPECT_THAT(read_client_keys("/dev/zero", nullptr).error(), ElementsAre(HasSubstr("at most 8 MiB")));
}

TEST(NewClientKey, HasThePrefixAnd256RandomBits) {
  const auto one = new_client_key("a");
  EXPECT_THAT(one.key, MatchesRegex("hsk_[A-Za-z0-9_-]{43}"));
  EXPECT_NE(one.key, new_client_key("a").key);
}

TEST(NewClientKey, TheEntryHoldsItsDigestAndNotTheKey) {
  const auto one = new_client_key("team-a");
  EXPECT_EQ(nlohmann::json::parse(one.entry),
            (nlohmann::json{{"id", "team-a"}, {"key_sha256", ::holysheep::testing::sha256(one.key)}}));
  EXPECT_EQ(one.entry.find('\n'), one.entry.npos);
  EXPECT_THAT(one.entry, Not(HasSubstr(one.key)));
}

}  // namespace
}  // namespace holysheep::app
