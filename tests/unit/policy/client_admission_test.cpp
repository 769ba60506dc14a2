#include <holysheep/policy/admission.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint opening{seconds(1000)};

constexpr AdmissionLimits one_at_a_time{
    .rate_per_second = 10, .burst = 1, .places = 100, .queue_size = 4, .backpressure = true};
constexpr AdmissionLimits wide_open{
    .rate_per_second = 0, .burst = 1, .places = 100, .queue_size = 100, .backpressure = true};

/// What one admission of a client gave.
struct Visit {
  std::optional<Permit> permit;
  std::optional<Place> place;
  std::optional<Refusal> refusal;
  std::shared_ptr<int> decided = std::make_shared<int>(0);

  bool let_in() {
    if (!permit && place) permit = place->take();
    return permit.has_value();
  }
};

Visit visit(Admission& gate, const AdmissionRequest& request) {
  Visit visit;
  visit.permit = gate.try_admit(request);
  if (visit.permit) return visit;
  auto verdict = gate.admit(request, [decided = visit.decided] { ++*decided; });
  if (auto* permit = std::get_if<Permit>(&verdict)) visit.permit.emplace(std::move(*permit));
  if (auto* place = std::get_if<Place>(&verdict)) visit.place.emplace(std::move(*place));
  if (auto* refusal = std::get_if<Refusal>(&verdict)) visit.refusal = *refusal;
  return visit;
}

class ClientAdmission : public ::testing::Test {
 protected:
  static AdmissionRequest of(ClientShare& client, TimePoint now, Duration patience = seconds(60)) {
    return {.model = "m", .now = now, .deadline = now + patience, .client = &client};
  }
  static AdmissionRequest retry_of(ClientShare& client, TimePoint now) {
    AdmissionRequest request = of(client, now);
    request.first = false;
    return request;
  }

  UpstreamPauses pauses{seconds(60)};
  ClientShare a{"a", {}};
  ClientShare b{"b", {}};
  ClientShare c{"c", {}};
};

TEST_F(ClientAdmission, OverItsOwnRateItWaitsForItsOwnToken) {
  ClientShare slow("slow", {.rate_per_second = 2});
  Admission gate(wide_open, pauses);
  EXPECT_TRUE(visit(gate, of(slow, opening)).permit);
  EXPECT_TRUE(visit(gate, of(slow, opening)).permit);
  auto third = visit(gate, of(slow, opening));
  ASSERT_TRUE(third.place);
  EXPECT_TRUE(visit(gate, of(a, opening)).permit) << "that is nobody else's wait";
  EXPECT_EQ(gate.pump(opening + milliseconds(1)), opening + milliseconds(500));
  EXPECT_FALSE(third.let_in());
  EXPECT_EQ(gate.pump(opening + milliseconds(500)), never);
  EXPECT_EQ(*third.decided, 1);
  EXPECT_TRUE(third.let_in());
}

TEST_F(ClientAdmission, WithoutBackpressureItIsRefusedForAsLongAsItsOwnTokenTakes) {
  auto hard = wide_open;
  hard.backpressure = false;
  ClientShare slow("slow", {.rate_per_second = 0.5});
  Admission gate(hard, pauses);
  EXPECT_TRUE(visit(gate, of(slow, opening)).permit);
  const auto second = visit(gate, of(slow, opening));
  ASSERT_TRUE(second.refusal);
  EXPECT_EQ(second.refusal->fault, Fault::rate_limited);
  EXPECT_EQ(second.refusal->wait, seconds(2));
}

TEST_F(ClientAdmission, AWaitForItsOwnTokensThatOutlastsTheDeadlineIsRefusedAtOnce) {
  ClientShare slow("slow", {.rate_per_second = 1});
  Admission gate(wide_open, pauses);
  const auto first = visit(gate, of(slow, opening));
  const auto second = visit(gate, of(slow, opening, seconds(10)));
  EXPECT_TRUE(second.place);
  const auto third = visit(gate, of(slow, opening, seconds(2)));
  ASSERT_TRUE(third.refusal);
  EXPECT_EQ(third.refusal->fault, Fault::queue_timeout);
  EXPECT_EQ(third.refusal->wait, seconds(2));
}

