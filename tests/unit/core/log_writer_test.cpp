#include <holysheep/core/log_writer.hpp>
#include <holysheep/core/text.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <stdlib.h>
#include <unistd.h>

namespace holysheep {
namespace {

using namespace std::chrono_literals;

/// A pipe whose reading end the test holds.
class Pipe {
 public:
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) std::abort();
    reader_ = ends[0];
    writer_ = ends[1];
  }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  [[nodiscard]] int writer() const { return writer_; }
  void close_reader() { close(reader_); }
  void close_writer() { close(writer_); }

  /// Everything up to the end of file.
  std::string read_all() {
    std::string all;
    while (const auto some = read_some()) all += *some;
    return all;
  }
  std::optional<std::string> read_some() {
    std::array<char, 65536> buffer;
    const auto count = ::read(reader_, buffer.data(), buffer.size());
    if (count <= 0) return std::nullopt;
    return std::string(buffer.data(), static_cast<std::size_t>(count));
  }

 private:
  static void close(int& descriptor) {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
  }
  int reader_ = -1;
  int writer_ = -1;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (begin < text.size()) lines.push_back("(torn) " + text.substr(begin));
  return lines;
}

std::string line(std::size_t size, char fill = 'x') {
  return std::string(size - 1, fill) + '\n';
}

TEST(LogWriter, FlushWritesWhatWasAppended) {
  Pipe pipe;
  LogWriter writer(pipe.writer(), {.batch = 1h});
  writer.append("one\n");
  writer.append("two\nthree\n");
  EXPECT_TRUE(writer.flush());
  EXPECT_EQ(pipe.read_some(), "one\ntwo\nthree\n");
  EXPECT_TRUE(writer.flush()) << "nothing to write";
  EXPECT_EQ(writer.dropped(), 0U);
}

TEST(LogWriter, WritesByItselfAfterTheBatchTime) {
  Pipe pipe;
  const LogWriterOptions options{.batch = 1ms};
  LogWriter writer(pipe.writer(), options);
  writer.append("one\n");
  EXPECT_EQ(pipe.read_some(), "one\n");
  writer.append("two\n");
  EXPECT_EQ(pipe.read_some(), "two\n");
}

TEST(LogWriter, ManyLinesDoNotWaitForTheBatchTime) {
  Pipe pipe;
  LogWriter writer(pipe.writer(), {.capacity = 8192, .batch = 1h});
  writer.append(line(1024));
  EXPECT_EQ(pipe.read_some(), line(1024));
}

TEST(LogWriter, DestructorWritesEverything) {
  Pipe pipe;
  std::string expected;
  {
    LogWriter writer(pipe.writer(), {.batch = 1h});
    for (int i = 0; i < 500; ++i) {
      const auto text = std::to_string(i) + '\n';
      writer.append(text);
      expected += text;
    }
  }
  pipe.close_writer();
  EXPECT_EQ(pipe.read_all(), expected);
}

TEST(LogWriter, MoreThanAPipeHoldsArrivesWholeThroughABlockingPipe) {
  Pipe pipe;
  std::string received;
  std::thread reader([&] { received = pipe.read_all(); });
  std::string expected;
  {
    LogWriter writer(pipe.writer(), {.last_wait = 60s});
    for (int i = 0; i < 2000; ++i) {
      const auto text = std::to_string(i) + ' ' + line(1000);
      ASSERT_TRUE(writer.append(text));
      expected += text;
    }
  }
  pipe.close_writer();
  reader.join();
  EXPECT_EQ(received, expected);
}

TEST(LogWriter, WritesToAFile) {
  std::string name = testing::TempDir() + "log_writer_XXXXXX";
  const int file = ::mkstemp(name.data());
  ASSERT_GE(file, 0);
  {
    LogWriter writer(file);
    for (int i = 0; i < 3000; ++i) writer.append(line(100));
  }
  EXPECT_EQ(::lseek(file, 0, SEEK_END), 300000);
  ::close(file);
  ::unlink(name.c_str());
}

