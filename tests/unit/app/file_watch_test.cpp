#include <holysheep/app/file_watch.hpp>

#include <filesystem>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <support/files.hpp>
#include <sys/resource.h>
#include <unistd.h>

namespace holysheep::app {
namespace {

using testing::TempDirectory;

/// While it lives this process can open nothing more.
class DescriptorsShort {
 public:
  DescriptorsShort() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(lowest_free);
    rlimit limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(lowest_free);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~DescriptorsShort() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorsShort(const DescriptorsShort&) = delete;
  DescriptorsShort& operator=(const DescriptorsShort&) = delete;

 private:
  rlimit before_{};
};

class WatchedFile : public ::testing::Test {
 protected:
  WatchedFile() {
    watch_.add(path_, [this] { read_ = testing::read_file(path_); });
  }

  /// Another file in its place, as a Secret is replaced.
  void replace(const std::string& content) const {
    std::filesystem::rename(directory_.write("new", content), path_);
  }

  TempDirectory directory_;
  const std::string path_ = directory_.write("key", "old");
  FileWatch watch_;
  std::string read_ = "not read";
};

TEST_F(WatchedFile, IsReadAgainOnceItHasChanged) {
  watch_.look(false);
  EXPECT_EQ(read_, "not read");
  replace("new");
  watch_.look(false);
  EXPECT_EQ(read_, "new");
}

TEST_F(WatchedFile, IsReadAgainUnchangedWhenAllAre) {
  watch_.look(true);
  EXPECT_EQ(read_, "old");
}

TEST_F(WatchedFile, ThatCouldNotBeOpenedForWantOfDescriptorsIsReadAtTheNextLook) {
  replace("new");
  {
    const DescriptorsShort now;
    watch_.look(false);
  }
  EXPECT_NE(read_, "new");
  watch_.look(false);
  EXPECT_EQ(read_, "new");
}

TEST_F(WatchedFile, OwesAReadingOnSighupUntilDescriptorsAreThere) {
  // UndefinedBehaviorSanitizer needs a descriptor when it sees an object for the first time.
  ASSERT_EQ(read_, "not read");
  {
    const DescriptorsShort now;
    watch_.look(true);
    watch_.look(false);
  }
  watch_.look(false);
  EXPECT_EQ(read_, "old");
}

TEST_F(WatchedFile, ThatIsGoneIsReadOnceAndNoMore) {
  int readings = 0;
  FileWatch watch;
  watch.add(path_, [&] { ++readings; });
  std::filesystem::remove(path_);
  for (int i = 0; i < 3; ++i) watch.look(false);
  EXPECT_EQ(readings, 1);
}

}  // namespace
}  // namespace holysheep::app
