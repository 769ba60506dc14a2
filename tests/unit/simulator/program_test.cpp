#include "client.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holysheep {
namespace {

/// The program, with its standard output (or error) in a pipe. Ended by pid in any case.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments, int captured = STDOUT_FILENO) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], captured);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    arguments.insert(arguments.begin(), HOLYSHEEP_SIMULATOR_BINARY);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    EXPECT_EQ(posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    out_ = ends[0];
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) wait();
    ::close(out_);
  }

  std::string line() const {
    std::string text;
    char c = 0;
    while (::read(out_, &c, 1) == 1 && c != '\n') text.push_back(c);
    return text;
  }
  void terminate() const { ::kill(pid_, SIGTERM); }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  int out_ = -1;
};

std::uint16_t number_after(const std::string& line, std::string_view text) {
  std::uint16_t port = 0;
  const auto at = line.find(text);
  if (at == std::string::npos) return 0;
  std::from_chars(line.data() + at + text.size(), line.data() + line.size(), port);
  return port;
}

TEST(SimulatorProgram, SaysWhereItListensServesAndEndsOnTerm) {
  Program program({"--port", "0", "--http", "--script", "status=503"});
  const std::string line = program.line();
  const std::uint16_t port = number_after(line, "listening on http://127.0.0.1:");
  ASSERT_NE(port, 0) << line;
  ASSERT_NE(number_after(line, " control http://127.0.0.1:"), 0) << line;
  WireClient client(port);
  client.send(chat("m"));
  EXPECT_EQ(client.read_answer().status, 503U);
  program.terminate();
  EXPECT_EQ(program.wait(), 0);
}

TEST(SimulatorProgram, MakesCertificates) {
  std::string folder = (std::filesystem::temp_directory_path() / "simulator-test-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  Program program({"--make-ca", folder});
  ASSERT_TRUE(program.line().starts_with("listening on https://127.0.0.1:"));
  for (const char* name :
       {"ca.pem", "server.pem", "server.key", "expired.pem", "expired.key", "wronghost.pem", "wronghost.key",
        "selfsigned.pem", "selfsigned.key", "otherca.pem", "otherca.key"}) {
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(folder) / name)) << name;
  }
  program.terminate();
  EXPECT_EQ(program.wait(), 0);
  std::filesystem::remove_all(folder);
}

TEST(SimulatorProgram, RefusesWhatItDoesNotKnow) {
  Program program({"--what"}, STDERR_FILENO);
  EXPECT_EQ(program.line(), "holysheep-simulator: unknown option --what");
  EXPECT_EQ(program.wait(), 64);
}

}  // namespace
}  // namespace holysheep
