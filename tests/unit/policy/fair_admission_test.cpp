#include <holysheep/policy/admission.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint sim_start{seconds(1000)};
constexpr double pod_rate = 55;
constexpr int modest_clients = 10;
constexpr auto sim_length = seconds(150);

struct Arrival {
  TimePoint at;
  int client;
};

/// Poisson, the same for a seed and a client whoever else comes.
void add_arrivals(std::vector<Arrival>& arrivals, int client, double rate, unsigned seed) {
  std::mt19937 random(seed * 1000 + static_cast<unsigned>(client));
  for (TimePoint at = sim_start;;) {
    const double gap = -std::log(1 - std::generate_canonical<double, 53>(random)) / rate;
    at += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(gap));
    if (at >= sim_start + sim_length) return;
    arrivals.push_back({at, client});
  }
}

/// Who comes, how long each modest client's requests waited, and how many each got.
struct Simulation {
  struct Result {
    std::vector<double> waits;  // seconds
    std::vector<int> served;
    int put_out = 0;
    int modest_put_out = 0;
  };

  struct Guest {
    Arrival arrival;
    std::optional<Place> place{};
  };

  UpstreamPauses pauses{seconds(60)};
  Admission gate{
      {.rate_per_second = pod_rate, .burst = 1, .places = 10'000, .queue_size = 1000, .backpressure = true},
      pauses};
  std::vector<std::unique_ptr<ClientShare>> shares;
  std::vector<std::shared_ptr<Guest>> decided;
  Result result;

  void served(const Arrival& arrival, TimePoint now) {
    ++result.served[static_cast<std::size_t>(arrival.client)];
    if (arrival.client < modest_clients)
      result.waits.push_back(std::chrono::duration<double>(now - arrival.at).count());
  }

  void come(const Arrival& arrival) {
    AdmissionRequest request{.model = "m", .now = arrival.at, .deadline = arrival.at + seconds(60)};
    request.client = shares[static_cast<std::size_t>(arrival.client)].get();
    if (gate.try_admit(request)) return served(arrival, arrival.at);
    auto guest = std::make_shared<Guest>(Guest{.arrival = arrival});
    auto verdict = gate.admit(request, [this, guest] { decided.push_back(guest); });
    if (std::holds_alternative<Permit>(verdict)) return served(arrival, arrival.at);
    if (auto* place = std::get_if<Place>(&verdict)) guest->place.emplace(std::move(*place));
  }

  void settle(TimePoint now) {
    for (const auto& guest : std::exchange(decided, {})) {
      if (guest->place->take()) {
        served(guest->arrival, now);
      } else {
        EXPECT_TRUE(guest->place->refused());
        ++result.put_out;
        if (guest->arrival.client < modest_clients) ++result.modest_put_out;
      }
      guest->place.reset();
    }
  }

  Result run(std::vector<Arrival> arrivals) {
    std::ranges::sort(arrivals, {}, &Arrival::at);
    for (int i = 0; i <= modest_clients; ++i)
      shares.push_back(std::make_unique<ClientShare>("c" + std::to_string(i), ClientLimits{}));
    result.served.resize(modest_clients + 1);
    TimePoint next = never;
    TimePoint now = sim_start;
    gate.on_wake([&](TimePoint when) { next = std::min(next, when); });
    for (const Arrival& arrival : arrivals) {
      while (next <= arrival.at) {
        now = std::max(now, std::exchange(next, never));
        next = std::min(next, gate.pump(now));
        settle(now);
      }
      now = arrival.at;
      come(arrival);
      settle(now);
    }
    const int greedy = result.served[modest_clients];
    while (gate.waiting() > 0) {
      next = gate.pump(now);
      settle(now);
      now = std::max(now, next);
    }
    result.served[modest_clients] = greedy;
    return result;
  }
};

double percentile(std::vector<double> values, double part) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(values.size()) * part);
  std::ranges::nth_element(values, at);
  return *at;
}

/// Eleven clients have 5/s each of a pod's 55/s, and ten of them come at nine tenths of that. What the one
/// that always waits adds is at most the token that it has just taken (18 ms): little beside what the ten, at
/// 82 % of the rate, wait for each other. At exactly their share they would have no bound at all: each alone
/// would be a queue as fast as its arrivals.
TEST(FairAdmission, OneAtAHundredTimesItsShareLeavesTheTenTheirWait) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    std::vector<Arrival> quiet;
    for (int client = 0; client < modest_clients; ++client) add_arrivals(quiet, client, 4.5, seed);
    auto loud = quiet;
    add_arrivals(loud, modest_clients, 500, seed);
    const auto without = Simulation().run(quiet);
    const auto with = Simulation().run(loud);
    ASSERT_EQ(without.waits.size(), quiet.size());
    ASSERT_EQ(with.waits.size(), quiet.size()) << "none of the ten is refused";
    EXPECT_GT(with.put_out, 0) << "the room was full";
    EXPECT_EQ(with.modest_put_out, 0);
    EXPECT_LE(percentile(with.waits, 0.99), 1.2 * percentile(without.waits, 0.99)) << "seed " << seed;
    EXPECT_LE(percentile(with.waits, 0.5), percentile(without.waits, 0.5) + 1 / pod_rate) << "seed " << seed;
    const int left = static_cast<int>(pod_rate * sim_length.count()) - static_cast<int>(quiet.size());
    EXPECT_NEAR(with.served[modest_clients], left, 20) << "and it gets all that they leave";
  }
}

}  // namespace
}  // namespace holysheep
