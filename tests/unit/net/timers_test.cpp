#include <holysheep/net/timers.hpp>
#include <holysheep/net/wakeup.hpp>

#include <memory>
#include <random>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace holysheep::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Heard final : EventSink {
  void raise(Event event) override {
    EXPECT_EQ(event, Event::time);
    ++times;
  }
  int times = 0;
};

class TimersTest : public ::testing::Test {
 protected:
  boost::asio::io_context io;
  TimePoint start = Clock::now();
  Timers timers{io};
};

TEST_F(TimersTest, IsHeardOnceNeverEarlyAndAtMostTwoSlotsLate) {
  Heard heard;
  Deadline deadline(timers, heard);
  deadline.set(start + milliseconds(100));
  timers.advance(start + milliseconds(99));
  EXPECT_EQ(heard.times, 0);
  timers.advance(start + milliseconds(116));
  EXPECT_EQ(heard.times, 1);
  timers.advance(start + seconds(100));
  EXPECT_EQ(heard.times, 1);
}

TEST_F(TimersTest, MovedLaterIsHeardAtTheLaterTimeOnly) {
  Heard heard;
  Deadline deadline(timers, heard);
  deadline.set(start + milliseconds(50));
  deadline.set(start + milliseconds(500));
  timers.advance(start + milliseconds(499));
  EXPECT_EQ(heard.times, 0);
  timers.advance(start + milliseconds(516));
  EXPECT_EQ(heard.times, 1);
}

TEST_F(TimersTest, MovedEarlierIsHeardAtTheEarlierTime) {
  Heard heard;
  Deadline deadline(timers, heard);
  deadline.set(start + seconds(60));
  deadline.set(start + milliseconds(20));
  timers.advance(start + milliseconds(36));
  EXPECT_EQ(heard.times, 1);
}

TEST_F(TimersTest, BeyondTheWheelsHorizonIsStillHeardInTime) {
  Heard heard;
  Deadline deadline(timers, heard);
  deadline.set(start + seconds(65));
  for (int s = 1; s < 65; ++s) timers.advance(start + seconds(s));
  EXPECT_EQ(heard.times, 0);
  timers.advance(start + seconds(65) + milliseconds(16));
  EXPECT_EQ(heard.times, 1);
}

TEST_F(TimersTest, GoneOrSetToNeverIsNotHeard) {
  Heard heard;
  {
    Deadline deadline(timers, heard);
    deadline.set(start + milliseconds(10));
  }
  Deadline off(timers, heard);
  off.set(start + milliseconds(10));
  off.set(never);
  timers.advance(start + seconds(20));
  EXPECT_EQ(heard.times, 0);
}

/// Sets itself again, and takes another's deadline away, from within its own hearing.
struct Meddler final : EventSink {
  Meddler(Timers& timers, TimePoint from) : own(timers, *this), from_(from) {}
  void raise(Event) override {
    ++times;
    victim.reset();
    if (times < 3) own.set(from_ + milliseconds(100 * (times + 1)));
  }
  int times = 0;
  Deadline own;
  std::unique_ptr<Deadline> victim;
  TimePoint from_;
};

TEST_F(TimersTest, DeadlinesMayBeSetAndDestroyedWhileOthersAreHeard) {
  Heard heard;
  Meddler meddler(timers, start);
  meddler.victim = std::make_unique<Deadline>(timers, heard);
  meddler.victim->set(start + milliseconds(100));
  meddler.own.set(start + milliseconds(100));
  timers.advance(start + milliseconds(116));
  EXPECT_EQ(meddler.times, 1);
  timers.advance(start + milliseconds(216));
  timers.advance(start + milliseconds(316));
  EXPECT_EQ(meddler.times, 3);
  EXPECT_LE(heard.times, 1);
}

TEST_F(TimersTest, RandomSchedulesAgreeWithTheirDueTimes) {
  struct One final : EventSink {
    explicit One(Timers& timers) : deadline(timers, *this) {}
    void raise(Event) override { heard = true; }
    Deadline deadline;
    TimePoint due = never;
    bool heard = false;
  };
  std::mt19937 random(7);
  std::vector<std::unique_ptr<One>> all;
  for (int i = 0; i < 200; ++i) all.push_back(std::make_unique<One>(timers));
  TimePoint now = start;
  for (int step = 0; step < 3000; ++step) {
    auto& one = *all[random() % all.size()];
    one.due = now + milliseconds(random() % 20000);
    one.heard = false;
    one.deadline.set(one.due);
    now += milliseconds(random() % 40);
    timers.advance(now);
    for (const auto& each : all) {
      if (each->heard) {
        ASSERT_LE(each->due, now);
      }
      if (each->due != never && each->due + milliseconds(16) <= now) {
        ASSERT_TRUE(each->heard);
      }
    }
  }
}

}  // namespace
}  // namespace holysheep::net
