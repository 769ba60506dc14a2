#pragma once

#include "support/deadline.hpp"
#include "support/files.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace holysheep::testing {

using Environment = std::map<std::string, std::string>;

/// How a process ended: its exit code, or the signal that killed it.
struct Ending {
  std::optional<int> code;
  std::optional<int> signal;
  bool dumped_core = false;
};

/// A real binary in a process of its own. Its environment holds what is given, PATH, and the options of
/// sanitizers and coverage, nothing else. Its output goes to files. What still runs at the end is killed.
class Process {
 public:
  Process(std::string binary, std::vector<std::string> arguments, const Environment& environment);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;

  /// Waits for the end; nothing when `limit` passed before.
  std::optional<Ending> wait(std::chrono::milliseconds limit = patience());
  bool running() { return !wait(std::chrono::milliseconds{0}); }

  std::string out() const { return read_file(out_path_); }
  const std::string& out_path() const { return out_path_; }
  std::string err() const { return read_file(err_path_); }

  /// Of /proc/PID: resident bytes, open descriptors, threads; 0 when it is gone.
  std::size_t resident_bytes() const;
  std::size_t open_descriptors() const;
  std::size_t threads() const;
  /// From now on it may open so many descriptors and no more (at most its hard limit). Returns what it could.
  std::size_t limit_descriptors(std::size_t count) const;

 private:
  std::size_t status_field(std::string_view name) const;

  TempDirectory directory_;
  std::string out_path_;
  std::string err_path_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<Ending> ending_;
};

/// Runs a program to its end; `ending` is empty when it did not come within `limit`.
struct Outcome {
  std::optional<Ending> ending;
  std::string out;
  std::string err;
  int code() const { return ending && ending->code ? *ending->code : -1; }
};
Outcome run_to_end(const std::string& binary, const std::vector<std::string>& arguments,
                   const Environment& environment, std::chrono::milliseconds limit = patience());

}  // namespace holysheep::testing
