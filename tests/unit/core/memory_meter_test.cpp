#include <holysheep/core/machine.hpp>
#include <holysheep/core/memory_meter.hpp>

#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <support/files.hpp>
#include <unistd.h>

namespace holysheep {
namespace {

/// The /proc and /sys of a machine that is laid out in a folder.
class MemoryMeterTest : public ::testing::Test {
 protected:
  std::string root() const { return directory_.path().string(); }

  testing::TempDirectory directory_;
};

TEST_F(MemoryMeterTest, TheSecondNumberOfStatmIsWhatIsResident) {
  directory_.write("proc/self/statm", "20000 2816 2079 900 0 6000 0\n");
  const MemoryMeter meter(root());
  const auto reading = meter.read();
  EXPECT_EQ(reading.resident, 2816U * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
  EXPECT_EQ(reading.charged, std::nullopt);
  EXPECT_EQ(meter.limit(), std::nullopt);
}

TEST_F(MemoryMeterTest, WhereNothingCanBeReadItSaysNothing) {
  const MemoryMeter meter(root());
  EXPECT_EQ(meter.read().resident, 0U);
  EXPECT_EQ(meter.read().charged, std::nullopt);
}

TEST_F(MemoryMeterTest, OfVersion2PageCacheIsTakenOff) {
  directory_.write("proc/self/cgroup", "0::/\n");
  directory_.write("sys/fs/cgroup/memory.max", "67108864\n");
  directory_.write("sys/fs/cgroup/memory.current", "50000000\n");
  directory_.write("sys/fs/cgroup/memory.stat",
                   "anon 30000000\nfile 12000000\nsock 5000000\ninactive_anon 1\n"
                   "inactive_file 8000000\nactive_file 2000000\n");
  const MemoryMeter meter(root());
  EXPECT_EQ(meter.limit(), 67108864U);
  EXPECT_EQ(meter.read().charged, 40000000U);
  EXPECT_TRUE(meter.charges_sockets());
}

TEST_F(MemoryMeterTest, OfVersion1TheTotalsCount) {
  directory_.write("proc/self/cgroup", "3:memory:/pod\n");
  directory_.write("sys/fs/cgroup/memory/pod/memory.limit_in_bytes", "67108864\n");
  directory_.write("sys/fs/cgroup/memory/pod/memory.usage_in_bytes", "50000000\n");
  directory_.write(
      "sys/fs/cgroup/memory/pod/memory.stat",
      "cache 1\ninactive_file 5\nactive_file 5\ntotal_inactive_file 1000000\ntotal_active_file 2000000\n");
  const MemoryMeter meter(root());
  EXPECT_EQ(meter.read().charged, 47000000U);
  EXPECT_FALSE(meter.charges_sockets());
}

TEST_F(MemoryMeterTest, EachReadingIsNew) {
  directory_.write("proc/self/statm", "20000 1 1 1 0 1 0\n");
  const MemoryMeter meter(root());
  const auto before = meter.read().resident;
  directory_.write("proc/self/statm", "20000 3 1 1 0 1 0\n");
  EXPECT_EQ(meter.read().resident, before * 3);
}

TEST_F(MemoryMeterTest, TheGroupWithTheTightestLimitIsTheOneThatCounts) {
  directory_.write("proc/self/cgroup", "0::/slice/pod\n");
  directory_.write("sys/fs/cgroup/slice/pod/memory.max", "max\n");
  directory_.write("sys/fs/cgroup/slice/memory.max", "1000\n");
  const auto group = memory_group(root());
  ASSERT_TRUE(group.has_value());
  EXPECT_TRUE(group->folder.ends_with("/sys/fs/cgroup/slice"));
  EXPECT_EQ(group->limit, 1000U);
  EXPECT_TRUE(group->version2);
}

TEST(MemoryMeter, ReadsThisProcess) {
  EXPECT_GT(MemoryMeter().read().resident, std::uint64_t{1} << 20);
}

}  // namespace
}  // namespace holysheep
