#include <holysheep/policy/client_table.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

ClientSpec client(std::string id, std::string_view key, ClientLimits limits = {}) {
  return {.id = std::move(id), .digest = sha256(key), .limits = limits};
}

std::string found(const ClientTable& table, std::string_view key) {
  const Client* one = table.find(sha256(key));
  return one == nullptr ? std::string() : one->share->id;
}

TEST(ClientTable, FindsWhoseKeyItIs) {
  const ClientTable table({client("a", "key-a"), client("b", "key-b")});
  EXPECT_EQ(found(table, "key-a"), "a");
  EXPECT_EQ(found(table, "key-b"), "b");
  EXPECT_EQ(found(table, "key-c"), "");
  EXPECT_EQ(found(table, ""), "");
}

TEST(ClientTable, WithoutClientsFindsNobody) {
  const ClientTable table({});
  EXPECT_EQ(table.find(sha256("key")), nullptr);
  EXPECT_TRUE(table.clients().empty());
}

TEST(ClientTable, FindsEachOfTenThousand) {
  std::vector<ClientSpec> specs;
  for (int i = 0; i < 10'000; ++i) {
    specs.push_back(client("c" + std::to_string(i), "key" + std::to_string(i)));
  }
  const ClientTable table(std::move(specs));
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(found(table, "key" + std::to_string(i)), "c" + std::to_string(i));
  }
  EXPECT_EQ(found(table, "key10000"), "");
}

TEST(ClientTable, ADigestThatDiffersInOneBitIsNobodys) {
  const Digest digest = sha256("key");
  const ClientTable table({client("a", "key")});
  for (std::size_t bit = 0; bit < 256; ++bit) {
    Digest other = digest;
    other[bit / 8] = static_cast<std::uint8_t>(other[bit / 8] ^ (1U << bit % 8));
    EXPECT_EQ(table.find(other), nullptr) << bit;
  }
}

TEST(ClientTable, OfTwoWithOneKeyTheFirstIsFound) {
  for (int i = 0; i < 8; ++i) {
    const ClientTable table(
        {client("x", "other"), client("a", "key"), client("b", "key"), client("c", "key")});
    EXPECT_EQ(found(table, "key"), "a");
  }
}

TEST(ClientTable, ListsItsClientsInTheirOrder) {
  const ClientTable table({client("b", "1"), client("a", "2"), client("c", "3")});
  table.clients()[1].share->in_flight = 7;
  std::vector<std::string> ids;
  for (const Client& one : table.clients()) ids.push_back(one.share->id);
  EXPECT_EQ(ids, (std::vector<std::string>{"b", "a", "c"}));
  EXPECT_EQ(table.find(sha256("2"))->share->in_flight, 7);
}

TEST(ClientTableReadAgain, AClientThatStayedKeepsItsShareEvenWithAnotherKey) {
  const ClientLimits limits{.rate_per_second = 10, .max_in_flight = 2};
  const ClientTable before({client("a", "old", limits), client("b", "key-b")});
  before.clients()[0].share->in_flight = 2;
  ClientSpec changed = client("a", "new", limits);
  changed.models = {"gpt-*"};
  changed.expires = system_clock::time_point(1s);
  const ClientTable after({client("b", "key-b"), changed}, &before);
  const Client* kept = after.find(sha256("new"));
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept->share, before.clients()[0].share);
  EXPECT_EQ(kept->share->in_flight, 2);
  EXPECT_EQ(kept->models, changed.models);
  EXPECT_EQ(kept->expires, changed.expires);
  EXPECT_EQ(after.find(sha256("old")), nullptr);
  EXPECT_EQ(after.clients()[0].share, before.clients()[1].share);
}

TEST(ClientTableReadAgain, OtherLimitsBeginANewShare) {
  const ClientTable before({client("a", "key", {.rate_per_second = 10, .max_in_flight = 2})});
  before.clients()[0].share->in_flight = 2;
  for (const ClientLimits limits : {ClientLimits{}, ClientLimits{.rate_per_second = 11, .max_in_flight = 2},
                                    ClientLimits{.rate_per_second = 10, .max_in_flight = 3}}) {
    const ClientTable after({client("a", "key", limits)}, &before);
    EXPECT_NE(after.clients()[0].share, before.clients()[0].share);
    EXPECT_EQ(after.clients()[0].share->limits, limits);
    EXPECT_EQ(after.clients()[0].share->in_flight, 0);
  }
}

TEST(ClientTableReadAgain, AnotherClientWithTheKeyOfAnEarlierOneGetsNothingOfIt) {
  const ClientTable before({client("a", "key")});
  const ClientTable after({client("b", "key")}, &before);
  EXPECT_NE(after.clients()[0].share, before.clients()[0].share);
  EXPECT_EQ(found(after, "key"), "b");
}

TEST(ClientTableReadAgain, ASharesLifeDoesNotHangOnItsTable) {
  auto before = std::make_unique<ClientTable>(std::vector{client("a", "key")});
  const std::shared_ptr<ClientShare> share = before->clients()[0].share;
  const ClientTable after({client("a", "key")}, before.get());
  before.reset();
  EXPECT_EQ(after.find(sha256("key"))->share, share);
}

TEST(ClientExpiry, BeginsWithTheVeryMoment) {
  const system_clock::time_point end(1000s);
  EXPECT_FALSE(expired({.expires = end}, end - 1ns));
  EXPECT_TRUE(expired({.expires = end}, end));
  EXPECT_TRUE(expired({.expires = end}, end + 1s));
  EXPECT_FALSE(expired({}, system_clock::time_point::max()));
}

TEST(ClientModels, AreAllWhereNoneIsNamed) {
  EXPECT_TRUE(may_use({}, "gpt-4.1"));
  EXPECT_TRUE(may_use({}, ""));
}

TEST(ClientModels, AreThoseThatAGlobMatches) {
  const Client one{.models = {"gpt-4.1", "claude-*"}};
  EXPECT_TRUE(may_use(one, "gpt-4.1"));
  EXPECT_TRUE(may_use(one, "claude-sonnet-4.5"));
  EXPECT_FALSE(may_use(one, "gpt-4.1-mini"));
  EXPECT_FALSE(may_use(one, "GPT-4.1"));
}

TEST(ClientModels, ARequestThatNamesNoneIsForWhoMayUseAny) {
  EXPECT_FALSE(may_use({.models = {"gpt-4.1", "claude-*"}}, ""));
  EXPECT_TRUE(may_use({.models = {"gpt-4.1", "*"}}, ""));
}

}  // namespace
}  // namespace holysheep
