#include <holysheep/core/machine.hpp>

#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <support/files.hpp>

namespace holysheep {
namespace {

/// The /proc and /sys of a machine that is laid out in a folder.
class MachineTest : public ::testing::Test {
 protected:
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
  directory_.write("proc/self/cgroup", "0::/\n");
  directory_.write("sys/fs/cgroup/cpu.max", "10000 100000\n");
  EXPECT_EQ(cpus(), 1U);
  directory_.write("sys/fs/cgroup/cpu.max", "110000 100000\n");
  EXPECT_EQ(cpus(), std::min(2U, all_));
  directory_.write("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(cpus(), all_);
}

TEST_F(MachineTest, AQuotaAboveTheSchedulersCpusAddsNone) {
  directory_.write("proc/self/cgroup", "0::/\n");
  directory_.write("sys/fs/cgroup/cpu.max", "100000000 100000\n");
  EXPECT_EQ(cpus(), all_);
}

TEST_F(MachineTest, AQuotaOfVersion1IsReadToo) {
  directory_.write("proc/self/cgroup", "4:cpu,cpuacct:/pod\n3:memory:/pod\n0::/pod\n");
  directory_.write("sys/fs/cgroup/cpu/pod/cpu.cfs_quota_us", "50000\n");
  directory_.write("sys/fs/cgroup/cpu/pod/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpus(), 1U);
  directory_.write("sys/fs/cgroup/cpu/pod/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(cpus(), all_);
}

TEST_F(MachineTest, TheTightestLimitOnTheWayUpCounts) {
  directory_.write("proc/self/cgroup", "0::/slice/pod/container\n");
  directory_.write("sys/fs/cgroup/slice/pod/container/memory.max", "max\n");
  directory_.write("sys/fs/cgroup/slice/pod/memory.max", "1073741824\n");
  directory_.write("sys/fs/cgroup/slice/memory.max", "2147483648\n");
  EXPECT_EQ(limit(), 1073741824U);
}

TEST_F(MachineTest, APathThatTheContainerDoesNotSeeFallsBackToItsRoot) {
  directory_.write("proc/self/cgroup", "0::/kubepods/pod1\n");
  directory_.write("sys/fs/cgroup/memory.max", "536870912\n");
  EXPECT_EQ(limit(), 536870912U);
}

TEST_F(MachineTest, AMemoryLimitOfVersion1IsReadAndItsHugeNumberIsNone) {
  directory_.write("proc/self/cgroup", "4:memory:/pod\n");
  directory_.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(limit(), std::nullopt);
  directory_.write("sys/fs/cgroup/memory/pod/memory.limit_in_bytes", "268435456\n");
  EXPECT_EQ(limit(), 268435456U);
}

TEST_F(MachineTest, WhatIsNotUnderstoodIsNoLimit) {
  directory_.write("proc/self/cgroup", "nonsense\n:\n4:memory\n0::no-slash\n\n");
  directory_.write("sys/fs/cgroup/memory.max", "plenty\n");
  directory_.write("sys/fs/cgroup/cpu.max", "\n");
  EXPECT_EQ(limit(), std::nullopt);
  EXPECT_EQ(cpus(), all_);
}

}  // namespace
}  // namespace holysheep
