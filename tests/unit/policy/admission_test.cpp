#include <holysheep/policy/admission.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint start{seconds(1000)};

constexpr AdmissionLimits limits{
    .rate_per_second = 10, .burst = 2, .places = 100, .queue_size = 3, .backpressure = true};

AdmissionRequest ask(TimePoint now, std::string_view model = "m", Duration patience = seconds(60)) {
  return {model, now, now + patience};
}

/// What one admission gave, whatever way it took.
struct Outcome {
  std::optional<Permit> permit;
  std::optional<Place> place;
  std::optional<Refusal> refusal;
  std::shared_ptr<int> granted = std::make_shared<int>(0);
};

Outcome come(Admission& gate, const AdmissionRequest& request) {
  Outcome outcome;
  if (auto permit = gate.try_admit(request)) {
    outcome.permit.emplace(std::move(*permit));
    return outcome;
  }
  auto verdict = gate.admit(request, [granted = outcome.granted] { ++*granted; });
  if (auto* permit = std::get_if<Permit>(&verdict)) outcome.permit.emplace(std::move(*permit));
  if (auto* place = std::get_if<Place>(&verdict)) outcome.place.emplace(std::move(*place));
  if (auto* refusal = std::get_if<Refusal>(&verdict)) outcome.refusal = *refusal;
  return outcome;
}

class AdmissionTest : public ::testing::Test {
 protected:
  UpstreamPauses pauses{seconds(60)};
};

TEST_F(AdmissionTest, LetsInAtOnceWhileThereAreTokensThenWaitersInTheirOrder) {
  Admission gate(limits, pauses);
  auto a = come(gate, ask(start));
  auto b = come(gate, ask(start));
  EXPECT_TRUE(a.permit && b.permit);
  auto c = come(gate, ask(start));
  auto d = come(gate, ask(start));
  ASSERT_TRUE(c.place && d.place);
  EXPECT_EQ(gate.waiting(), 2u);
  EXPECT_EQ(gate.pump(start + milliseconds(99)), start + milliseconds(100));
  EXPECT_EQ(*c.granted, 0);
  EXPECT_EQ(gate.pump(start + milliseconds(100)), start + milliseconds(200));
  EXPECT_EQ(*c.granted, 1);
  EXPECT_EQ(*d.granted, 0);
  EXPECT_TRUE(c.place->take());
  EXPECT_FALSE(c.place->take()) << "a permit is given once";
  EXPECT_FALSE(d.place->take());
  EXPECT_EQ(gate.pump(start + milliseconds(200)), never);
  EXPECT_TRUE(d.place->take());
}

TEST_F(AdmissionTest, NobodyOvertakesThoseWhoWait) {
  Admission gate(limits, pauses);
  auto a = come(gate, ask(start));
  auto b = come(gate, ask(start));
  auto waiting = come(gate, ask(start));
  ASSERT_TRUE(waiting.place);
  // A token has come, but it is the waiter's: the newcomer's arrival serves the waiter first.
  auto late = come(gate, ask(start + milliseconds(100)));
  EXPECT_TRUE(late.place);
  EXPECT_EQ(*waiting.granted, 1);
}

TEST_F(AdmissionTest, AFullRoomRefusesAndSaysForHowLong) {
  Admission gate(limits, pauses);
  std::vector<Outcome> in;
  for (int i = 0; i < 5; ++i) in.push_back(come(gate, ask(start)));
  auto refused = come(gate, ask(start));
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->fault, Fault::queue_full);
  EXPECT_EQ(refused.refusal->wait, milliseconds(400));
}

TEST_F(AdmissionTest, AWaitThatOutlastsTheDeadlineIsRefusedAtOnce) {
  Admission gate(limits, pauses);
  std::vector<Outcome> in;
  for (int i = 0; i < 3; ++i) in.push_back(come(gate, ask(start)));
  auto doomed = come(gate, ask(start, "m", milliseconds(200)));
  ASSERT_TRUE(doomed.refusal);
  EXPECT_EQ(doomed.refusal->fault, Fault::queue_timeout);
  EXPECT_EQ(doomed.refusal->wait, milliseconds(200));
  EXPECT_TRUE(come(gate, ask(start, "m", milliseconds(201))).place);
}

TEST_F(AdmissionTest, WithoutBackpressureItIs429AtOnce) {
  auto hard = limits;
  hard.backpressure = false;
  Admission gate(hard, pauses);
  auto a = come(gate, ask(start));
  auto b = come(gate, ask(start));
  auto refused = come(gate, ask(start));
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->fault, Fault::rate_limited);
  EXPECT_EQ(refused.refusal->wait, milliseconds(100));
}

