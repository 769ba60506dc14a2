#include <holysheep/policy/loop_memory.hpp>
#include <holysheep/policy/replay_memory.hpp>

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

TEST(LoopMemory, WithoutAGrantNothingIsBounded) {
  LoopMemory memory;
  memory.hold(std::int64_t{1} << 60);
  EXPECT_TRUE(memory.may_forward());
  EXPECT_TRUE(memory.may_connect());
  EXPECT_TRUE(memory.may_hold(std::int64_t{1} << 60));
}

TEST(LoopMemory, ABurstEndsAtTheGrantWithoutAnybodyLooking) {
  LoopMemory memory;
  memory.grant({.forward = 3 * request_cost});
  std::vector<std::unique_ptr<LoopMemory::Forwarded>> burst;
  while (memory.may_forward()) burst.push_back(std::make_unique<LoopMemory::Forwarded>(memory));
  EXPECT_EQ(burst.size(), 3U);
  EXPECT_EQ(memory.requests(), 3);
  burst.pop_back();
  EXPECT_TRUE(memory.may_forward());
  burst.clear();
  EXPECT_EQ(memory.committed(), 0);
}

TEST(LoopMemory, ARequestCountsAsWhatTheGrantSaysAndIsGivenBackAsThat) {
  LoopMemory memory;
  const std::int64_t dearer = request_cost + socket_stall_cost;
  memory.grant({.forward = 3 * dearer, .request = dearer});
  std::vector<std::unique_ptr<LoopMemory::Forwarded>> burst;
  while (memory.may_forward()) burst.push_back(std::make_unique<LoopMemory::Forwarded>(memory));
  EXPECT_EQ(burst.size(), 3U);
  memory.grant({});
  burst.clear();
  EXPECT_EQ(memory.committed(), 0);
}

TEST(LoopMemory, BodiesAndConnectionsCountForRequestsToo) {
  LoopMemory memory;
  memory.grant({.forward = 2 * request_cost});
  memory.hold(request_cost);
  EXPECT_TRUE(memory.may_forward());
  memory.connections(1);
  EXPECT_FALSE(memory.may_forward());
  memory.connections(-1);
  EXPECT_TRUE(memory.may_forward());
}

TEST(LoopMemory, ANegativeGrantIsNothing) {
  LoopMemory memory;
  memory.grant({.forward = -1, .hold = -1, .connect = -1});
  EXPECT_FALSE(memory.may_forward());
  EXPECT_FALSE(memory.may_hold(0));
  EXPECT_FALSE(memory.may_connect());
}

TEST(ReplayMemory, TakesBodiesUpToItsLimitAndGetsThemBack) {
  MemoryAccounts accounts;
  LoopMemory loop;
  ReplayMemory memory(accounts, 100);
  {
    BodyReservation first(memory, loop);
    EXPECT_TRUE(first.grow(60));
    BodyReservation second(memory, loop);
    EXPECT_FALSE(second.grow(41));
    EXPECT_TRUE(second.grow(40));
    first.release();
    EXPECT_TRUE(second.grow(60));
    EXPECT_EQ(memory.used(), 100U);
    EXPECT_EQ(accounts.held(MemoryUse::request_bodies), 100);
    EXPECT_EQ(loop.committed(), 100);
  }
  EXPECT_EQ(memory.used(), 0U);
  EXPECT_EQ(loop.committed(), 0);
}

TEST(ReplayMemory, TakesNothingThatTheLoopMayNotHold) {
  MemoryAccounts accounts;
  LoopMemory loop;
  ReplayMemory memory(accounts, 100);
  loop.grant({.hold = 50});
  BodyReservation body(memory, loop);
  EXPECT_TRUE(body.grow(50));
  EXPECT_FALSE(body.grow(1));
  EXPECT_EQ(memory.used(), 50U);
}

TEST(ReplayMemory, OfNoBytesHoldsNothing) {
  MemoryAccounts accounts;
  LoopMemory loop;
  ReplayMemory none(accounts, 0);
  EXPECT_FALSE(BodyReservation(none, loop).possible());
}

TEST(ReplayMemory, ThreadsNeverTakeMoreThanThereIs) {
  MemoryAccounts accounts;
  ReplayMemory memory(accounts, 1000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      LoopMemory loop;
      for (int i = 0; i < 5000; ++i) {
        BodyReservation body(memory, loop);
        while (body.grow(97)) ASSERT_LE(body.bytes(), 1000);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(memory.used(), 0U);
}

TEST(MemoryCharge, IsGivenBackWhenItGoes) {
  MemoryAccounts accounts;
  {
    MemoryCharge charge(accounts, MemoryUse::cache);
    charge.grow(10);
    charge.set(30);
    MemoryCharge moved(std::move(charge));
    EXPECT_EQ(accounts.held(MemoryUse::cache), 30);
  }
  EXPECT_EQ(accounts.held(MemoryUse::cache), 0);
}

}  // namespace
}  // namespace holysheep
