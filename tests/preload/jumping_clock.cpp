// A wall clock that jumps: preloaded into a program, it moves CLOCK_REALTIME by the nanoseconds that stand in
// the file JUMPING_CLOCK_FILE (8 bytes, as the machine has them), and whoever writes there moves it while the
// program runs. The monotonic clock and the kernel's timers stay as they are, as when a machine's clock is
// set; libfaketime moves timers and waits as well.

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

constexpr std::int64_t second = 1'000'000'000;

const std::atomic<std::int64_t>* mapped_offset() {
  static const std::atomic<std::int64_t> none{0};
  const char* path = std::getenv("JUMPING_CLOCK_FILE");
  const int file = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return &none;
  void* page = ::mmap(nullptr, sizeof none, PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  return page == MAP_FAILED ? &none : static_cast<const std::atomic<std::int64_t>*>(page);
}

timespec now() {
  static const auto* const offset = mapped_offset();
  timespec time{};
  ::syscall(SYS_clock_gettime, CLOCK_REALTIME, &time);
  const std::int64_t moved = time.tv_sec * second + time.tv_nsec + offset->load(std::memory_order_relaxed);
  return {.tv_sec = moved / second, .tv_nsec = moved % second};
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
    return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  *time = now();
  return 0;
}

__attribute__((visibility("default"))) int gettimeofday(timeval* time, void*) noexcept {
  const timespec at = now();
  *time = {.tv_sec = at.tv_sec, .tv_usec = at.tv_nsec / 1000};
  return 0;
}

__attribute__((visibility("default"))) std::time_t time(std::time_t* out) noexcept {
  const std::time_t at = now().tv_sec;
  if (out != nullptr) *out = at;
  return at;
}
}
