#include <holysheep/core/task.hpp>
#include <holysheep/net/event_loop.hpp>
#include <holysheep/net/remote_event.hpp>
#include <holysheep/net/wakeup.hpp>

#include <gtest/gtest.h>

namespace holysheep::net {
namespace {

Task<Event> wait_once(Wakeup& wakeup, Event interest, TimePoint deadline) {
  const Event came = co_await wakeup.wait(interest, deadline);
  co_return came;
}

class WakeupTest : public ::testing::Test {
 protected:
  EventLoop loop;
  Wakeup wakeup{loop.timers};
};

TEST_F(WakeupTest, WakesForWhatIsWaitedForAndKeepsTheRest) {
  auto task = wait_once(wakeup, Event::upstream_readable, never);
  task.start();
  wakeup.raise(Event::client_readable);
  EXPECT_FALSE(task.done());
  wakeup.raise(Event::upstream_readable);
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), Event::upstream_readable);
  EXPECT_TRUE(wakeup.pending(Event::client_readable));
  EXPECT_FALSE(wakeup.pending(Event::upstream_readable));
}

TEST_F(WakeupTest, WhatCameBeforeIsThereAtOnce) {
  wakeup.raise(Event::granted);
  auto task = wait_once(wakeup, Event::granted, never);
  task.start();
  ASSERT_TRUE(task.done());
}

TEST_F(WakeupTest, ALeavingClientEndsEveryWaitFromThenOn) {
  wakeup.raise(Event::client_gone);
  for (const Event interest : {Event::granted, Event::upstream_writable}) {
    auto task = wait_once(wakeup, interest, never);
    task.start();
    ASSERT_TRUE(task.done());
    EXPECT_TRUE(has(task.result(), Event::client_gone));
  }
}

TEST_F(WakeupTest, TheDeadlineEndsAWaitAndOneThatPassedEarlierDoesNot) {
  const TimePoint now = Clock::now();
  auto first = wait_once(wakeup, Event::granted, now + std::chrono::milliseconds(20));
  first.start();
  loop.timers.advance(now + std::chrono::milliseconds(40));
  ASSERT_TRUE(first.done());
  EXPECT_EQ(first.result(), Event::time);
  auto second = wait_once(wakeup, Event::granted, never);
  second.start();
  EXPECT_FALSE(second.done());
}

TEST_F(WakeupTest, ARemoteEventReachesItsSinkUntilItsOwnerHasGone) {
  std::function<void()> raise;
  {
    const RemoteEvent remote(loop, wakeup, Event::granted);
    raise = remote.raiser();
    raise();
    loop.io.poll();
    EXPECT_TRUE(wakeup.pending(Event::granted));
    wakeup.clear(Event::granted);
  }
  raise();
  loop.io.restart();
  loop.io.poll();
  EXPECT_FALSE(wakeup.pending(Event::granted));
}

TEST(RemoteEventOfAnotherThread, ReachesNobodyOnceItsEventLoopIsGone) {
  auto loop = std::make_unique<EventLoop>();
  auto wakeup = std::make_unique<Wakeup>(loop->timers);
  auto event = std::make_unique<RemoteEvent>(*loop, *wakeup, Event::resolved);
  const auto raise = event->raiser();
  raise();
  event.reset();
  wakeup.reset();
  loop.reset();
  raise();  // the resolver's look-up ended after the worker did
}

}  // namespace
}  // namespace holysheep::net
