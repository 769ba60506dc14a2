#include <holysheep/policy/token_bucket.hpp>

#include <atomic>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint start{seconds(1000)};

TEST(TokenBucket, StartsFullAndGivesItsBurstAtOnce) {
  TokenBucket bucket(10, 5);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(bucket.try_take(start)) << i;
  EXPECT_FALSE(bucket.try_take(start));
}

TEST(TokenBucket, ATokenGivenBackIsThereAgainButNeverTwice) {
  TokenBucket bucket(10, 1);
  const auto first = bucket.take(start);
  ASSERT_TRUE(first);
  bucket.give_back(*first);
  bucket.give_back(*first);
  EXPECT_TRUE(bucket.try_take(start));
  EXPECT_FALSE(bucket.try_take(start));
}

TEST(TokenBucket, ATokenGivenBackAfterAnotherTakeIsLost) {
  TokenBucket bucket(10, 2);
  const auto first = bucket.take(start);
  EXPECT_TRUE(bucket.try_take(start));
  bucket.give_back(*first);
  EXPECT_FALSE(bucket.try_take(start));
}

TEST(TokenBucket, ATokenComesEveryInterval) {
  TokenBucket bucket(10, 1);
  EXPECT_TRUE(bucket.try_take(start));
  EXPECT_FALSE(bucket.try_take(start + milliseconds(99)));
  EXPECT_TRUE(bucket.try_take(start + milliseconds(100)));
}

TEST(TokenBucket, AfterTheToldTimeThereIsATokenAndNotBefore) {
  std::mt19937 random(1);
  for (const double rate : {0.01, 0.3, 3.0, 7.0, 50.0, 333.0, 1e6}) {
    TokenBucket bucket(rate, 3.7);
    TimePoint now = start;
    for (int i = 0; i < 200; ++i) {
      while (bucket.try_take(now)) {
      }
      const Duration wait = bucket.time_until(now);
      ASSERT_GT(wait, Duration::zero()) << rate;
      ASSERT_FALSE(bucket.try_take(now + wait - Duration(1))) << rate;
      ASSERT_TRUE(bucket.try_take(now + wait)) << rate;
      now += wait + std::chrono::nanoseconds(random() % 1000);
    }
  }
}

TEST(TokenBucket, ZeroIsNoLimit) {
  TokenBucket bucket(0, 1);
  for (int i = 0; i < 10000; ++i) ASSERT_TRUE(bucket.try_take(start));
  EXPECT_EQ(bucket.time_until(start), Duration::zero());
}

TEST(TokenBucket, TellsHowLongAWaiterWaitsByHisPlaceInLine) {
  TokenBucket bucket(10, 2);
  EXPECT_EQ(bucket.time_until(start), Duration::zero());
  (void)bucket.try_take(start);
  (void)bucket.try_take(start);
  EXPECT_EQ(bucket.time_until(start), milliseconds(100));
  EXPECT_EQ(bucket.time_until(start, 4), milliseconds(500));
  EXPECT_EQ(bucket.time_until(start + milliseconds(70)), milliseconds(30));
}

TEST(TokenBucket, CountsWhatIsInIt) {
  TokenBucket bucket(10, 5);
  EXPECT_DOUBLE_EQ(bucket.available(start), 5);
  (void)bucket.try_take(start);
  (void)bucket.try_take(start);
  EXPECT_DOUBLE_EQ(bucket.available(start), 3);
  EXPECT_DOUBLE_EQ(bucket.available(start + seconds(9)), 5);
}

/// The promise itself: over any window of T seconds no more than rate × T + burst.
void expect_bounded(const std::vector<TimePoint>& takes, double rate, double burst) {
  for (std::size_t first = 0; first < takes.size(); ++first) {
    for (std::size_t last = first; last < takes.size(); ++last) {
      const double window = std::chrono::duration<double>(takes[last] - takes[first]).count();
      ASSERT_LE(static_cast<double>(last - first + 1), rate * window + burst + 1e-6);
    }
  }
}

TEST(TokenBucket, RandomSchedulesStayWithinTheBoundInEveryWindow) {
  std::mt19937 random(11);
  for (const double rate : {0.5, 3.0, 50.0, 700.0}) {
    for (const double burst : {1.0, 4.0, 50.0}) {
      TokenBucket bucket(rate, burst);
      std::vector<TimePoint> takes;
      TimePoint now = start;
      while (takes.size() < 300) {
        now += Duration(random() % static_cast<unsigned>(1.5e9 / rate));
        for (unsigned tries = random() % 6; tries > 0; --tries) {
          if (bucket.try_take(now)) takes.push_back(now);
        }
      }
      expect_bounded(takes, rate, burst);
    }
  }
}

TEST(TokenBucket, FourThreadsTogetherTakeNoMoreThanOneWould) {
  TokenBucket bucket(1000, 10);
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int ms = 0; ms < 500; ++ms) {
        for (int i = 0; i < 20; ++i) {
          if (bucket.try_take(start + milliseconds(ms))) ++taken;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  // Threads run through the same half second at their own pace, so late ones find the bucket drawn ahead.
  EXPECT_LE(taken, 10 + 1000 * 499 / 1000 + 1);
  EXPECT_GE(taken, 10);
}

}  // namespace
}  // namespace holysheep