TEST(LogWriter, AStoppedReaderBlocksNobodyAndCostsLinesPastTheCapacity) {
  Pipe pipe;
  LogWriter writer(pipe.writer(), {.capacity = 100'000, .batch = 1ms, .last_wait = 1ms});
  std::uint64_t taken = 0;
  std::uint64_t refused = 0;
  for (int i = 0; i < 10'000; ++i) ++(writer.append(line(100)) ? taken : refused);
  EXPECT_GE(taken, 1000U);
  EXPECT_LE(taken, 1000U + 65536 / 100 + 50) << "the buffer and what the pipe itself holds";
  EXPECT_EQ(writer.dropped(), refused);
  EXPECT_FALSE(writer.flush(1ms));
}

TEST(LogWriter, TellsHowManyWereDroppedOnceThereIsRoom) {
  for (const auto format : {LogFormat::json, LogFormat::text}) {
    Pipe pipe;
    std::uint64_t taken = 0;
    std::uint64_t refused = 0;
    std::string received;
    {
      LogWriter writer(pipe.writer(), {.capacity = 200'000, .last_wait = 60s, .format = format});
      while (refused < 77) ++(writer.append(line(100)) ? taken : refused);
      std::thread reader([&] { received = pipe.read_all(); });
      EXPECT_TRUE(writer.flush(60s));
      // The line that tells of it may come after the batch that flush() waited for.
      writer.append("last\n");
      EXPECT_TRUE(writer.flush(60s));
      pipe.close_writer();
      reader.join();
    }
    const auto lines = lines_of(received);
    std::uint64_t told = 0;
    std::uint64_t ordinary = 0;
    for (const auto& one : lines) {
      if (one.find("dropped") == std::string::npos) {
        ++ordinary;
      } else if (format == LogFormat::json) {
        told += nlohmann::json::parse(one)["dropped"].get<std::uint64_t>();
      } else {
        told += std::stoull(one.substr(one.rfind('=') + 1));
      }
    }
    EXPECT_EQ(told, refused);
    EXPECT_EQ(ordinary, taken + 1);
  }
}

TEST(LogWriter, AReaderThatIsGoneNeitherKillsNorBlocks) {
  Pipe pipe;
  LogWriter writer(pipe.writer(), {.batch = 1ms});
  pipe.close_reader();
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(writer.append("one\ntwo\n"));
    EXPECT_TRUE(writer.flush(60s)) << "lost counts as done";
  }
  EXPECT_EQ(writer.dropped(), 20U);
}

TEST(LogWriter, AClosedDescriptorLosesLinesOnly) {
  Pipe pipe;
  const int gone = pipe.writer();
  pipe.close_writer();
  LogWriter writer(gone);
  writer.append("one\n");
  EXPECT_TRUE(writer.flush(60s));
  EXPECT_EQ(writer.dropped(), 1U);
}

TEST(LogWriter, ANonBlockingPipeIsWaitedFor) {
  Pipe pipe;
  ASSERT_EQ(::fcntl(pipe.writer(), F_SETFL, O_NONBLOCK), 0);
  std::string received;
  {
    LogWriter writer(pipe.writer(), {.batch = 1ms, .last_wait = 60s});
    for (int i = 0; i < 300; ++i) writer.append(line(1000));
    EXPECT_FALSE(writer.flush(1ms)) << "a pipe holds less than this";
    std::thread reader([&] { received = pipe.read_all(); });
    EXPECT_TRUE(writer.flush(60s));
    pipe.close_writer();
    reader.join();
  }
  EXPECT_EQ(received.size(), 300'000U);
}

TEST(LogWriter, DestructorGivesUpOnAStoppedReader) {
  Pipe pipe;
  const auto start = std::chrono::steady_clock::now();
  {
    LogWriter writer(pipe.writer());
    for (int i = 0; i < 300; ++i) writer.append(line(1000));
  }
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, 900ms);
  EXPECT_LT(took, 10s) << "one second, and what a busy machine adds";
}

TEST(LogWriter, DestructorLeavesAWriteThatNeverReturns) {
  // A terminal whose other side does not read holds a write although poll() called it writable.
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  ASSERT_EQ(::grantpt(terminal), 0);
  ASSERT_EQ(::unlockpt(terminal), 0);
  const int side = ::open(::ptsname(terminal), O_WRONLY | O_NOCTTY);
  ASSERT_GE(side, 0);
  const auto start = std::chrono::steady_clock::now();
  {
    LogWriter writer(side, {.batch = 1ms, .last_wait = 50ms});
    for (int i = 0; i < 300; ++i) writer.append(line(1000));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  // Ends that write with an error. `side` stays open: its number must not be another file's by then.
  ::close(terminal);
}

TEST(LogWriter, LinesOfManyThreadsArriveWholeAndInEachThreadsOrder) {
  constexpr int threads = 4;
  constexpr int each = 2000;
  Pipe pipe;
  std::string received;
  std::thread reader([&] { received = pipe.read_all(); });
  {
    LogWriter writer(pipe.writer(), {.batch = 1ms, .last_wait = 60s});
    std::vector<std::thread> appenders;
    for (int t = 0; t < threads; ++t) {
      appenders.emplace_back([&writer, t] {
        for (int i = 0; i < each; ++i) writer.append(std::to_string(t) + ' ' + std::to_string(i) + '\n');
      });
    }
    for (auto& one : appenders) one.join();
  }
  pipe.close_writer();
  reader.join();
  std::array<int, threads> next{};
  for (const auto& one : lines_of(received)) {
    const auto thread = static_cast<std::size_t>(one.at(0) - '0');
    ASSERT_LT(thread, next.size()) << one;
    ASSERT_EQ(one.substr(2), std::to_string(next[thread]++));
  }
  for (const auto count : next) EXPECT_EQ(count, each);
}

}  // namespace
}  // namespace holysheep
