#include <holysheep/core/redaction.hpp>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

TEST(Redaction, OrdinaryValuesStayAsTheyAre) {
  for (const std::string plain :
       {"soon", "60", "/etc/ssl/certs/custom-ca.pem", "127.0.0.1", "gpt-4.1", "evict",
        "claude-sonnet-4-5-20250929", "99999999999999999999g", "https://api.holysheep.ai/v1", "", "*"}) {
    EXPECT_EQ(redacted(plain), "\"" + plain + "\"");
  }
}

TEST(Redaction, AUserAndItsPasswordAreHidden) {
  EXPECT_EQ(redacted("https://user:secret@host/v1"), R"("https://********@host/v1")");
  EXPECT_EQ(redacted("https://user:se@cret@host/v1"), R"("https://********@host/v1")");
  EXPECT_EQ(redacted("redis://:pa/ss@host"), R"("redis://********@host")");
  EXPECT_EQ(redacted("user:secret@host"), R"("********@host")");
  EXPECT_EQ(redacted("user:sec://ret@host").find("sec"), std::string::npos);
}

TEST(Redaction, APasswordThatIsCutOffWithTheRestIsHiddenFirst) {
  const auto text = redacted("https://user:" + std::string(300, 'p') + "@host");
  EXPECT_EQ(text, R"("https://********@host")");
}

TEST(Redaction, AQueryThatNamesACredentialIsHidden) {
  EXPECT_EQ(redacted("https://host/v1?key=abc"), R"("https://host/v1?********")");
  EXPECT_EQ(redacted("https://host/v1?a=b&Access_Token=abc"), R"("https://host/v1?********")");
  EXPECT_EQ(redacted("https://host/v1#secret"), R"("https://host/v1#********")");
  EXPECT_EQ(redacted("https://host/v1?a=b"), R"("https://host/v1?a=b")");
}

TEST(Redaction, WhatLooksLikeAKeyIsHiddenWhereverItStands) {
  EXPECT_EQ(redacted("sk-abcdef12"), R"("********")");
  EXPECT_EQ(redacted("hs_live_abcdef"), R"("********")");
  EXPECT_EQ(redacted("hsk_ab-cd_ef"), R"("********")");
  EXPECT_EQ(redacted("/etc/sk-proj-abcdefgh/x"), R"("/etc/********/x")");
  EXPECT_EQ(redacted("AIzaSyD1234567890abcdefghijk"), R"("********")");
  EXPECT_EQ(redacted("Bearer 0123456789abcdef0123"), R"("Bearer ********")");
}

TEST(Redaction, KnownSecretsAreHiddenWhereverTheyStand) {
  EXPECT_EQ(redacted("hunter2", {"hunter2"}), R"("********")");
  EXPECT_EQ(redacted("/x/hunter2/hunter2", {"hunter2"}), R"("/x/********/********")");
  EXPECT_EQ(redacted("abc", {"abc"}), R"("********")");
  EXPECT_EQ(redacted("xabcx", {"abc"}), R"("xabcx")");
  EXPECT_EQ(redacted("hunter2-rest", {"hunter2", "hunter2-rest"}), R"("********")");
}

TEST(Redaction, StaysOnOneLineAndEnds) {
  EXPECT_EQ(redacted("two\nlines\x1b[1m"), R"("two\nlines\u001b[1m")");
  EXPECT_LT(redacted(std::string(100000, 'x')).size(), 210U);
}

}  // namespace
}  // namespace holysheep