TEST_F(AdmissionTest, AWaiterThatLeavesGivesItsPlaceUp) {
  Admission gate(limits, pauses);
  auto a = come(gate, ask(start));
  auto b = come(gate, ask(start));
  auto leaving = come(gate, ask(start));
  auto next = come(gate, ask(start));
  leaving.place.reset();
  EXPECT_EQ(gate.waiting(), 1u);
  gate.pump(start + milliseconds(100));
  EXPECT_EQ(*next.granted, 1);
  EXPECT_EQ(*leaving.granted, 0);
}

TEST_F(AdmissionTest, APermitGrantedToSomebodyWhoLeftGoesBack) {
  Admission gate(limits, pauses);
  auto a = come(gate, ask(start));
  auto b = come(gate, ask(start));
  auto leaving = come(gate, ask(start));
  gate.pump(start + milliseconds(100));
  ASSERT_EQ(*leaving.granted, 1);
  EXPECT_EQ(gate.in_flight(), 3);
  leaving.place.reset();
  EXPECT_EQ(gate.in_flight(), 2);
}

TEST_F(AdmissionTest, PlacesUpstreamAreBoundedAndAReleaseWakesTheDriver) {
  AdmissionLimits few{.rate_per_second = 0, .burst = 1, .places = 1, .queue_size = 10, .backpressure = true};
  Admission gate(few, pauses);
  std::vector<TimePoint> wakes;
  gate.on_wake([&](TimePoint when) { wakes.push_back(when); });
  auto first = come(gate, ask(start));
  auto second = come(gate, ask(start));
  ASSERT_TRUE(first.permit);
  ASSERT_TRUE(second.place);
  EXPECT_EQ(gate.pump(start + seconds(5)), never) << "only a release can help";
  EXPECT_TRUE(wakes.empty());
  first.permit.reset();
  ASSERT_EQ(wakes.size(), 1u);
  EXPECT_EQ(wakes[0], TimePoint::min());
  gate.pump(start + seconds(6));
  EXPECT_EQ(*second.granted, 1);
}

TEST_F(AdmissionTest, TellsTheDriverWhenTheNextTurnIsDue) {
  Admission gate(limits, pauses);
  std::vector<TimePoint> wakes;
  gate.on_wake([&](TimePoint when) { wakes.push_back(when); });
  auto a = come(gate, ask(start));
  auto b = come(gate, ask(start));
  EXPECT_TRUE(wakes.empty());
  auto c = come(gate, ask(start));
  ASSERT_EQ(wakes.size(), 1u);
  EXPECT_EQ(wakes[0], start + milliseconds(100));
}

TEST_F(AdmissionTest, APausedModelWaitsAndOthersGoPastIt) {
  auto fast = limits;
  fast.rate_per_second = 1000;
  fast.burst = 1000;
  Admission gate(fast, pauses);
  pauses.pause("sick", start + seconds(2), start);
  auto sick = come(gate, ask(start, "sick"));
  ASSERT_TRUE(sick.place);
  auto well = come(gate, ask(start, "well"));
  EXPECT_TRUE(well.permit);
  EXPECT_EQ(gate.pump(start + seconds(1)), start + seconds(2));
  EXPECT_EQ(*sick.granted, 0);
  gate.pump(start + seconds(2));
  EXPECT_EQ(*sick.granted, 1);
}

TEST_F(AdmissionTest, APauseThatOutlastsTheDeadlineRefusesAtOnce) {
  Admission gate(limits, pauses);
  pauses.pause("sick", start + seconds(30), start);
  auto doomed = come(gate, ask(start, "sick", seconds(10)));
  ASSERT_TRUE(doomed.refusal);
  EXPECT_EQ(doomed.refusal->fault, Fault::queue_timeout);
  EXPECT_EQ(doomed.refusal->wait, seconds(30));
}

TEST_F(AdmissionTest, OthersGoPastARoomThatIsFullOfAPausedModel) {
  Admission gate(limits, pauses);
  pauses.pause("sick", start + seconds(30), start);
  std::vector<Outcome> sick;
  for (int i = 0; i < 3; ++i) sick.push_back(come(gate, ask(start, "sick")));
  ASSERT_EQ(gate.waiting(), 3u);
  EXPECT_TRUE(come(gate, ask(start, "well")).permit);
  const auto fourth = come(gate, ask(start, "sick"));
  ASSERT_TRUE(fourth.refusal);
  EXPECT_EQ(fourth.refusal->fault, Fault::queue_full);
  EXPECT_EQ(gate.waiting(), 3u);
}