TEST_F(ClientAdmission, RetriesTakeNothingOfItsRateAndGoPastThoseWhoWaitForIt) {
  ClientShare slow("slow", {.rate_per_second = 1});
  Admission gate(wide_open, pauses);
  const auto first = visit(gate, of(slow, opening));
  auto second = visit(gate, of(slow, opening));
  ASSERT_TRUE(second.place);
  EXPECT_TRUE(visit(gate, retry_of(slow, opening)).permit);
  gate.pump(opening + seconds(1));
  EXPECT_TRUE(second.let_in());
}

TEST_F(ClientAdmission, APlaceItGivesBackWakesItsWaiters) {
  ClientShare narrow("narrow", {.max_in_flight = 1});
  Admission gate(wide_open, pauses);
  int wakes = 0;
  gate.on_wake([&](TimePoint) { ++wakes; });
  auto first = visit(gate, of(narrow, opening));
  auto second = visit(gate, of(narrow, opening));
  ASSERT_TRUE(second.place);
  EXPECT_EQ(gate.pump(opening + seconds(1)), never) << "only a release can help";
  EXPECT_TRUE(visit(gate, of(a, opening)).permit);
  const int before = wakes;
  first.permit.reset();
  EXPECT_EQ(wakes, before + 1);
  EXPECT_EQ(narrow.in_flight, 0);
  gate.pump(opening + seconds(1));
  EXPECT_TRUE(second.let_in());
  EXPECT_EQ(narrow.in_flight, 1);
}

TEST_F(ClientAdmission, WhoWaitsForItsOwnLimitsKeepsNobodyElseFromTheShortWay) {
  ClientShare narrow("narrow", {.max_in_flight = 1});
  Admission gate(wide_open, pauses);
  int wakes = 0;
  gate.on_wake([&](TimePoint) { ++wakes; });
  auto first = visit(gate, of(narrow, opening));
  auto second = visit(gate, of(narrow, opening));
  ASSERT_TRUE(second.place);
  EXPECT_TRUE(gate.try_admit(of(a, opening)));
  EXPECT_EQ(wakes, 0) << "what it gave back is nothing that anybody lacks";
  first.permit.reset();
  EXPECT_EQ(wakes, 1);
  EXPECT_FALSE(gate.try_admit(of(narrow, opening))) << "it would overtake its own";
  gate.pump(opening);
  EXPECT_TRUE(second.let_in());
}

TEST_F(ClientAdmission, WhoWaitsForThePodIsOvertakenByNobody) {
  auto single = wide_open;
  single.places = 1;
  ClientShare slow("slow", {.rate_per_second = 1});
  Admission gate(single, pauses);
  int wakes = 0;
  gate.on_wake([&](TimePoint) { ++wakes; });
  visit(gate, of(slow, opening));
  auto waits = visit(gate, of(slow, opening));
  ASSERT_TRUE(waits.place);
  auto holder = gate.try_admit(of(a, opening));
  ASSERT_TRUE(holder) << "that one waits for its own token";
  EXPECT_EQ(gate.pump(opening + seconds(1)), never);
  wakes = 0;
  holder.reset();
  EXPECT_EQ(wakes, 1) << "now it waits for the place";
  EXPECT_FALSE(gate.try_admit(of(b, opening + seconds(1))));
  gate.pump(opening + seconds(1));
  EXPECT_TRUE(waits.let_in());
}

TEST_F(ClientAdmission, ATurnThatThePodHasNoTokenForCostsTheClientNothing) {
  ClientShare slow("slow", {.rate_per_second = 1});
  Admission gate(one_at_a_time, pauses);
  const auto other = visit(gate, of(a, opening));
  auto waits = visit(gate, of(slow, opening));
  ASSERT_TRUE(waits.place);
  EXPECT_EQ(slow.bucket.available(opening), 1);
  EXPECT_EQ(slow.in_flight, 0);
  gate.pump(opening + milliseconds(100));
  EXPECT_TRUE(waits.let_in());
}

