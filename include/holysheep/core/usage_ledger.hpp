#pragma once

#include <holysheep/core/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <sys/types.h>

namespace holysheep {

struct UsageLedgerOptions {
  std::size_t capacity = std::size_t{8} << 20;  ///< bytes that may wait; lines past it are dropped, counted
  std::chrono::milliseconds batch{20};          ///< how long the first line waits for company
  std::chrono::milliseconds again{1000};        ///< from a write that failed to the next try
  std::chrono::milliseconds sync{1000};         ///< from a write to `fdatasync`, so at most once in this time
  /// Told once when the file cannot be written or opened anew, and once when it can again (`trouble` false).
  /// One line that names USAGE_FILE. Called on the ledger's thread, and may be until the destructor returns.
  std::function<void(bool trouble, const std::string& what)> report = {};
  /// `write` and `fdatasync` of the system: what a test replaces.
  std::function<ssize_t(int, const void*, std::size_t)> write = {};
  std::function<int(int)> datasync = {};
};

/// USAGE_FILE: what each forwarded request cost, one line of JSON each (core/usage_line.hpp), only ever
/// appended. Written on one background thread: an event loop copies its line into a buffer under a short
/// lock. A disk that is full or fails loses nothing as long as the buffer holds: what could not be written is
/// tried again each second, from the byte where the last write ended, so that no line is torn in the middle.
/// Past that, whole lines are dropped and counted.
///
/// A daemon that is killed loses what came in the last `batch`; a machine that loses its power, what came in
/// the last `sync`. Several daemons may append to one file of a local disk: a batch is one `write`.
class UsageLedger {
 public:
  /// Opens the file for appending; where there is none it is made (0640). The error names USAGE_FILE and says
  /// why not; one is that it is not a regular file.
  static Result<std::unique_ptr<UsageLedger>, std::string> open(const std::string& path,
                                                                UsageLedgerOptions options = {});
  /// Writes what is left. What cannot be written then is lost, and counted among the dropped.
  ~UsageLedger();
  UsageLedger(const UsageLedger&) = delete;
  UsageLedger& operator=(const UsageLedger&) = delete;

  /// Whether the file's last line had no end when it was opened: a daemon was killed while writing it. It is
  /// ended before the first line of ours, so that it stays alone.
  [[nodiscard]] bool was_torn() const noexcept { return was_torn_; }

  /// Takes one or more whole lines, each with its '\n'. Any thread; never blocks on I/O, and allocates
  /// nothing. False: no room, dropped and counted.
  bool append(std::string_view lines);

  /// Opens the path anew before the next write: someone has moved the file away (logrotate). Where that fails
  /// the old file stays in use. Any thread; at once.
  void reopen();

  /// Waits until everything appended before is in the file (not on the disk yet). False: `within` was over
  /// first. Any thread but an event loop's.
  bool flush(std::chrono::milliseconds within = std::chrono::milliseconds(1000));

  /// Lines dropped since the start.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Shared;
  class Thread;
  UsageLedger(std::unique_ptr<Shared> shared, bool was_torn);
  std::unique_ptr<Shared> shared_;
  const bool was_torn_;
  std::thread thread_;
};

}  // namespace holysheep
