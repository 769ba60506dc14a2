#include <holysheep/core/machine.hpp>

#include <filesystem>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <support/files.hpp>

namespace holysheep {
namespace {

/// The /proc and /sys of a machine that is laid out in a folder.
class MachineTest : public ::testing::Test {
 protected:
  void put(const std::string& path, std::string_view content) {
    const auto whole = directory_.path() / path;
    std::filesystem::create_directories(whole.parent_path());
    directory_.write(path, content);
  }
  unsigned cpus() const { return usable_cpus(directory_.path().string()); }
  std::optional<std::uint64_t> limit() const { return memory_limit(directory_.path().string()); }

  testing::TempDirectory directory_;
  const unsigned all_ = usable_cpus("/nowhere");
};

TEST_F(MachineTest, WithoutACgroupItIsTheCpusOfTheScheduler) {
  EXPECT_GE(cpus(), 1U);
  EXPECT_EQ(cpus(), all_);
  EXPECT_EQ(limit(), std::nullopt);
}

TEST_F(MachineTest, AQuotaOfVersion2IsRoundedUp) {
  put("proc/self/cgroup", "0::/\n");
  put("sys/fs/cgroup/cpu.max", "10000 100000\n");
  EXPECT_EQ(cpus(), 1U);
  put("sys/fs/cgroup/cpu.max", "110000 100000\n");
  EXPECT_EQ(cpus(), std::min(2U, all_));
  put("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(cpus(), all_);
}

TEST_F(MachineTest, AQuotaAboveTheSchedulersCpusAddsNone) {
  put("proc/self/cgroup", "0::/\n");
  put("sys/fs/cgroup/cpu.max", "100000000 100000\n");
  EXPECT_EQ(cpus(), all_);
}

TEST_F(MachineTest, AQuotaOfVersion1IsReadToo) {
  put("proc/self/cgroup", "4:cpu,cpuacct:/pod\n3:memory:/pod\n0::/pod\n");
  put("sys/fs/cgroup/cpu/pod/cpu.cfs_quota_us", "50000\n");
  put("sys/fs/cgroup/cpu/pod/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpus(), 1U);
  put("sys/fs/cgroup/cpu/pod/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(cpus(), all_);
}

TEST_F(MachineTest, TheTightestLimitOnTheWayUpCounts) {
  put("proc/self/cgroup", "0::/slice/pod/container\n");
  put("sys/fs/cgroup/slice/pod/container/memory.max", "max\n");
  put("sys/fs/cgroup/slice/pod/memory.max", "1073741824\n");
  put("sys/fs/cgroup/slice/memory.max", "2147483648\n");
  EXPECT_EQ(limit(), 1073741824U);
}

TEST_F(MachineTest, APathThatTheContainerDoesNotSeeFallsBackToItsRoot) {
  put("proc/self/cgroup", "0::/kubepods/pod1\n");
  put("sys/fs/cgroup/memory.max", "536870912\n");
  EXPECT_EQ(limit(), 536870912U);
}

TEST_F(MachineTest, AMemoryLimitOfVersion1IsReadAndItsHugeNumberIsNone) {
  put("proc/self/cgroup", "4:memory:/pod\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(limit(), std::nullopt);
  put("sys/fs/cgroup/memory/pod/memory.limit_in_bytes", "268435456\n");
  EXPECT_EQ(limit(), 268435456U);
}

TEST_F(MachineTest, WhatIsNotUnderstoodIsNoLimit) {
  put("proc/self/cgroup", "nonsense\n:\n4:memory\n0::no-slash\n\n");
  put("sys/fs/cgroup/memory.max", "plenty\n");
  put("sys/fs/cgroup/cpu.max", "\n");
  EXPECT_EQ(limit(), std::nullopt);
  EXPECT_EQ(cpus(), all_);
}

}  // namespace
}  // namespace holysheep
