#include <holysheep/policy/memory_guard.hpp>

#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holysheep {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr auto signed_mib = static_cast<std::int64_t>(mib);

MemoryState resident(std::uint64_t bytes) {
  MemoryState state;
  state.resident = bytes;
  return state;
}

MemoryCeilings threshold(std::uint64_t bytes) {
  MemoryCeilings ceilings;
  ceilings.threshold = bytes;
  return ceilings;
}

MemoryCeilings cgroup(std::uint64_t bytes) {
  MemoryCeilings ceilings;
  ceilings.limit = bytes;
  return ceilings;
}

TEST(MemoryGuard, WithoutACeilingNothingIsBounded) {
  const auto verdict = judge_memory({}, resident(1000 * mib), false);
  EXPECT_FALSE(verdict.bounded);
  EXPECT_FALSE(verdict.refuse);
}

TEST(MemoryGuard, UpToTheThresholdRequestsMayTakeWhatIsLeftAndBodiesThreeQuartersOfIt) {
  const auto verdict = judge_memory(threshold(100 * mib), resident(40 * mib), false);
  EXPECT_TRUE(verdict.bounded);
  EXPECT_FALSE(verdict.refuse);
  EXPECT_FALSE(verdict.close);
  EXPECT_EQ(verdict.forward, 60 * signed_mib);
  EXPECT_EQ(verdict.hold, 35 * signed_mib);
  EXPECT_EQ(verdict.connect, MemoryGrant::unlimited);
  EXPECT_TRUE(judge_memory(threshold(100 * mib), resident(51 * mib), false).close);
}

TEST(MemoryGuard, NewcomersCountBeforeTheirMemoryShows) {
  auto state = resident(40 * mib);
  state.newcomers = 25 * signed_mib;
  const auto verdict = judge_memory(threshold(100 * mib), state, false);
  EXPECT_EQ(verdict.forward, 35 * signed_mib);
  EXPECT_EQ(verdict.hold, 10 * signed_mib);
  EXPECT_TRUE(verdict.close);
}

TEST(MemoryGuard, AtTheThresholdItRefusesAndSaysByHowMuchItIsOver) {
  const auto verdict = judge_memory(threshold(100 * mib), resident(107 * mib), false);
  EXPECT_TRUE(verdict.refuse);
  EXPECT_EQ(verdict.over, 12 * mib);  // to 5 % below it
  EXPECT_LT(verdict.forward, 0);
  EXPECT_LT(verdict.hold, 0);
}

TEST(MemoryGuard, ACacheThatCanBeDroppedKeepsNobodyOut) {
  auto state = resident(80 * mib);
  EXPECT_LT(judge_memory(threshold(100 * mib), state, false).hold, 0);
  state.cache = 30 * signed_mib;
  const auto verdict = judge_memory(threshold(100 * mib), state, false);
  EXPECT_EQ(verdict.hold, 20 * signed_mib);
  EXPECT_EQ(verdict.forward, 50 * signed_mib);
  EXPECT_EQ(judge_memory(cgroup(100 * mib), state, false).forward, 13 * signed_mib);
}

TEST(MemoryGuard, ItTakesRequestsAgainWithTwoPercentToSpare) {
  EXPECT_FALSE(judge_memory(threshold(100 * mib), resident(99 * mib), false).refuse);
  EXPECT_TRUE(judge_memory(threshold(100 * mib), resident(99 * mib), true).refuse);
  EXPECT_FALSE(judge_memory(threshold(100 * mib), resident(98 * mib - 1), true).refuse);
}

TEST(MemoryGuard, OfACgroupTheLargerOfResidentAndChargedMemoryCounts) {
  auto state = resident(50 * mib);
  state.charged = 91 * mib;
  EXPECT_TRUE(judge_memory(cgroup(100 * mib), state, false).refuse);
  EXPECT_TRUE(judge_memory(cgroup(100 * mib), resident(91 * mib), false).refuse);
  state.charged = 89 * mib;
  EXPECT_FALSE(judge_memory(cgroup(100 * mib), state, false).refuse);
}

TEST(MemoryGuard, AThresholdOfTheUsersIsJudgedOnResidentMemoryAndTheCgroupStillCounts) {
  auto ceilings = threshold(60 * mib);
  ceilings.limit = 100 * mib;
  auto state = resident(50 * mib);
  state.charged = 80 * mib;
  EXPECT_FALSE(judge_memory(ceilings, state, false).refuse);
  state.charged = 92 * mib;
  EXPECT_TRUE(judge_memory(ceilings, state, false).refuse);
  state = resident(61 * mib);
  EXPECT_TRUE(judge_memory(ceilings, state, false).refuse);
}

TEST(MemoryGuard, WhatRequestsInFlightMayStillComeToHoldIsKeptForThem) {
  auto state = resident(50 * mib);
  state.requests = 1000;
  const auto verdict = judge_memory(cgroup(100 * mib), state, false);
  EXPECT_FALSE(verdict.refuse);
  EXPECT_EQ(verdict.forward, 43 * signed_mib - 1000 * stall_cost);
  EXPECT_EQ(verdict.connect, 47 * signed_mib - 1000 * stall_cost);
  state.requests = 1200;
  EXPECT_TRUE(judge_memory(cgroup(100 * mib), state, false).refuse);
  state.relay = 10 * signed_mib;  // some of it is held already
  EXPECT_FALSE(judge_memory(cgroup(100 * mib), state, false).refuse);
}

