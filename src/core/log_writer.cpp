#include <holysheep/core/log_writer.hpp>
#include <holysheep/core/text.hpp>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <string>

#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holysheep {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A pipe that poll() calls writable takes this much without blocking (POSIX: PIPE_BUF), whatever its flags.
// They stay as they are, since the open file may be shared with other processes.
constexpr std::size_t pipe_piece = 4096;
// How long a wait for a slow reader lasts before it looks whether the daemon is ending.
constexpr int poll_ms = 50;
// A buffer that a burst made resident beyond this is given back.
constexpr std::size_t kept_resident = std::size_t{1} << 20;

std::uint64_t count_lines(std::string_view lines) {
  return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

bool is_regular_file(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

void append_dropped_line(std::string& out, std::uint64_t lines, LogFormat format) {
  const auto now = std::chrono::system_clock::now();
  const bool json = format == LogFormat::json;
  if (json) out.append(R"({"time":")");
  append_timestamp(out, now);
  out.append(json ? R"(","level":"warn","msg":"log lines dropped: the log's reader is too slow","dropped":)"
                  : " warn     log lines dropped: the log's reader is too slow, dropped=");
  append_number(out, lines);
  out.append(json ? "}\n" : "\n");
}

}  // namespace

struct LogWriter::Shared {
  Shared(int fd, LogWriterOptions given) : descriptor(fd), options(given) { pending.reserve(given.capacity); }

  const int descriptor;
  const LogWriterOptions options;

  std::mutex mutex;
  std::condition_variable work;   // there is something to write, or to end for
  std::condition_variable hurry;  // do not wait for more
  std::condition_variable moved;  // something was written, or the thread has ended
  std::string pending;
  std::size_t writing = 0;         // bytes taken from `pending` and not written yet
  std::uint64_t appended = 0;      // bytes, ever
  std::uint64_t done = 0;          // bytes written or lost, ever
  std::uint64_t dropped = 0;       // lines, ever
  std::uint64_t told_dropped = 0;  // of them, those that a line in the log speaks of
  unsigned flushing = 0;           // callers that wait in flush()
  bool reader_gone = false;        // the last write failed
  bool stopping = false;
  bool ended = false;
  SteadyClock::time_point stop_by{};
};

/// The background thread's side.
class LogWriter::Thread {
 public:
  explicit Thread(std::shared_ptr<Shared> shared)
      : shared_(std::move(shared)), piece_(is_regular_file(shared_->descriptor) ? unbounded : pipe_piece) {
    batch_.reserve(shared_->options.capacity);
  }

  void run() {
    while (take_batch()) write_batch();
    const std::scoped_lock lock(shared_->mutex);
    shared_->ended = true;
    shared_->moved.notify_all();
  }

 private:
  /// Sleeps until there is something, gathers for a moment, takes it all. False: the end.
  bool take_batch() {
    auto& s = *shared_;
    std::unique_lock lock(s.mutex);
    const auto untold = [&s] { return s.dropped > s.told_dropped && !s.reader_gone; };
    s.work.wait(lock, [&] { return !s.pending.empty() || untold() || s.stopping; });
    const auto pressing = [&s] { return s.stopping || s.flushing > 0 || s.pending.size() >= early(s); };
    s.hurry.wait_for(lock, s.options.batch, pressing);
    if (s.pending.empty() && !untold()) return false;
    batch_.swap(s.pending);
    s.writing = batch_.size();
    taken_ = batch_.size();
    telling_ = s.dropped - s.told_dropped;
    s.told_dropped = s.dropped;
    return true;
  }

  void write_batch() {
    if (telling_ > 0) append_dropped_line(batch_, telling_, shared_->options.format);
    const auto written = write_all(batch_);
    finish_batch(written);
    if (batch_.size() > kept_resident) {
      batch_ = std::string();
      batch_.reserve(shared_->options.capacity);
    }
    batch_.clear();
  }

  /// Gives back what is left of the batch's room, and counts what was lost.
  void finish_batch(std::size_t written) {
    auto& s = *shared_;
    const bool lost = written < batch_.size();
    const std::scoped_lock lock(s.mutex);
    if (lost) {
      const auto ours = std::string_view(batch_).substr(0, taken_);
      s.dropped += count_lines(ours.substr(std::min(written, taken_)));
      s.told_dropped -= telling_;
    }
    s.reader_gone = lost;
    s.done += s.writing;
    s.writing = 0;
    s.moved.notify_all();
  }

