#include <holysheep/app/process_stats.hpp>

#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace holysheep::app {
namespace {

std::string content_of_proc(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::optional<std::uint64_t> leading_number(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

double cpu_seconds() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::uint64_t open_descriptors() {
  std::error_code error;
  std::uint64_t count = 0;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  return count > 0 ? count - 1 : 0;  // one of them is this look's
}

std::uint64_t most_descriptors() noexcept {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

/// It does not change, and neither does the answer, though the kernel's of the boot may by a second.
double start_time() {
  static const double time = [] {
    const auto ticks = start_ticks(content_of_proc("/proc/self/stat"));
    const auto boot = boot_time(content_of_proc("/proc/stat"));
    if (!ticks || !boot) return 0.0;
    return static_cast<double>(*boot) +
           static_cast<double>(*ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }();
  return time;
}

}  // namespace

ProcessStats read_process_stats() {
  return {.cpu_seconds = cpu_seconds(),
          .open_fds = open_descriptors(),
          .max_fds = most_descriptors(),
          .start_time_seconds = start_time()};
}

std::optional<std::uint64_t> start_ticks(std::string_view stat) noexcept {
  constexpr int fields_before = 20;  // from the third, the first behind the name, to the 22nd
  const auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(name_end + 1);
  for (int i = 0; i < fields_before; ++i) {
    const auto blank = stat.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    stat.remove_prefix(blank + 1);
  }
  return leading_number(stat);
}

std::optional<std::uint64_t> boot_time(std::string_view stat) noexcept {
  constexpr std::string_view line = "\nbtime ";
  const auto at = stat.find(line);
  if (at == std::string_view::npos) return std::nullopt;
  return leading_number(stat.substr(at + line.size()));
}

}  // namespace holysheep::app