TEST_F(ClientAdmission, WaitersOfDifferentClientsAreServedInTurn) {
  Admission gate(one_at_a_time, pauses);
  const auto before = visit(gate, of(c, opening));
  std::vector<Visit> line;
  for (ClientShare* client : {&a, &a, &a, &b}) line.push_back(visit(gate, of(*client, opening)));
  std::string order;
  for (int turn = 1; turn <= 4; ++turn) {
    gate.pump(opening + turn * milliseconds(100));
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (!line[i].permit && line[i].let_in()) order += std::to_string(i);
    }
  }
  EXPECT_EQ(order, "0312");
}

TEST_F(ClientAdmission, WhoComesBackGoesFirstButNotForEver) {
  auto roomy = one_at_a_time;
  roomy.queue_size = 1000;
  roomy.places = 1000;
  Admission gate(roomy, pauses);
  const auto before = visit(gate, of(c, opening));
  std::vector<Visit> always;
  for (int i = 0; i < 400; ++i) always.push_back(visit(gate, of(a, opening)));
  int turn = 0;
  for (; turn < 100; ++turn) gate.pump(opening + (turn + 1) * milliseconds(100));
  const auto served = [](std::vector<Visit>& line) {
    return std::ranges::count_if(line, [](Visit& one) { return one.let_in(); });
  };
  ASSERT_EQ(served(always), 100);
  std::vector<Visit> back;
  for (int i = 0; i < 200; ++i) back.push_back(visit(gate, of(b, opening + turn * milliseconds(100))));
  for (; turn < 100 + static_cast<int>(WaitingRoom::memory); ++turn)
    gate.pump(opening + (turn + 1) * milliseconds(100));
  EXPECT_EQ(served(back), static_cast<int>(WaitingRoom::memory));
  for (; turn < 200 + static_cast<int>(WaitingRoom::memory); ++turn)
    gate.pump(opening + (turn + 1) * milliseconds(100));
  EXPECT_NEAR(static_cast<double>(served(always)), 150, 1) << "then in turn";
}

TEST_F(ClientAdmission, AFullRoomPutsOutTheNewestOfWhoHasMostForSomebodyWithFewer) {
  Admission gate(one_at_a_time, pauses);
  const auto before = visit(gate, of(c, opening));
  std::vector<Visit> flood;
  for (int i = 0; i < 4; ++i) flood.push_back(visit(gate, of(a, opening)));
  const auto fifth = visit(gate, of(a, opening));
  ASSERT_TRUE(fifth.refusal);
  EXPECT_EQ(fifth.refusal->fault, Fault::queue_full);
  auto newcomer = visit(gate, of(b, opening));
  ASSERT_TRUE(newcomer.place);
  EXPECT_EQ(gate.waiting(), 4u);
  EXPECT_EQ(*flood[3].decided, 1);
  EXPECT_FALSE(flood[3].let_in());
  const auto refusal = flood[3].place->refused();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->fault, Fault::queue_full);
  EXPECT_EQ(refusal->wait, milliseconds(500)) << "three of its own and the newcomer are before it";
  EXPECT_FALSE(flood[2].place->refused());
  flood[3].place.reset();
  EXPECT_EQ(gate.waiting(), 4u);
}

TEST_F(ClientAdmission, AFullRoomOfEqualsRefusesTheNewcomer) {
  auto small = one_at_a_time;
  small.queue_size = 2;
  Admission gate(small, pauses);
  ClientShare late("late", {});
  const auto before = visit(gate, of(c, opening));
  const auto first = visit(gate, of(a, opening));
  const auto second = visit(gate, of(b, opening));
  const auto third = visit(gate, of(late, opening));
  ASSERT_TRUE(third.refusal);
  EXPECT_EQ(third.refusal->fault, Fault::queue_full);
  EXPECT_EQ(*first.decided + *second.decided, 0);
}

