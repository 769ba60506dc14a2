#include <holysheep/core/usage_ledger.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <support/files.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace holysheep {
namespace {

using namespace std::chrono_literals;
using holysheep::testing::read_file;
using holysheep::testing::TempDirectory;

/// What the ledger has reported, as "+" (trouble) and "-" (works again).
class Reports {
 public:
  auto taker() {
    return [this](bool trouble, const std::string& what) {
      const std::scoped_lock lock(mutex_);
      signs_ += trouble ? '+' : '-';
      last_ = what;
      came_.notify_all();
    };
  }
  std::string after(std::size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, 20s, [&] { return signs_.size() >= count; });
    return signs_;
  }
  std::string last() {
    const std::scoped_lock lock(mutex_);
    return last_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::string signs_;
  std::string last_;
};

/// Writes to the real file until it is told to be full; at most `most` bytes a call.
class Disk {
 public:
  auto writer() {
    return [this](int file, const void* bytes, std::size_t size) -> ssize_t {
      const auto room = std::min<std::size_t>(most, left);
      ++writes;
      if (room == 0) {
        errno = ENOSPC;
        return -1;
      }
      const auto count = ::write(file, bytes, std::min(size, room));
      if (count > 0) left -= static_cast<std::size_t>(count);
      return count;
    };
  }
  static constexpr std::size_t endless = std::size_t{1} << 40;
  std::atomic<std::size_t> most = endless;
  std::atomic<std::size_t> left = endless;  ///< bytes until it is full
  std::atomic<int> writes = 0;
};

class UsageLedgers : public ::testing::Test {
 protected:
  std::unique_ptr<UsageLedger> open(UsageLedgerOptions options = {}) {
    auto ledger = UsageLedger::open(path, std::move(options));
    EXPECT_TRUE(ledger) << (ledger ? "" : ledger.error());
    return ledger ? std::move(*ledger) : nullptr;
  }
  std::string why_not(const std::string& where) {
    auto ledger = UsageLedger::open(where);
    return ledger ? "it opens" : ledger.error();
  }
  TempDirectory directory;
  const std::string path = directory.path() / "usage.jsonl";
  const std::string moved = path + ".1";
  const std::string named = "USAGE_FILE=\"" + path + '"';
};

TEST_F(UsageLedgers, MakesTheFileAndAppendsToWhatIsThere) {
  {
    const auto ledger = open({.batch = 1h});
    EXPECT_FALSE(ledger->was_torn());
    EXPECT_TRUE(ledger->append("one\n"));
    EXPECT_TRUE(ledger->append("two\nthree\n"));
    EXPECT_TRUE(ledger->flush(20s));
    EXPECT_EQ(read_file(path), "one\ntwo\nthree\n");
    EXPECT_TRUE(ledger->flush(20s)) << "nothing to write";
  }
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U & ~0640U, 0U);
  const auto again = open();
  EXPECT_FALSE(again->was_torn());
  again->append("four\n");
  EXPECT_TRUE(again->flush(20s));
  EXPECT_EQ(read_file(path), "one\ntwo\nthree\nfour\n");
  EXPECT_EQ(again->dropped(), 0U);
}

TEST_F(UsageLedgers, SaysWhyAFileCannotBeOpened) {
  EXPECT_EQ(why_not("/dev/null"), "USAGE_FILE=\"/dev/null\": it is not a regular file");
  EXPECT_EQ(why_not("/nonexistent/usage"), "USAGE_FILE=\"/nonexistent/usage\": No such file or directory");
  EXPECT_NE(why_not(directory.path()).find("Is a directory"), std::string::npos);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(why_not(path), named + ": it is not a regular file");
}

TEST_F(UsageLedgers, WritesByItselfAfterTheBatchTimeAndSyncs) {
  Reports synced;
  const auto ledger = open({.batch = 1ms, .sync = 1ms, .datasync = [&](int) {
                              synced.taker()(false, read_file(path));
                              return 0;
                            }});
  ledger->append("one\n");
  EXPECT_EQ(synced.after(1), "-");
  EXPECT_EQ(synced.last(), "one\n");
}

TEST_F(UsageLedgers, ManyLinesDoNotWaitForTheBatchTime) {
  Reports written;
  const auto ledger =
      open({.capacity = 8192, .batch = 1h, .write = [&](int file, const void* bytes, std::size_t size) {
              const auto count = ::write(file, bytes, size);
              written.taker()(false, "");
              return count;
            }});
  ledger->append(std::string(1023, 'x') + '\n');
  EXPECT_EQ(written.after(1), "-");
}

TEST_F(UsageLedgers, TheDestructorWritesAndSyncsEverything) {
  std::string expected;
  std::atomic<int> syncs = 0;
  {
    const auto ledger = open({.batch = 1h, .sync = 1h, .datasync = [&](int) {
                                ++syncs;
                                return 0;
                              }});
    for (int i = 0; i < 500; ++i) {
      const auto text = std::to_string(i) + '\n';
      ledger->append(text);
      expected += text;
    }
  }
  EXPECT_EQ(read_file(path), expected);
  EXPECT_EQ(syncs, 1);
}

