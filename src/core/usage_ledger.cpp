#include <holysheep/core/redaction.hpp>
#include <holysheep/core/usage_ledger.hpp>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holysheep {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A buffer that a burst made resident beyond this is given back.
constexpr std::size_t kept_resident = std::size_t{1} << 20;

std::uint64_t count_lines(std::string_view lines) {
  return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

std::string message_of(int error) {
  return std::generic_category().message(error);
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const noexcept { return number_; }

 private:
  int number_;
};

bool is_same_file(int one, int other) {
  struct stat a{};
  struct stat b{};
  return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Not blocking: a FIFO without a reader would hold us.
Result<Descriptor, std::string> open_file(const std::string& path) {
  Descriptor file(
      ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640));
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return Unexpected{message_of(errno)};
  if (!S_ISREG(status.st_mode)) return Unexpected{std::string("it is not a regular file")};
  return file;
}

bool ends_inside_a_line(int file) {
  struct stat status{};
  char last = '\n';
  return ::fstat(file, &status) == 0 && status.st_size > 0 &&
         ::pread(file, &last, 1, status.st_size - 1) == 1 && last != '\n';
}

}  // namespace

struct UsageLedger::Shared {
  Shared(std::string where, UsageLedgerOptions given, Descriptor opened)
      : path(std::move(where)),
        name("USAGE_FILE=" + redacted(path)),
        options(std::move(given)),
        file(std::move(opened)) {
    if (!options.write) options.write = ::write;
    if (!options.datasync) options.datasync = ::fdatasync;
    pending.reserve(options.capacity);
  }

  const std::string path;
  const std::string name;  // as a message names it
  UsageLedgerOptions options;
  Descriptor file;  // the thread's, once it runs

  std::mutex mutex;
  std::condition_variable work;   // there is something to do
  std::condition_variable hurry;  // do not wait for more
  std::condition_variable moved;  // something was written
  std::string pending;
  std::size_t writing = 0;     // bytes taken from `pending` and not written yet
  std::uint64_t appended = 0;  // bytes, ever
  std::uint64_t done = 0;      // bytes written, or lost at the end, ever
  std::uint64_t dropped = 0;   // lines, ever
  unsigned flushing = 0;       // callers that wait in flush()
  bool reopening = false;
  bool stopping = false;
};

/// The background thread's side.
class UsageLedger::Thread {
 public:
  Thread(Shared& shared, bool was_torn) : shared_(shared), end_torn_line_(was_torn) {
    batch_.reserve(shared_.options.capacity);
  }

  void run() {
    while (wait()) {
      if (std::exchange(reopening_, false)) reopen();
      write();
      if (dirty_ && SteadyClock::now() >= sync_at_) sync();
    }
    if (std::exchange(reopening_, false)) reopen();
    again_at_ = {};
    write();
    while (batch_.empty() && take_rest()) write();
    if (dirty_) sync();
    give_up();
  }

 private:
  /// Sleeps until there is something to do, and takes what has come. False: the end.
  bool wait() {
    auto& s = shared_;
    std::unique_lock lock(s.mutex);
    const auto something = [&] { return s.stopping || s.reopening || (may_take() && !s.pending.empty()); };
    if (const auto due = next_due()) {
      s.work.wait_until(lock, *due, something);
    } else {
      s.work.wait(lock, something);
    }
    const bool takes = may_take() && !s.pending.empty();
    if (takes) {
      s.hurry.wait_for(lock, s.options.batch, [&s] {
        return s.stopping || s.reopening || s.flushing > 0 || s.pending.size() >= early(s);
      });
      batch_.swap(s.pending);
      s.writing = batch_.size();
    }
    // Only now: what is taken goes into the file that is there after a reopen() that came meanwhile.
    reopening_ = std::exchange(s.reopening, false);
    return takes || !s.stopping;
  }

  /// What came while the batch before waited for the disk.
  bool take_rest() {
    const std::scoped_lock lock(shared_.mutex);
    batch_.swap(shared_.pending);
    shared_.writing = batch_.size();
    return !batch_.empty();
  }

  [[nodiscard]] bool may_take() const { return batch_.empty(); }

  [[nodiscard]] std::optional<SteadyClock::time_point> next_due() const {
    if (!batch_.empty()) return dirty_ ? std::min(again_at_, sync_at_) : again_at_;
    if (dirty_) return sync_at_;
    return std::nullopt;
  }

  /// Writes from where the last write ended; not before it is time to try again.
  void write() {
    if (batch_.empty() || SteadyClock::now() < again_at_ || !put_end_of_torn_line()) return;
    while (written_ < batch_.size()) {
      const auto count = put(std::string_view(batch_).substr(written_));
      if (count == 0) return;
      written_ += count;
      const std::scoped_lock lock(shared_.mutex);
      shared_.writing -= count;
      shared_.done += count;
      shared_.moved.notify_all();
    }
    works_again(write_trouble_);
    clear_batch();
  }

  bool put_end_of_torn_line() {
    if (end_torn_line_ && put("\n") == 0) return false;
    end_torn_line_ = false;
    return true;
  }

