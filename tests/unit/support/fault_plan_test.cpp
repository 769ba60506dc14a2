#include "support/fault_plan.hpp"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

namespace holysheep::testing {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds length{10'000};

std::vector<std::tuple<Disturbance, long, long, long>> told(const std::vector<PlannedFault>& plan) {
  std::vector<std::tuple<Disturbance, long, long, long>> rows;
  for (const auto& fault : plan)
    rows.emplace_back(fault.what, fault.at.count(), fault.lasts.count(), fault.amount.count());
  return rows;
}

TEST(AFaultPlan, IsTheSameForTheSameSeed) {
  EXPECT_EQ(told(plan_of_faults(length, 7)), told(plan_of_faults(length, 7)));
  EXPECT_NE(told(plan_of_faults(length, 7)), told(plan_of_faults(length, 8)));
}

TEST(AFaultPlan, HasEachLastingFaultOnceAndEachSuddenOneTwice) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::map<Disturbance, int> count;
    for (const auto& fault : plan_of_faults(length, seed)) ++count[fault.what];
    for (const auto what : lasting_disturbances) EXPECT_EQ(count[what], 1) << name_of(what);
    for (const auto what : sudden_disturbances) EXPECT_EQ(count[what], 2) << name_of(what);
    EXPECT_EQ(count.size(), lasting_disturbances.size() + sudden_disturbances.size());
  }
}

TEST(AFaultPlan, HasNoTwoLastingFaultsAtATime) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    milliseconds over{0};
    for (const auto& fault : plan_of_faults(length, seed)) {
      if (fault.lasts.count() == 0) continue;
      EXPECT_GE(fault.at, over) << name_of(fault.what) << ", seed " << seed;
      over = fault.at + fault.lasts;
    }
    EXPECT_GT(over.count(), 0);
  }
}

TEST(AFaultPlan, IsInOrderAndLeavesBothEndsInPeace) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto plan = plan_of_faults(length, seed);
    EXPECT_TRUE(std::ranges::is_sorted(plan, {}, &PlannedFault::at));
    for (const auto& fault : plan) {
      EXPECT_GE(fault.at, length / 20);
      EXPECT_LE(fault.at + fault.lasts, length - length / 20);
    }
  }
}

TEST(AFaultPlan, JumpsTheClockBothWaysWithinHalfADay) {
  int forward = 0;
  int backward = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (const auto& fault : plan_of_faults(length, seed)) {
      if (fault.what != Disturbance::clock_jumped) {
        EXPECT_EQ(fault.amount.count(), 0);
        continue;
      }
      EXPECT_LE(std::abs(fault.amount.count()), 12 * 3600);
      ++(fault.amount.count() > 0 ? forward : backward);
    }
  }
  EXPECT_GT(forward, 20);
  EXPECT_GT(backward, 20);
}

}  // namespace
}  // namespace holysheep::testing