TEST(MemoryGuard, ABurstStaysBelowTheLimitWhereSocketsAreChargedToo) {
  auto ceilings = cgroup(100 * mib);
  ceilings.stall += socket_stall_cost;
  auto state = resident(20 * mib);
  const auto verdict = judge_memory(ceilings, state, false);
  LoopMemory loop;
  loop.grant({.forward = verdict.forward, .request = ceilings.request()});
  std::vector<std::unique_ptr<LoopMemory::Forwarded>> burst;
  while (loop.may_forward()) burst.push_back(std::make_unique<LoopMemory::Forwarded>(loop));
  state.requests = loop.requests();
  state.resident += static_cast<std::uint64_t>(state.requests * running_cost);
  EXPECT_GE(judge_memory(ceilings, state, false).connect, 4 * signed_mib) << "room for all to stop";
}

TEST(MemoryGuard, WhereNoEventLoopCouldTakeARequestAllRefuseAndTheCacheGoes) {
  auto state = resident(70 * mib);
  state.cache = 30 * signed_mib;
  state.loops = 2;
  state.requests = 23 * signed_mib / stall_cost;  // all but 32 KiB of what is left is kept for them
  const auto verdict = judge_memory(cgroup(100 * mib), state, false);
  EXPECT_TRUE(verdict.refuse);
  EXPECT_GE(verdict.over, 4 * mib);
  state.requests -= 8;
  EXPECT_FALSE(judge_memory(cgroup(100 * mib), state, false).refuse);
  EXPECT_TRUE(judge_memory(cgroup(100 * mib), state, true).refuse);
}

TEST(MemoryGuard, RequestsThatWaitForTheirTurnHaveStillToGrow) {
  auto state = resident(20 * mib);
  state.requests = state.waiting = 500;
  const auto verdict = judge_memory(cgroup(100 * mib), state, false);
  EXPECT_EQ(verdict.forward, 73 * signed_mib - 500 * request_cost);
}

TEST(MemoryGuard, WhatFewHoldMuchOfIsNotTakenForWhatManyMayStillComeToHold) {
  auto state = resident(50 * mib);
  state.requests = 1000;
  state.relay = 60 * signed_mib;
  EXPECT_EQ(judge_memory(cgroup(100 * mib), state, false).forward,
            43 * signed_mib - 1000 * (stall_cost - relay_block));
}

TEST(MemoryGuard, ConnectionsGoOnWhileRequestsAreRefused) {
  const auto verdict = judge_memory(cgroup(100 * mib), resident(91 * mib), false);
  EXPECT_TRUE(verdict.refuse);
  EXPECT_EQ(verdict.connect, 6 * signed_mib);
}

constexpr TimePoint start{std::chrono::hours(1)};

TimePoint at(double seconds) {
  return start + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

TEST(SlackWatch, FindsWhatNobodyUses) {
  SlackWatch slack;
  slack.first(resident(11 * mib));
  auto state = resident(60 * mib);
  state.requests = 1000;
  state.connections = 1000;
  state.accounts = 5 * signed_mib;
  EXPECT_FALSE(slack.due(state, true, start));
  state.requests = state.connections = state.accounts = 0;
  EXPECT_TRUE(slack.due(state, false, start));
}

TEST(SlackWatch, WhatIsLeftAfterGivingBackIsNotLookedForAgainAtOnce) {
  SlackWatch slack;
  slack.first(resident(11 * mib));
  slack.gave_back(resident(20 * mib), start);
  EXPECT_FALSE(slack.due(resident(21 * mib), true, at(1)));
  EXPECT_TRUE(slack.due(resident(22 * mib), true, at(1)));
  EXPECT_FALSE(slack.due(resident(22 * mib), false, at(2.9)));
}

TEST(SlackWatch, GivesBackNoMoreOftenThanThatPays) {
  SlackWatch slack;
  slack.first(resident(11 * mib));
  slack.gave_back(resident(20 * mib), start);
  EXPECT_FALSE(slack.due(resident(60 * mib), true, at(0.1)));
  EXPECT_TRUE(slack.due(resident(60 * mib), true, at(0.2)));
  EXPECT_FALSE(slack.due(resident(60 * mib), false, at(2.9)));
  EXPECT_TRUE(slack.due(resident(60 * mib), false, at(3)));
}

TEST(SlackWatch, LooksAgainWhenHalfOfThoseWhoWereThereHaveLeft) {
  SlackWatch slack;
  auto state = resident(60 * mib);
  state.accounts = 20 * signed_mib;
  slack.gave_back(state, start);
  slack.gave_back(state, at(3));  // tried again: the next time is 6 s from now
  state.accounts = 13 * signed_mib;
  EXPECT_FALSE(slack.due(state, false, at(7)));
  state.accounts = 9 * signed_mib;
  EXPECT_TRUE(slack.due(state, false, at(7)));
}

/// Who was counted as gone may have held memory for a while yet, so that what is left was taken for what
/// stays.
TEST(SlackWatch, TriesAgainEverMoreSeldomUntilOneAndAHalfMinutesLater) {
  SlackWatch slack;
  slack.first(resident(11 * mib));
  const auto left = resident(24 * mib);
  slack.gave_back(left, start);
  std::vector<int> tried;
  for (int second = 1; second < 1000; ++second) {
    if (!slack.due(left, false, at(second))) continue;
    tried.push_back(second);
    slack.gave_back(left, at(second));
  }
  EXPECT_THAT(tried, ::testing::ElementsAre(3, 9, 21, 45, 93));
}

TEST(SlackWatch, DoesNotTryAgainWhereNothingWasGivenBack) {
  SlackWatch slack;
  slack.first(resident(11 * mib));
  EXPECT_FALSE(slack.due(resident(11 * mib), false, at(3600)));
}

}  // namespace
}  // namespace holysheep