  /// How much of `bytes` was written; 0: nothing can be now.
  std::size_t put(std::string_view bytes) {
    ssize_t count = 0;
    do {
      count = shared_.options.write(shared_.file.get(), bytes.data(), bytes.size());
    } while (count < 0 && errno == EINTR);
    if (count <= 0) {
      again_at_ = SteadyClock::now() + shared_.options.again;
      in_trouble(write_trouble_, message_of(count < 0 ? errno : ENOSPC) +
                                     "; what has come is kept and written later, as long as it fits");
      return 0;
    }
    if (!dirty_) sync_at_ = SteadyClock::now() + shared_.options.sync;
    dirty_ = true;
    return static_cast<std::size_t>(count);
  }

  void sync() {
    if (shared_.options.datasync(shared_.file.get()) == 0) {
      dirty_ = false;
      works_again(sync_trouble_);
      return;
    }
    sync_at_ = SteadyClock::now() + shared_.options.sync;
    in_trouble(sync_trouble_, message_of(errno) + "; what was written may not be on the disk");
  }

  /// A file that is still the same goes on in the middle of its line. In another, a line that was begun in
  /// the old one is written whole.
  void reopen() {
    auto opened = open_file(shared_.path);
    if (!opened) return in_trouble(open_trouble_, opened.error() + "; the file that was open stays in use");
    works_again(open_trouble_);
    if (is_same_file(opened->get(), shared_.file.get())) return;
    if (dirty_) sync();
    dirty_ = false;
    shared_.file = std::move(*opened);
    again_at_ = {};
    end_torn_line_ = ends_inside_a_line(shared_.file.get());
    begin_line_again();
  }

  void begin_line_again() {
    if (written_ == 0) return;
    const auto end = batch_.rfind('\n', written_ - 1);
    const auto back = written_ - (end == std::string::npos ? 0 : end + 1);
    written_ -= back;
    const std::scoped_lock lock(shared_.mutex);
    shared_.writing += back;
    shared_.done -= back;
  }

  /// What is left at the end.
  void give_up() {
    const std::scoped_lock lock(shared_.mutex);
    shared_.dropped += count_lines(std::string_view(batch_).substr(written_)) + count_lines(shared_.pending);
    shared_.done = shared_.appended;
    shared_.moved.notify_all();
  }

  void clear_batch() {
    if (batch_.size() > kept_resident) {
      std::string().swap(batch_);  // an assignment would keep the room
      batch_.reserve(shared_.options.capacity);
    }
    batch_.clear();
    written_ = 0;
  }

  void in_trouble(bool& known, const std::string& what) {
    if (!std::exchange(known, true)) report(true, what);
  }
  void works_again(bool& known) {
    if (std::exchange(known, false)) report(false, "it can be written again");
  }
  void report(bool trouble, const std::string& what) {
    if (shared_.options.report) shared_.options.report(trouble, shared_.name + ": " + what);
  }

  static std::size_t early(const Shared& s) { return s.options.capacity / 8; }

  friend class UsageLedger;
  Shared& shared_;
  std::string batch_;
  std::size_t written_ = 0;  // of batch_
  bool end_torn_line_;       // the file's last line is another's, and has no end
  bool dirty_ = false;       // written, and not on the disk yet
  bool reopening_ = false;
  bool write_trouble_ = false;  // told already, each
  bool sync_trouble_ = false;
  bool open_trouble_ = false;
  SteadyClock::time_point again_at_{};
  SteadyClock::time_point sync_at_{};
};

Result<std::unique_ptr<UsageLedger>, std::string> UsageLedger::open(const std::string& path,
                                                                    UsageLedgerOptions options) {
  auto file = open_file(path);
  if (!file) return Unexpected{"USAGE_FILE=" + redacted(path) + ": " + file.error()};
  const bool torn = ends_inside_a_line(file->get());
  auto shared = std::make_unique<Shared>(path, std::move(options), std::move(*file));
  return std::unique_ptr<UsageLedger>(new UsageLedger(std::move(shared), torn));
}

UsageLedger::UsageLedger(std::unique_ptr<Shared> shared, bool was_torn)
    : shared_(std::move(shared)), was_torn_(was_torn) {
  // No signal is delivered to the thread: SIGTERM is for the daemon's own, SIGXFSZ (a file at its limit)
  // shows as an error of the write.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([&s = *shared_, was_torn] { Thread(s, was_torn).run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

UsageLedger::~UsageLedger() {
  {
    const std::scoped_lock lock(shared_->mutex);
    shared_->stopping = true;
    shared_->work.notify_all();
    shared_->hurry.notify_all();
  }
  thread_.join();
}

bool UsageLedger::append(std::string_view lines) {
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

void UsageLedger::reopen() {
  const std::scoped_lock lock(shared_->mutex);
  shared_->reopening = true;
  shared_->work.notify_all();
  shared_->hurry.notify_all();
}

bool UsageLedger::flush(std::chrono::milliseconds within) {
  auto& s = *shared_;
  std::unique_lock lock(s.mutex);
  const auto target = s.appended;
  ++s.flushing;
  s.hurry.notify_all();
  const bool reached = s.moved.wait_for(lock, within, [&] { return s.done >= target; });
  --s.flushing;
  return reached;
}

std::uint64_t UsageLedger::dropped() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->dropped;
}

}  // namespace holysheep
