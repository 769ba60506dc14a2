#include "support/files.hpp"
#include "support/proxy_process.hpp"
#include "support/raw_client.hpp"

#include <csignal>
#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holysheep::testing {
namespace {

/// A folder for everybody, with the program in it: what lies in a checkout may not be there for another user.
class Dumps : public ::testing::Test {
 protected:
  Dumps() {
    namespace fs = std::filesystem;
    fs::permissions(directory_.path(), fs::perms::all);
    fs::copy_file(proxy_binary(), directory_.path() / "holysheep-proxy");
    fs::permissions(directory_.path() / "holysheep-proxy", fs::perms(0755));
  }

  /// A shell that lets cores be as large as they like, and then becomes something else.
  Command unlimited(const std::string& what) const {
    return {
        {"/bin/sh", "-c", "cd '" + directory_.path().string() + "' && ulimit -c unlimited && exec " + what}};
  }
  std::string proxy() const { return (directory_.path() / "holysheep-proxy").string(); }
  std::string as_a_user(const std::string& what) const {
    return "setpriv --reuid=10001 --regid=10001 --clear-groups -- " + what;
  }

  /// Whether this machine lets a process that wants to leave a core do so.
  bool leaves_cores(const std::string& how) const {
    const auto command = unlimited(how + " sh -c 'kill -ABRT $$'").words;
    const auto ended = run_to_end(command[0], {command.begin() + 1, command.end()}, {});
    return ended.ending && ended.ending->dumped_core;
  }

  static Ending aborted(ProxyProcess& proxy) {
    proxy.process().signal(SIGABRT);
    return proxy.process().wait().value_or(Ending{});
  }

  TempDirectory directory_;
};

double metric(const std::string& page, const std::string& name) {
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
  }
  return -1;
}

TEST_F(Dumps, AreNotLeftBySigabrtWhateverTheLimitIs) {
  if (!leaves_cores("")) GTEST_SKIP() << "nobody leaves a core on this machine";
  ProxyProcess own(unlimited(proxy()), {{"HOLYSHEEP_API_KEY", "sk-a-key"}});
  const Ending ending = aborted(own);
  EXPECT_EQ(ending.signal, SIGABRT);
  EXPECT_FALSE(ending.dumped_core);
}

TEST_F(Dumps, AreNotLeftBySigabrtUnderAUserOfItsOwn) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root becomes another user";
  if (!leaves_cores(as_a_user(""))) GTEST_SKIP() << "nobody leaves a core on this machine";
  ProxyProcess own(unlimited(as_a_user(proxy())), {{"HOLYSHEEP_API_KEY", "sk-a-key"}});
  const Ending ending = aborted(own);
  EXPECT_EQ(ending.signal, SIGABRT);
  EXPECT_FALSE(ending.dumped_core);
}

/// What may not be dumped has files in /proc that are root's: it still reads what its metrics are made of.
TEST_F(Dumps, ForbiddenLeaveAUsersProcessItsOwnMetrics) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root becomes another user";
  const auto admin = unused_port();
  ProxyProcess own(unlimited(as_a_user(proxy())), {{"ADMIN_PORT", std::to_string(admin)}});
  struct stat environment{};
  ASSERT_EQ(::stat(("/proc/" + std::to_string(own.process().pid()) + "/environ").c_str(), &environment), 0);
  EXPECT_EQ(environment.st_uid, 0U);
  const auto answer = get(admin, "/metrics");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto& page = answer.body;
  EXPECT_GT(metric(page, "process_open_fds"), 5);
  EXPECT_GT(metric(page, "process_max_fds"), 5);
  EXPECT_GT(metric(page, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(metric(page, "process_cpu_seconds_total"), 0);
  EXPECT_GT(metric(page, "process_start_time_seconds"), 1e9);
  EXPECT_EQ(own.stop(), 0);
}

}  // namespace
}  // namespace holysheep::testing
