#include "support/soak_books.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <gtest/gtest.h>

namespace holysheep::testing {
namespace {

using std::chrono::milliseconds;

constexpr int clients = 48;
constexpr milliseconds round_length{10'000};

/// `HOLYSHEEP_SOAK_MINUTES`, `HOLYSHEEP_SOAK_SEED`, `HOLYSHEEP_SOAK_RATE`.
std::uint64_t given(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::uint64_t median(std::vector<std::uint64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// One proxy, and rounds of faults all around it. After each round everything comes to rest, and the books
/// are closed.
class ASoak : public ::testing::Test {
 protected:
  /// Four rounds, or as many as begin within HOLYSHEEP_SOAK_MINUTES.
  bool goes_on(std::size_t number) const {
    if (minutes_ > 0) return Clock::now() < begun_ + std::chrono::minutes(minutes_);
    return number < (time_scale() > 1 ? 3 : 4);
  }

  void live_through_round(std::size_t number) {
    const auto seed = seed_ * 1'000'003 + number;
    const auto plan = plan_of_soak(rate_ * static_cast<std::size_t>(round_length.count()) / 1000, seed,
                                   "soak-" + std::to_string(number));
    std::vector<SoakSeen> seen(plan.size());
    std::atomic<std::size_t> next = 0;
    std::atomic<int> wrong = 0;
    const auto begun = Clock::now();
    std::vector<std::thread> crowd;
    for (int i = 0; i < clients; ++i) {
      crowd.emplace_back([&] {
        SoakClient client(world_.port());
        for (std::size_t at = next++; at < plan.size() && wrong < clients; at = next++) {
          std::this_thread::sleep_until(begun + round_length * at / plan.size());
          seen[at] = client.live_through(plan[at]);
          if (!seen[at].wrong.empty()) ++wrong;
        }
      });
    }
    if (number == 0) {  // whose first second has no names
      std::this_thread::sleep_for(round_length / 20);
      world_.restore_names();
    }
    world_.live_through(plan_of_faults(round_length, seed));
    for (auto& client : crowd) client.join();
    books_.wait_for_quiet();
    books_.close_round(plan, seen);
    expect_nothing_kept();
    expect_the_key_in_force();
  }

  /// Descriptors: those of the start, and idle connections upstream.
  void expect_nothing_kept() {
    std::size_t open = 0;
    double idle = 0;
    const bool given_back = eventually([&] {
      idle = MetricsPage(get(world_.admin(), "/metrics").body).sum("holysheep_upstream_connections", "idle");
      open = world_.proxy().process().open_descriptors();
      return static_cast<double>(open) == static_cast<double>(descriptors_) + idle;
    });
    EXPECT_TRUE(given_back) << open << " descriptors, " << descriptors_ << " at the start, " << idle
                            << " connections idle";
    resident_.push_back(resident_without_cache());
  }

  /// The cache fills for as long as it has room: what is too old goes when its place is wanted.
  std::uint64_t resident_without_cache() {
    const MetricsPage page(get(world_.admin(), "/metrics").body);
    const auto cached = static_cast<std::uint64_t>(page.sum("holysheep_cache_bytes"));
    return world_.proxy().process().resident_bytes() - cached;
  }

  void expect_the_key_in_force() {
    const std::string id = "key-" + std::to_string(resident_.size());
    const bool used = eventually([&] {
      fetch(world_.port(),
            {.target = "/v1/mirror?" + id,
             .headers = {{"Authorization", "Bearer " + soak_key("free")}, {"X-Request-Id", id}}});
      const auto asked = world_.upstreams().front()->requests_of(id);
      return !asked.empty() && recorded_header(asked.back(), "authorization") == "Bearer " + world_.key();
    });
    EXPECT_TRUE(used) << world_.key();
  }

  void expect_flat_memory() {
    for (const auto bytes : resident_) std::cout << bytes / 1024 << " ";
    std::cout << "KiB resident after each round, the cache not counted" << std::endl;
    if (world_.instrumented()) return;
    // The first round warms up.
    const std::vector<std::uint64_t> warm(resident_.begin() + 1, resident_.end());
    const std::ptrdiff_t quarter = std::max<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(warm.size()) / 4);
    const auto first = median({warm.begin(), warm.begin() + quarter});
    const auto last = median({warm.end() - quarter, warm.end()});
    std::cout << "first quarter " << first / 1024 << " KiB, last quarter " << last / 1024 << " KiB"
              << std::endl;
    // A few rounds say little: one of them may end with what a fault has just left behind.
    const auto most = first + first / (minutes_ > 0 ? 20 : 5);
    const bool given_back = last <= most || eventually([&] { return resident_without_cache() <= most; });
    EXPECT_TRUE(given_back) << last / 1024 << " KiB, and not given back";
  }

  std::uint64_t minutes_ = given("HOLYSHEEP_SOAK_MINUTES", 0);
  std::uint64_t seed_ = given("HOLYSHEEP_SOAK_SEED", 20'261'129);
  std::uint64_t rate_ = given("HOLYSHEEP_SOAK_RATE", time_scale() > 1 ? 40 : 100);
  Clock::time_point begun_ = Clock::now();
  SoakWorld world_;
  SoakBooks books_{world_};
  std::size_t descriptors_ = world_.proxy().process().open_descriptors();
  std::vector<std::uint64_t> resident_;
};

TEST_F(ASoak, LosesNothingKeepsNothingAndItsBooksAgree) {
  std::cout << "HOLYSHEEP_SOAK_SEED=" << seed_ << ", rounds of " << round_length.count() / 1000 << " s, "
            << rate_ << " requests a second" << std::endl;
  for (const auto& what : world_.left_out()) std::cout << "left out: " << what << std::endl;
  for (std::size_t number = 0; goes_on(number); ++number) {
    live_through_round(number);
    if (number % 30 == 29) std::cout << "after round " << number + 1 << ": " << books_.text() << std::endl;
    ASSERT_TRUE(world_.proxy().process().running());
  }
  std::cout << books_.text() << std::endl;
  EXPECT_EQ(books_.complaints(), 0U);
  expect_flat_memory();
  EXPECT_EQ(world_.proxy().stop(), 0);
}

}  // namespace
}  // namespace holysheep::testing
