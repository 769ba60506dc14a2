#include <holysheep/app/process_stats.hpp>

#include <chrono>

#include <gtest/gtest.h>
#include <unistd.h>

namespace holysheep::app {
namespace {

TEST(ProcessStats, FindTheStartWhateverTheProcessIsCalled) {
  EXPECT_EQ(start_ticks("1 (a) b) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22222 23 24\n"), 22222U);
  EXPECT_EQ(start_ticks("1 (a) S 4 5"), std::nullopt);
  EXPECT_EQ(start_ticks(""), std::nullopt);
}

TEST(ProcessStats, FindTheBoot) {
  EXPECT_EQ(boot_time("cpu 1 2\nctxt 9\nbtime 1764424800\nprocesses 3\n"), 1764424800U);
  EXPECT_EQ(boot_time("cpu 1 2\n"), std::nullopt);
}

TEST(ProcessStats, AreThisProcesss) {
  const auto before = read_process_stats();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const auto after = read_process_stats();
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_EQ(after.open_fds, before.open_fds + 2);
  EXPECT_GT(after.max_fds, after.open_fds);
  EXPECT_GE(after.cpu_seconds, before.cpu_seconds);
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(after.start_time_seconds, now, 3600);
}

}  // namespace
}  // namespace holysheep::app