  /// Returns how much of `bytes` went out before the reader was gone or time was up.
  std::size_t write_all(std::string_view bytes) {
    std::size_t written = 0;
    if (torn_ && !write_piece("\n")) return 0;
    torn_ = false;
    while (written < bytes.size()) {
      const auto count = write_piece(bytes.substr(written, piece_));
      if (count == 0) break;
      written += count;
      give_back(count);
    }
    torn_ = written > 0 && bytes[written - 1] != '\n';
    return written;
  }

  /// Returns 0 when nothing more can be written.
  std::size_t write_piece(std::string_view bytes) {
    while (wait_writable()) {
      const auto count = ::write(shared_->descriptor, bytes.data(), bytes.size());
      if (count > 0) return static_cast<std::size_t>(count);
      if (count < 0 && errno != EAGAIN && errno != EINTR) return 0;
    }
    return 0;
  }

  bool wait_writable() {
    while (true) {
      pollfd wanted{.fd = shared_->descriptor, .events = POLLOUT, .revents = 0};
      const int ready = ::poll(&wanted, 1, poll_ms);
      if (ready > 0) return true;  // an error shows in write()
      if (time_is_up()) return false;
    }
  }

  bool time_is_up() {
    const std::scoped_lock lock(shared_->mutex);
    return shared_->stopping && SteadyClock::now() >= shared_->stop_by;
  }

  void give_back(std::size_t bytes) {
    const std::scoped_lock lock(shared_->mutex);
    const auto ours = std::min(bytes, shared_->writing);
    shared_->writing -= ours;
    shared_->done += ours;
  }

  static std::size_t early(const Shared& s) { return s.options.capacity / 8; }

  friend class LogWriter;
  std::shared_ptr<Shared> shared_;
  const std::size_t piece_;
  std::string batch_;
  std::size_t taken_ = 0;      // bytes of `batch_` that were appended by others
  std::uint64_t telling_ = 0;  // dropped lines that the end of `batch_` speaks of
  bool torn_ = false;          // what was written last ended inside a line
};

LogWriter::LogWriter(int descriptor, LogWriterOptions options)
    : shared_(std::make_shared<Shared>(descriptor, options)) {
  // No signal is delivered to the thread: SIGTERM is for the daemon's own, SIGPIPE for nobody.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([shared = shared_] { Thread(shared).run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogWriter::~LogWriter() {
  auto& s = *shared_;
  std::unique_lock lock(s.mutex);
  s.stopping = true;
  s.stop_by = SteadyClock::now() + s.options.last_wait;
  s.work.notify_all();
  s.hurry.notify_all();
  // A stopped terminal can hold a write for ever: then the thread is left to the end of the process.
  const auto grace = std::chrono::milliseconds(4 * poll_ms);
  const bool ended = s.moved.wait_until(lock, s.stop_by + grace, [&s] { return s.ended; });
  lock.unlock();
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

bool LogWriter::append(std::string_view lines) {
  auto& s = *shared_;
  bool first = false;
  bool many = false;
  {
    const std::scoped_lock lock(s.mutex);
    const auto waiting = s.pending.size() + s.writing;
    if (lines.size() > s.options.capacity - std::min(waiting, s.options.capacity)) {
      s.dropped += count_lines(lines);
      return false;
    }
    const auto before = s.pending.size();
    s.pending.append(lines);
    s.appended += lines.size();
    first = before == 0;
    many = before < Thread::early(s) && s.pending.size() >= Thread::early(s);
  }
  if (first) s.work.notify_one();
  if (many) s.hurry.notify_one();
  return true;
}

bool LogWriter::flush(std::chrono::milliseconds within) {
  auto& s = *shared_;
  std::unique_lock lock(s.mutex);
  const auto target = s.appended;
  ++s.flushing;
  s.hurry.notify_all();
  const bool reached = s.moved.wait_for(lock, within, [&] { return s.done >= target; });
  --s.flushing;
  return reached;
}

std::uint64_t LogWriter::dropped() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->dropped;
}

}  // namespace holysheep
