#include <holysheep/policy/circuit_breaker.hpp>

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using State = CircuitBreaker::State;
using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint now{seconds(1000)};
constexpr BreakerLimits limits{5, seconds(10)};

void fail(CircuitBreaker& breaker, TimePoint when) {
  auto trial = breaker.begin(when);
  ASSERT_TRUE(trial);
  trial->failed(when);
}

void open(CircuitBreaker& breaker) {
  for (int i = 0; i < 5; ++i) fail(breaker, now);
  ASSERT_EQ(breaker.state(), State::open);
}

TEST(CircuitBreaker, OpensAfterSoManyFailuresInARow) {
  CircuitBreaker breaker(limits);
  for (int i = 0; i < 4; ++i) fail(breaker, now);
  EXPECT_EQ(breaker.state(), State::closed);
  fail(breaker, now);
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_EQ(breaker.openings(), 1u);
  EXPECT_FALSE(breaker.begin(now));
}

TEST(CircuitBreaker, ASuccessBetweenStartsTheCountAnew) {
  CircuitBreaker breaker(limits);
  for (int i = 0; i < 4; ++i) fail(breaker, now);
  breaker.begin(now)->succeeded();
  for (int i = 0; i < 4; ++i) fail(breaker, now);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST(CircuitBreaker, AnAttemptWithoutAVerdictCountsForNothing) {
  CircuitBreaker breaker(limits);
  for (int i = 0; i < 4; ++i) fail(breaker, now);
  {
    const auto neutral = breaker.begin(now);
  }
  fail(breaker, now);
  EXPECT_EQ(breaker.state(), State::open);
}

TEST(CircuitBreaker, WhileOpenSaysWhenTheNextProbeIsDue) {
  CircuitBreaker breaker(limits);
  EXPECT_FALSE(breaker.refusal(now));
  open(breaker);
  EXPECT_EQ(breaker.refusal(now + seconds(3)), seconds(7));
  EXPECT_FALSE(breaker.refusal(now + seconds(10)));
}

TEST(CircuitBreaker, HalfOpenLetsOneProbeThrough) {
  CircuitBreaker breaker(limits);
  open(breaker);
  EXPECT_FALSE(breaker.begin(now + milliseconds(9999)));
  auto probe = breaker.begin(now + seconds(10));
  ASSERT_TRUE(probe);
  EXPECT_EQ(breaker.state(), State::half_open);
  EXPECT_FALSE(breaker.begin(now + seconds(11)));
  EXPECT_TRUE(breaker.refusal(now + seconds(11)));
}

TEST(CircuitBreaker, TheProbesSuccessClosesItAndItsFailureOpensItAgain) {
  CircuitBreaker good(limits);
  open(good);
  good.begin(now + seconds(10))->succeeded();
  EXPECT_EQ(good.state(), State::closed);

  CircuitBreaker bad(limits);
  open(bad);
  bad.begin(now + seconds(10))->failed(now + seconds(12));
  EXPECT_EQ(bad.state(), State::open);
  EXPECT_EQ(bad.openings(), 2u);
  EXPECT_EQ(bad.refusal(now + seconds(13)), seconds(9));
}

TEST(CircuitBreaker, AProbeThatWasAbandonedLeavesItsPlaceToTheNext) {
  CircuitBreaker breaker(limits);
  open(breaker);
  {
    const auto probe = breaker.begin(now + seconds(10));
  }
  auto next = breaker.begin(now + seconds(10));
  ASSERT_TRUE(next);
  next->succeeded();
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST(CircuitBreaker, AProbeThatTakesLongerThanTheResetLeavesItsPlaceToAnother) {
  CircuitBreaker breaker(limits);
  open(breaker);
  const TimePoint half_open = now + seconds(10);
  auto slow = breaker.begin(half_open);
  ASSERT_TRUE(slow);
  EXPECT_FALSE(breaker.begin(half_open + seconds(10) - milliseconds(1)));
  EXPECT_EQ(breaker.refusal(half_open + seconds(10)), std::nullopt);
  {
    auto second = breaker.begin(half_open + seconds(10));
    ASSERT_TRUE(second);
    {
      const auto abandoned = std::move(*slow);
    }
    EXPECT_FALSE(breaker.begin(half_open + seconds(11))) << "the second one's place is its own";
    second->succeeded();
  }
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST(CircuitBreaker, OfTwoProbesTheFirstVerdictCounts) {
  CircuitBreaker breaker(limits);
  open(breaker);
  auto slow = breaker.begin(now + seconds(10));
  auto second = breaker.begin(now + seconds(20));
  ASSERT_TRUE(slow && second);
  slow->failed(now + seconds(21));
  EXPECT_EQ(breaker.state(), State::open);
  second->succeeded();
  EXPECT_EQ(breaker.state(), State::open);
}

TEST(CircuitBreaker, VerdictsFromBeforeItOpenedChangeNothing) {
  CircuitBreaker breaker(limits);
  auto early_success = breaker.begin(now);
  auto early_failure = breaker.begin(now);
  open(breaker);
  auto probe = breaker.begin(now + seconds(10));
  early_failure->failed(now + seconds(10));
  EXPECT_EQ(breaker.state(), State::half_open);
  early_success->succeeded();
  EXPECT_EQ(breaker.state(), State::half_open);
  probe->succeeded();
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST(CircuitBreaker, ASuccessFromBeforeItOpenedDoesNotStartTheCountAnew) {
  CircuitBreaker breaker(limits);
  auto early = breaker.begin(now);
  open(breaker);
  breaker.begin(now + seconds(10))->succeeded();
  for (int i = 0; i < 4; ++i) fail(breaker, now + seconds(11));
  early->succeeded();
  fail(breaker, now + seconds(11));
  EXPECT_EQ(breaker.state(), State::open);
}

TEST(CircuitBreaker, ThresholdZeroTurnsItOff) {
  CircuitBreaker breaker({0, seconds(10)});
  for (int i = 0; i < 100; ++i) fail(breaker, now);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST(CircuitBreaker, ThreadsGetOneProbeAmongThem) {
  CircuitBreaker breaker(limits);
  open(breaker);
  std::atomic<int> probes{0};
  std::atomic<bool> go{false};
  std::vector<std::optional<Trial>> held(4);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      while (!go) std::this_thread::yield();
      if (auto trial = breaker.begin(now + seconds(10))) {
        ++probes;
        held[t].emplace(std::move(*trial));
      }
    });
  }
  go = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(probes, 1);
}

TEST(BreakerSet, EachModelHasItsOwnAndTheyDoNotMove) {
  BreakerSet set(limits);
  CircuitBreaker& gpt = set.model("gpt-4.1");
  open(gpt);
  EXPECT_EQ(set.model("claude-sonnet-4.5").state(), State::closed);
  EXPECT_EQ(set.upstream().state(), State::closed);
  for (int i = 0; i < 300; ++i) (void)set.model("m" + std::to_string(i));
  EXPECT_EQ(&set.model("gpt-4.1"), &gpt);
}

TEST(BreakerSet, PastTwoHundredModelsAllOthersShareOne) {
  BreakerSet set(limits);
  for (int i = 0; i < 200; ++i) (void)set.model("m" + std::to_string(i));
  EXPECT_EQ(&set.model("late-1"), &set.model("late-2"));
  EXPECT_NE(&set.model("late-1"), &set.model("m1"));
}

TEST(BreakerSet, KeepsNoNameLongerThanAModelsMayBe) {
  BreakerSet set(limits);
  EXPECT_NE(&set.model(std::string(128, 'a')), &set.model(std::string(128, 'b')));
  EXPECT_EQ(&set.model(std::string(129, 'a')), &set.model(std::string(129, 'b')));
}

TEST(BreakerSet, NamesTheModelsInTroubleAndCountsAllOpenings) {
  BreakerSet set(limits);
  EXPECT_TRUE(set.troubled().empty());
  EXPECT_EQ(set.openings(), 0u);
  (void)set.model("fine");
  open(set.model("sick"));
  open(set.upstream());
  ASSERT_EQ(set.troubled().size(), 1u);
  EXPECT_EQ(set.troubled()[0].name, "sick");
  EXPECT_EQ(set.troubled()[0].state, State::open);
  EXPECT_EQ(set.openings(), 2u);
  set.model("sick").begin(now + seconds(10))->succeeded();
  EXPECT_TRUE(set.troubled().empty());
  EXPECT_EQ(set.openings(), 2u);
}

TEST(BreakerSet, ModelsThatShareABreakerAreInTroubleTogether) {
  BreakerSet set(limits);
  for (int i = 0; i < 200; ++i) (void)set.model("m" + std::to_string(i));
  open(set.model("late"));
  ASSERT_EQ(set.troubled().size(), 1u);
  EXPECT_EQ(set.troubled()[0].name, "other");
  EXPECT_EQ(set.openings(), 1u);
}

TEST(ModelBreakers, FindTheSameBreakersAsTheSet) {
  BreakerSet set(limits);
  ModelBreakers mine(set);
  ModelBreakers theirs(set);
  EXPECT_EQ(&mine.of("gpt-4.1"), &theirs.of("gpt-4.1"));
  EXPECT_EQ(&mine.of("gpt-4.1"), &set.model("gpt-4.1"));
  EXPECT_EQ(&mine.of(""), &set.model(""));
}

}  // namespace
}  // namespace holysheep
