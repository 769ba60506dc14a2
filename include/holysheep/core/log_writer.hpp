#pragma once

#include <holysheep/core/settings.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>

namespace holysheep {

struct LogWriterOptions {
  std::size_t capacity = std::size_t{8}
                         << 20;               ///< bytes that may wait; lines past it are dropped and counted
  std::chrono::milliseconds batch{20};        ///< how long the first line waits for company
  std::chrono::milliseconds last_wait{1000};  ///< how long the destructor may take with a reader that stalls
  LogFormat format = LogFormat::json;         ///< of the line that tells how many were dropped
};

/// Carries log lines to a file descriptor on one background thread, so that an event loop never waits for
/// whoever reads the log: `append` copies into a buffer under a short lock, and the thread swaps the buffer
/// out and writes it. With a reader that is slow, lines past `capacity` are dropped, and a line in the log
/// says how many once there is room; with a reader that is gone, everything is dropped and counted. Neither
/// a signal (SIGPIPE) nor a full pipe can stop the daemon.
///
/// The descriptor is lent, stays open as long as the writer lives, and keeps its flags.
class LogWriter {
 public:
  explicit LogWriter(int descriptor, LogWriterOptions options = {});
  /// Writes what is left, for `last_wait` at most.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Takes one or more whole lines, each with its '\n'. Any thread; never blocks on I/O, and allocates
  /// nothing. False: no room, dropped and counted.
  bool append(std::string_view lines);

  /// Waits until everything appended before has been written, or lost with a reader that is gone. False:
  /// `within` was over first. Any thread but an event loop's.
  bool flush(std::chrono::milliseconds within = std::chrono::milliseconds(1000));

  /// Lines dropped since the start.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Shared;
  class Thread;
  std::shared_ptr<Shared>
      shared_;  // the thread's too: it may outlive the writer in a write that never returns
  std::thread thread_;
};

}  // namespace holysheep