TEST_F(UsageLedgers, ATornLastLineStaysAlone) {
  directory.write("usage.jsonl", "{\"a\":1}\n{\"b\"");
  {
    EXPECT_TRUE(open()->was_torn());
  }
  EXPECT_EQ(read_file(path), "{\"a\":1}\n{\"b\"") << "nothing came: nothing is written";
  const auto ledger = open();
  EXPECT_TRUE(ledger->was_torn());
  ledger->append("{\"c\":3}\n");
  EXPECT_TRUE(ledger->flush(20s));
  EXPECT_EQ(read_file(path), "{\"a\":1}\n{\"b\"\n{\"c\":3}\n");
}

TEST_F(UsageLedgers, WhatCameBeforeReopenGoesIntoTheNewFile) {
  const auto ledger = open({.batch = 1h});
  ledger->append("old\n");
  ASSERT_TRUE(ledger->flush(20s));
  for (int round = 0; round < 50; ++round) {
    std::filesystem::rename(path, moved);
    ledger->append("new\n");
    ledger->reopen();
    ASSERT_TRUE(ledger->flush(20s));
    ASSERT_EQ(read_file(path), "new\n") << "round " << round;
    ASSERT_EQ(read_file(moved), round == 0 ? "old\n" : "new\n");
  }
}

TEST_F(UsageLedgers, ReopeningTheSameFileChangesNothing) {
  Disk disk;
  disk.left = 6;
  Reports reports;
  const auto ledger = open({.batch = 1ms, .again = 1ms, .report = reports.taker(), .write = disk.writer()});
  ledger->append("one\ntwo\n");
  ASSERT_EQ(reports.after(1), "+");
  ledger->reopen();
  disk.left = Disk::endless;
  EXPECT_EQ(reports.after(2), "+-");
  EXPECT_EQ(read_file(path), "one\ntwo\n");
}

TEST_F(UsageLedgers, AReopenThatFailsKeepsTheOldFileAndIsReportedOnceEachWay) {
  Reports reports;
  const auto ledger = open({.batch = 1h, .report = reports.taker()});
  ASSERT_TRUE(ledger->flush(20s));
  std::filesystem::rename(path, moved);
  std::filesystem::create_directory(path);
  for (int i = 0; i < 3; ++i) {
    ledger->append("kept\n");
    ledger->reopen();
    ASSERT_TRUE(ledger->flush(20s));
  }
  EXPECT_EQ(reports.after(1), "+");
  EXPECT_EQ(reports.last(), named + ": Is a directory; the file that was open stays in use");
  EXPECT_EQ(read_file(moved), "kept\nkept\nkept\n");
  std::filesystem::remove(path);
  ledger->append("new\n");
  ledger->reopen();
  ASSERT_TRUE(ledger->flush(20s));
  EXPECT_EQ(reports.after(2), "+-");
  EXPECT_EQ(reports.last(), named + ": it can be written again");
  EXPECT_EQ(read_file(path), "new\n");
}

TEST_F(UsageLedgers, ALineBegunInTheOldFileIsWholeInTheNew) {
  Disk disk;
  disk.left = 6;
  Reports reports;
  const auto ledger = open({.batch = 1ms, .again = 1h, .report = reports.taker(), .write = disk.writer()});
  ledger->append("one\ntwo\nthree\n");
  ASSERT_EQ(reports.after(1), "+");
  std::filesystem::rename(path, moved);
  directory.write("usage.jsonl", "another's torn line");
  disk.left = Disk::endless;
  ledger->reopen();
  EXPECT_TRUE(ledger->flush(20s)) << "the new file is tried at once";
  EXPECT_EQ(read_file(moved), "one\ntw");
  EXPECT_EQ(read_file(path), "another's torn line\ntwo\nthree\n");
}

TEST_F(UsageLedgers, GoesOnWhereAPartialWriteEnded) {
  Disk disk;
  disk.most = 3;
  std::atomic<int> calls = 0;
  const auto ledger = open({.batch = 1h, .write = [&](int file, const void* bytes, std::size_t size) {
                              if (++calls % 2 == 0) {
                                errno = EINTR;
                                return ssize_t{-1};
                              }
                              return disk.writer()(file, bytes, size);
                            }});
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += "line " + std::to_string(i) + '\n';
  ledger->append(expected);
  EXPECT_TRUE(ledger->flush(20s));
  EXPECT_EQ(read_file(path), expected);
}