TEST_F(ClientAdmission, TheEstimateCountsTheTurnsOfAClientAndNotTheWholeQueue) {
  auto roomy = one_at_a_time;
  roomy.queue_size = 100;
  Admission gate(roomy, pauses);
  const auto before = visit(gate, of(c, opening));
  std::vector<Visit> flood;
  for (int i = 0; i < 50; ++i) flood.push_back(visit(gate, of(a, opening)));
  EXPECT_EQ(gate.estimated_wait(of(a, opening)), milliseconds(5100));
  EXPECT_EQ(gate.estimated_wait(of(b, opening)), milliseconds(200)) << "one turn of the other's is before it";
  const auto first = visit(gate, of(b, opening, milliseconds(201)));
  EXPECT_TRUE(first.place);
  const auto second = visit(gate, of(b, opening, milliseconds(400)));
  ASSERT_TRUE(second.refusal);
  EXPECT_EQ(second.refusal->wait, milliseconds(400));
  EXPECT_EQ(gate.waiting(), 51u);
}

TEST_F(ClientAdmission, WhoCannotGoBeforeTheDeadlineLengthensNobodysEstimate) {
  auto roomy = one_at_a_time;
  roomy.queue_size = 100;
  ClientShare slow("slow", {.rate_per_second = 1});
  Admission gate(roomy, pauses);
  std::vector<Visit> waiting;
  for (int i = 0; i < 30; ++i) waiting.push_back(visit(gate, of(slow, opening)));
  std::vector<Visit> others;
  // Two seconds are time for two of those, and for three of its own before it.
  for (int i = 0; i < 3; ++i) others.push_back(visit(gate, of(a, opening)));
  EXPECT_EQ(gate.estimated_wait(of(a, opening, seconds(2))), milliseconds(600));
}

/// Everything at random, against the promises that need no order to be told.
TEST_F(ClientAdmission, RandomScriptsKeepEveryLimitAndLeaveNobodyWaitingWhoCouldGo) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    const AdmissionLimits tight{
        .rate_per_second = 40, .burst = 3, .places = 6, .queue_size = 8, .backpressure = true};
    UpstreamPauses some_paused{seconds(60)};
    Admission gate(tight, some_paused);
    std::deque<ClientShare> shares;
    shares.emplace_back("rated", ClientLimits{.rate_per_second = 5});
    shares.emplace_back("narrow", ClientLimits{.max_in_flight = 2});
    shares.emplace_back("both", ClientLimits{.rate_per_second = 8, .max_in_flight = 1});
    shares.emplace_back("free", ClientLimits{});
    struct Guest {
      AdmissionRequest request;
      Visit visit;
      bool in = false;
    };
    std::deque<std::unique_ptr<Guest>> guests;
    std::vector<TimePoint> starts;
    std::vector<std::vector<TimePoint>> firsts(shares.size());
    TimePoint now = opening;
    TimePoint next = never;
    gate.on_wake([&](TimePoint when) { next = std::min(next, when); });
    const auto note = [&](Guest& guest) {
      guest.in = true;
      starts.push_back(now);
      for (std::size_t i = 0; i < shares.size(); ++i) {
        if (guest.request.client == &shares[i] && guest.request.first) firsts[i].push_back(now);
      }
    };
    const auto settle = [&] {
      for (auto at = guests.begin(); at != guests.end();) {
        Guest& guest = **at;
        if (!guest.in && guest.visit.let_in()) note(guest);
        const bool refused = !guest.in && guest.visit.place->refused();
        at = refused ? guests.erase(at) : at + 1;
      }
    };
    for (int step = 0; step < 2000; ++step) {
      const TimePoint then = now + milliseconds(random() % 20);
      while (next <= then) {  // the driver
        now = std::max(now, std::exchange(next, never));
        next = std::min(next, gate.pump(now));
        settle();
      }
      now = then;
      const auto dice = random() % 8;
      if (dice < 4) {
        AdmissionRequest request{.model = random() % 2 ? "x" : "y", .now = now, .deadline = now + seconds(2)};
        const auto who = random() % (shares.size() + 1);
        request.client = who < shares.size() ? &shares[who] : nullptr;
        request.first = random() % 4 != 0;
        auto guest = std::make_unique<Guest>(Guest{.request = request, .visit = visit(gate, request)});
        if (guest->visit.permit) note(*guest);
        if (!guest->visit.refusal) guests.push_back(std::move(guest));
      } else if (dice < 7) {
        if (!guests.empty())
          guests.erase(guests.begin() + static_cast<std::ptrdiff_t>(random() % guests.size()));
      } else if (random() % 8 == 0) {
        some_paused.pause("x", now + milliseconds(random() % 300), now);
      }
      while (next <= now) {
        next = never;
        next = std::min(next, gate.pump(now));
        settle();
      }
      settle();

      ASSERT_LE(gate.waiting(), tight.queue_size);
      std::int64_t in = 0;
      for (const auto& guest : guests) in += guest->in ? 1 : 0;
      ASSERT_EQ(gate.in_flight(), in);
      ASSERT_LE(in, tight.places);
      ASSERT_EQ(static_cast<std::int64_t>(gate.waiting()), static_cast<std::int64_t>(guests.size()) - in);
      for (const auto& share : shares) {
        const auto its = std::ranges::count_if(
            guests, [&](const auto& guest) { return guest->in && guest->request.client == &share; });
        ASSERT_EQ(share.in_flight, its);
        if (share.limits.max_in_flight > 0) {
          ASSERT_LE(its, share.limits.max_in_flight);
        }
      }
      if (in == tight.places || gate.bucket().available(now) < 1) continue;
      for (const auto& guest : guests) {
        if (guest->in) continue;
        const ClientShare* client = guest->request.client;
        const bool could_go =
            some_paused.paused_until(guest->request.model, now) <= now &&
            (!client ||
             ((client->limits.max_in_flight == 0 || client->in_flight < client->limits.max_in_flight) &&
              (!guest->request.first || client->bucket.available(now) >= 1)));
        ASSERT_FALSE(could_go) << "seed " << seed << " step " << step;
      }
    }
    const auto keeps = [](const std::vector<TimePoint>& taken, double rate, double burst) {
      for (std::size_t first = 0; first < taken.size(); ++first) {
        for (std::size_t last = first; last < taken.size(); ++last) {
          const double window = std::chrono::duration<double>(taken[last] - taken[first]).count();
          if (static_cast<double>(last - first + 1) > rate * window + burst + 1e-6) return false;
        }
      }
      return true;
    };
    EXPECT_TRUE(keeps(starts, 40, 3));
    EXPECT_TRUE(keeps(firsts[0], 5, 5));
    EXPECT_TRUE(keeps(firsts[2], 8, 8));
    EXPECT_GT(firsts[0].size(), 50u);
    guests.clear();
    EXPECT_EQ(gate.in_flight(), 0);
    EXPECT_EQ(gate.waiting(), 0u);
    for (const auto& share : shares) EXPECT_EQ(share.in_flight, 0);
  }
}