TEST_F(AdmissionTest, ThoseOfAPausedModelDoNotLengthenTheWaitOfOthers) {
  auto roomy = limits;
  roomy.queue_size = 100;
  Admission gate(roomy, pauses);
  pauses.pause("sick", start + seconds(3), start);
  std::vector<Outcome> sick;
  for (int i = 0; i < 50; ++i) sick.push_back(come(gate, ask(start, "sick")));
  const auto first = come(gate, ask(start, "well"));
  const auto second = come(gate, ask(start, "well"));
  ASSERT_TRUE(first.permit && second.permit);
  const auto doomed = come(gate, ask(start, "well", milliseconds(100)));
  ASSERT_TRUE(doomed.refusal);
  EXPECT_EQ(doomed.refusal->wait, milliseconds(100));
  const auto third = come(gate, ask(start, "well", milliseconds(101)));
  EXPECT_TRUE(third.place);
  // 50 of its own and one other are before it, and no token is there.
  const auto last = come(gate, ask(start, "sick", seconds(5)));
  ASSERT_TRUE(last.refusal);
  EXPECT_EQ(last.refusal->wait, milliseconds(5200));
}

TEST_F(AdmissionTest, ARefusedNewcomerStillServesThoseWhoseTurnHasCome) {
  Admission gate(limits, pauses);
  const auto a = come(gate, ask(start));
  const auto b = come(gate, ask(start));
  std::vector<Outcome> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(come(gate, ask(start)));
  const auto late = come(gate, ask(start + milliseconds(100), "m", milliseconds(50)));
  ASSERT_TRUE(late.refusal);
  EXPECT_EQ(late.refusal->fault, Fault::queue_timeout);
  EXPECT_EQ(*waiting[0].granted, 1);
  EXPECT_EQ(*waiting[1].granted, 0);
  EXPECT_EQ(gate.waiting(), 2u);
}

TEST(UpstreamPauses, ExtendNeverShortenAndAreCapped) {
  UpstreamPauses pauses(seconds(60));
  EXPECT_FALSE(pauses.any(start));
  pauses.pause("m", start + seconds(10), start);
  pauses.pause("m", start + seconds(5), start);
  EXPECT_EQ(pauses.paused_until("m", start), start + seconds(10));
  pauses.pause("m", start + seconds(1000), start);
  EXPECT_EQ(pauses.paused_until("m", start), start + seconds(60));
  EXPECT_LE(pauses.paused_until("other", start), start);
  EXPECT_FALSE(pauses.any(start + seconds(60)));
}

TEST(UpstreamPauses, RequestsThatNameNoModelShareOne) {
  UpstreamPauses pauses(seconds(60));
  pauses.pause("", start + seconds(10), start);
  EXPECT_EQ(pauses.paused_until("", start), start + seconds(10));
  EXPECT_LE(pauses.paused_until("m", start), start);
}

TEST(UpstreamPauses, PastTwoHundredModelsTheRestShareOne) {
  UpstreamPauses pauses(seconds(60));
  for (int i = 0; i < 250; ++i) pauses.pause("m" + std::to_string(i), start + seconds(10), start);
  EXPECT_EQ(pauses.paused_until("m249", start), start + seconds(10));
  EXPECT_EQ(pauses.paused_until("m1", start), start + seconds(10));
}

TEST(UpstreamPauses, AModelThatGetsAPauseOfItsOwnKeepsTheOneItShared) {
  UpstreamPauses pauses(seconds(60));
  for (int i = 0; i < 200; ++i) pauses.pause("m" + std::to_string(i), start + seconds(1), start);
  pauses.pause("late", start + seconds(50), start);
  pauses.pause("late", start + seconds(10), start + seconds(2));
  EXPECT_EQ(pauses.paused_until("late", start + seconds(2)), start + seconds(50));
}