TEST_F(UsageLedgers, AFullDiskLosesNothingThatFitsAndIsReportedOnceEachWay) {
  Disk disk;
  Reports reports;
  const auto ledger = open({.batch = 1ms, .again = 1ms, .report = reports.taker(), .write = disk.writer()});
  for (const std::string so_far : {"", "+-"}) {
    std::filesystem::resize_file(path, 0);
    disk.left = 2;
    ledger->append("one\n");
    ASSERT_EQ(reports.after(so_far.size() + 1), so_far + '+');
    EXPECT_EQ(reports.last(), named +
                                  ": No space left on device; what has come is kept and written later, as "
                                  "long as it fits");
    ledger->append("two\n");
    EXPECT_FALSE(ledger->flush(10ms));
    const int tries = disk.writes;
    while (disk.writes < tries + 3) std::this_thread::yield();
    EXPECT_EQ(reports.after(0), so_far + '+') << "not with each try";
    disk.left = Disk::endless;
    ASSERT_TRUE(ledger->flush(20s));
    EXPECT_EQ(reports.after(so_far.size() + 2), so_far + "+-");
    EXPECT_EQ(read_file(path), "one\ntwo\n");
  }
  EXPECT_EQ(ledger->dropped(), 0U);
}

TEST_F(UsageLedgers, DropsAndCountsWholeLinesPastItsCapacity) {
  Disk disk;
  disk.left = 0;
  Reports reports;
  const auto ledger =
      open({.capacity = 16, .batch = 1ms, .again = 1ms, .report = reports.taker(), .write = disk.writer()});
  EXPECT_TRUE(ledger->append("12345\n"));
  ASSERT_EQ(reports.after(1), "+") << "taken by the thread, and waiting still";
  EXPECT_TRUE(ledger->append("67890\n"));
  EXPECT_FALSE(ledger->append("a\nb\nc\n"));
  EXPECT_EQ(ledger->dropped(), 3U);
  EXPECT_TRUE(ledger->append("xyz\n")) << "just fits";
  EXPECT_FALSE(ledger->append("\n"));
  EXPECT_EQ(ledger->dropped(), 4U);
  disk.left = Disk::endless;
  ASSERT_TRUE(ledger->flush(20s));
  EXPECT_TRUE(ledger->append("123456789012345\n")) << "all of the room is back";
  ASSERT_TRUE(ledger->flush(20s));
  EXPECT_EQ(read_file(path), "12345\n67890\nxyz\n123456789012345\n");
  EXPECT_FALSE(ledger->append("1234567890123456\n")) << "never fits";
  EXPECT_EQ(ledger->dropped(), 5U);
}

TEST_F(UsageLedgers, ASyncThatFailsIsReportedOnceAndDoesNotHurryTheNextWrite) {
  Disk disk;
  disk.left = 2;
  Reports reports;
  std::atomic<int> syncs = 0;
  std::atomic<bool> bad = true;
  const auto ledger = open({.batch = 1ms,
                            .again = 1h,
                            .sync = 1ms,
                            .report = reports.taker(),
                            .write = disk.writer(),
                            .datasync = [&](int) {
                              ++syncs;
                              errno = EIO;
                              return bad ? -1 : 0;
                            }});
  ledger->append("one\n");
  ASSERT_EQ(reports.after(2), "++");
  EXPECT_EQ(reports.last(), named + ": Input/output error; what was written may not be on the disk");
  while (syncs < 5) std::this_thread::yield();
  EXPECT_EQ(disk.writes, 2) << "what was written, and what failed";
  bad = false;
  EXPECT_EQ(reports.after(3), "++-");
}

TEST_F(UsageLedgers, TheEndTriesOnceMoreWithoutWaiting) {
  Disk disk;
  disk.left = 2;
  Reports reports;
  {
    const auto ledger = open({.batch = 1ms, .again = 1h, .report = reports.taker(), .write = disk.writer()});
    ledger->append("one\n");
    ASSERT_EQ(reports.after(1), "+");
    ledger->append("two\n");
    disk.left = Disk::endless;
  }
  EXPECT_EQ(read_file(path), "one\ntwo\n");
}

TEST_F(UsageLedgers, TakesLinesFromManyThreadsWhole) {
  Disk disk;
  disk.most = 1000;
  constexpr int threads = 4;
  constexpr int each = 5000;
  {
    const auto ledger = open({.batch = 1ms, .write = disk.writer()});
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t) {
      running.emplace_back([&ledger, t] {
        const std::string line = std::string(40, static_cast<char>('a' + t)) + '\n';
        for (int i = 0; i < each; ++i) ledger->append(line);
      });
    }
    for (auto& thread : running) thread.join();
    EXPECT_EQ(ledger->dropped(), 0U);
  }
  const auto text = read_file(path);
  ASSERT_EQ(text.size(), std::size_t{threads} * each * 41);
  for (std::size_t at = 0; at < text.size(); at += 41) {
    ASSERT_EQ(text.substr(at, 41), std::string(40, text[at]) + '\n');
  }
}

}  // namespace
}  // namespace holysheep
