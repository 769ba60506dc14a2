#include "support/process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holysheep::testing {
namespace {

constexpr const char* inherited[] = {"PATH",         "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                     "TSAN_OPTIONS", "LSAN_OPTIONS", "LLVM_PROFILE_FILE"};

std::vector<std::string> environment_lines(const Environment& given) {
  Environment all = given;
  for (const char* name : inherited) {
    if (const char* value = std::getenv(name)) all.emplace(name, value);
  }
  std::vector<std::string> lines;
  for (const auto& [name, value] : all) {
    std::string line = name;
    line += '=';
    line += value;
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& string : strings) out.push_back(string.data());
  out.push_back(nullptr);
  return out;
}

/// In the child, between fork and exec: only what is safe there.
[[noreturn]] void become(const char* binary, char* const* arguments, char* const* environment, int out,
                         int err) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::execve(binary, arguments, environment);
  ::_exit(127);
}

int output_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), path);
  return fd;
}

}  // namespace

Process::Process(std::string binary, std::vector<std::string> arguments, const Environment& environment)
    : out_path_((directory_.path() / "stdout").string()), err_path_((directory_.path() / "stderr").string()) {
  arguments.insert(arguments.begin(), binary);
  auto lines = environment_lines(environment);
  const auto argv = pointers(arguments);
  const auto envp = pointers(lines);
  const int out = output_file(out_path_);
  const int err = output_file(err_path_);
  pid_ = ::fork();
  if (pid_ == 0) become(binary.c_str(), argv.data(), envp.data(), out, err);
  ::close(out);
  ::close(err);
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
}

Process::~Process() {
  if (!ending_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (pidfd_ >= 0) ::close(pidfd_);
}

void Process::signal(int number) const {
  if (!ending_) ::kill(pid_, number);
}

std::optional<Ending> Process::wait(std::chrono::milliseconds limit) {
  if (ending_) return ending_;
  const auto deadline = Clock::now() + limit;
  pollfd ended{pidfd_, POLLIN, 0};
  while (::poll(&ended, 1, milliseconds_until(deadline)) < 0 && errno == EINTR) {
  }
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  ending_.emplace();
  if (WIFEXITED(status)) ending_->code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ending_->signal = WTERMSIG(status);
  ending_->dumped_core = WIFSIGNALED(status) && WCOREDUMP(status);
  return ending_;
}

std::size_t Process::status_field(std::string_view name) const {
  std::istringstream lines(read_file("/proc/" + std::to_string(pid_) + "/status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10);
  }
  return 0;
}

std::size_t Process::resident_bytes() const {
  return status_field("VmRSS:") * 1024;
}

std::size_t Process::threads() const {
  return status_field("Threads:");
}

std::size_t Process::open_descriptors() const {
  const std::string folder = "/proc/" + std::to_string(pid_) + "/fd";
  std::error_code closed;
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder, closed)) {
    (void)entry;
    ++count;
  }
  if (!closed) return count;
  // The proxy's is root's alone; how many there are, newer kernels (6.2) say without a look into it.
  struct stat found{};
  return ::stat(folder.c_str(), &found) == 0 ? static_cast<std::size_t>(found.st_size) : 0;
}

std::size_t Process::limit_descriptors(std::size_t count) const {
  rlimit limit{};
  ::prlimit(pid_, RLIMIT_NOFILE, nullptr, &limit);
  const auto before = static_cast<std::size_t>(limit.rlim_cur);
  limit.rlim_cur = std::min<rlim_t>(count, limit.rlim_max);
  ::prlimit(pid_, RLIMIT_NOFILE, &limit, nullptr);
  return before;
}

Outcome run_to_end(const std::string& binary, const std::vector<std::string>& arguments,
                   const Environment& environment, std::chrono::milliseconds limit) {
  Process process(binary, arguments, environment);
  const auto ending = process.wait(limit);
  return {ending, process.out(), process.err()};
}

}  // namespace holysheep::testing