/// Four event loops, two clients with one place each: whoever gives one back wakes whoever waits for it.
TEST_F(ClientAdmission, ThreadsForgetNobodyWhoWaitsForHisClientsPlace) {
  std::deque<ClientShare> narrow;
  for (const char* id : {"one", "two"}) narrow.emplace_back(id, ClientLimits{.max_in_flight = 1});
  Admission gate(wide_open, pauses);
  gate.on_wake([&](TimePoint) { gate.pump(opening); });
  std::atomic<int> served{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < 2000; ++i) {
        const AdmissionRequest request = of(narrow[i % 2], opening);
        if (auto permit = gate.try_admit(request)) {
          ++served;
          continue;
        }
        const auto granted = std::make_shared<std::promise<void>>();
        auto told = granted->get_future();
        auto verdict = gate.admit(request, [granted] { granted->set_value(); });
        ASSERT_FALSE(std::holds_alternative<Refusal>(verdict));
        ++served;
        auto* place = std::get_if<Place>(&verdict);
        if (!place) continue;
        ASSERT_EQ(told.wait_for(seconds(30)), std::future_status::ready) << "forgotten";
        ASSERT_TRUE(place->take());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(served, 8000);
  EXPECT_EQ(gate.in_flight(), 0);
  EXPECT_EQ(gate.waiting(), 0u);
  for (const auto& share : narrow) EXPECT_EQ(share.in_flight, 0);
}

}  // namespace
}  // namespace holysheep