/// Random comings, goings, releases and time against a model that is too simple to be wrong.
TEST_F(AdmissionTest, RandomScriptsKeepOrderBoundsAndEveryPermit) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    AdmissionLimits some{
        .rate_per_second = 20, .burst = 3, .places = 4, .queue_size = 6, .backpressure = true};
    Admission gate(some, pauses);
    struct Client {
      Outcome outcome;
      bool in = false;
    };
    std::deque<std::unique_ptr<Client>> clients;
    std::vector<TimePoint> starts;
    TimePoint now = start;
    for (int step = 0; step < 2000; ++step) {
      now += milliseconds(random() % 20);
      switch (random() % 4) {
        case 0: {
          clients.push_back(std::make_unique<Client>(Client{come(gate, ask(now))}));
          auto& last = *clients.back();
          last.in = last.outcome.permit.has_value();
          if (last.in) starts.push_back(now);
          if (last.outcome.refusal) clients.pop_back();
          break;
        }
        case 1:
          if (!clients.empty())
            clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(random() % clients.size()));
          break;
        default:
          gate.pump(now);
      }
      bool someone_waits = false;
      for (auto& client : clients) {
        if (client->in || !client->outcome.place) continue;
        if (auto permit = client->outcome.place->take()) {
          EXPECT_FALSE(someone_waits) << "a later one was let in before an earlier one";
          client->outcome.permit.emplace(std::move(*permit));
          client->in = true;
          starts.push_back(now);
        } else {
          someone_waits = true;
        }
      }
      std::int64_t in = 0;
      for (const auto& client : clients) in += client->in ? 1 : 0;
      ASSERT_EQ(gate.in_flight(), in);
      ASSERT_LE(in, some.places);
      ASSERT_LE(gate.waiting(), some.queue_size);
    }
    for (std::size_t first = 0; first < starts.size(); ++first) {
      for (std::size_t last = first; last < starts.size(); ++last) {
        const double window = std::chrono::duration<double>(starts[last] - starts[first]).count();
        ASSERT_LE(static_cast<double>(last - first + 1), 20 * window + 3 + 1e-6);
      }
    }
    clients.clear();
    EXPECT_EQ(gate.in_flight(), 0);
    EXPECT_EQ(gate.waiting(), 0u);
  }
}

/// Four event loops and a driver: nobody who waits is forgotten, and no permit is lost.
TEST_F(AdmissionTest, ThreadsLoseNoWakeUpAndNoPermit) {
  AdmissionLimits tight{
      .rate_per_second = 0, .burst = 1, .places = 2, .queue_size = 1000, .backpressure = true};
  Admission gate(tight, pauses);
  std::mutex mutex;
  std::condition_variable changed;
  bool pump = false;
  bool stop = false;
  gate.on_wake([&](TimePoint) {
    const std::scoped_lock lock(mutex);
    pump = true;
    changed.notify_all();
  });
  std::thread driver([&] {
    std::unique_lock lock(mutex);
    while (!stop) {
      changed.wait(lock, [&] { return pump || stop; });
      pump = false;
      lock.unlock();
      gate.pump(Clock::now());
      lock.lock();
    }
  });
  std::atomic<int> served{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        const AdmissionRequest request = ask(Clock::now());
        if (auto permit = gate.try_admit(request)) {
          ++served;
          continue;
        }
        std::mutex mine;
        std::condition_variable told;
        bool granted = false;
        auto verdict = gate.admit(request, [&] {
          const std::scoped_lock lock(mine);
          granted = true;
          told.notify_one();
        });
        if (std::holds_alternative<Permit>(verdict)) {
          ++served;
          continue;
        }
        auto& place = std::get<Place>(verdict);
        std::unique_lock lock(mine);
        ASSERT_TRUE(told.wait_for(lock, std::chrono::seconds(30), [&] { return granted; })) << "forgotten";
        const auto permit = place.take();
        ASSERT_TRUE(permit);
        ++served;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  {
    const std::scoped_lock lock(mutex);
    stop = true;
    changed.notify_all();
  }
  driver.join();
  EXPECT_EQ(served, 8000);
  EXPECT_EQ(gate.in_flight(), 0);
  EXPECT_EQ(gate.waiting(), 0u);
}

/// A small room, so that many are refused: their coming and going takes nobody's turn away.
TEST_F(AdmissionTest, RefusalsOnOtherThreadsMakeNobodyForgotten) {
  AdmissionLimits tight{.rate_per_second = 0, .burst = 1, .places = 1, .queue_size = 1, .backpressure = true};
  Admission gate(tight, pauses);
  gate.on_wake([&](TimePoint) { gate.pump(start); });
  std::atomic<int> served{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3000; ++i) {
        auto permit = gate.try_admit(ask(start));
        if (permit) {
          ++served;
          continue;
        }
        const auto granted = std::make_shared<std::promise<void>>();
        auto told = granted->get_future();
        auto verdict = gate.admit(ask(start), [granted] { granted->set_value(); });
        if (std::holds_alternative<Refusal>(verdict)) {
          ++refused;
          continue;
        }
        ++served;
        auto* place = std::get_if<Place>(&verdict);
        if (!place) continue;
        ASSERT_EQ(told.wait_for(seconds(30)), std::future_status::ready) << "forgotten";
        ASSERT_TRUE(place->take());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(served + refused, 12'000);
  EXPECT_EQ(gate.in_flight(), 0);
  EXPECT_EQ(gate.waiting(), 0u);
}

}  // namespace
}  // namespace holysheep
