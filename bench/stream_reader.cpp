// Opens event streams through a proxy and reads them from one epoll loop. Each event carries the monotonic
// time at which upstream made it, so the reader knows how long it was on its way.
//
//   holysheep-stream-reader PORT STREAMS INTERVAL_MS WARM_S MEASURE_S
//
// Prints "begin" when the streams have run for WARM_S, and "end" with what it counted MEASURE_S later; then
// it waits for its standard input to close, the streams still open. Any stream that ends or fails is an
// error: exit 1.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "stream-reader: %s\n", what);
  std::exit(1);
}

struct Plan {
  std::uint16_t port;
  int streams;
  int interval_ms;
  Clock::duration warm;
  Clock::duration measure;
};

/// Finds the stamps in a stream that comes in pieces: what could be the beginning of one is kept for the next
/// piece.
class Stamps {
 public:
  template <class Take>
  void feed(std::string_view piece, Take take) {
    rest_.append(piece);
    std::size_t at = 0;
    for (;;) {
      const std::size_t mark = rest_.find(key, at);
      if (mark == std::string::npos) break;
      const std::size_t end = rest_.find(',', mark + key.size());
      if (end == std::string::npos) {
        rest_.erase(0, mark);
        return;
      }
      std::int64_t stamp = 0;
      std::from_chars(rest_.data() + mark + key.size(), rest_.data() + end, stamp);
      take(stamp);
      at = end;
    }
    rest_.erase(0, std::max(at, rest_.size() > key.size() ? rest_.size() - key.size() : 0));
  }

 private:
  static constexpr std::string_view key = "\"ns\":";
  std::string rest_;
};

struct Stream {
  int fd = -1;
  bool has_status = false;
  Stamps stamps;
};

int open_stream(const Plan& plan) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(plan.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    fail("cannot connect");
  const std::string request =
      "GET /v1/stream?events=1000000&size=256&interval_ms=" + std::to_string(plan.interval_ms) +
      " HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n";
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    fail("cannot send");
  }
  return fd;
}

class Reader {
 public:
  explicit Reader(const Plan& plan) : plan_(plan), streams_(static_cast<std::size_t>(plan.streams)) {
    if (epoll_ < 0) fail("no epoll");
  }

  /// Each begins a little further on in the interval, and with time for the handshakes in between, so that
  /// the events are spread evenly.
  void open_all() {
    const auto begin = Clock::now();
    const Clock::duration interval = std::chrono::milliseconds(plan_.interval_ms);
    const auto apart =
        plan_.interval_ms > 1000 ? std::chrono::microseconds(200) : interval + interval / plan_.streams;
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      Stream& stream = streams_[i];
      stream.fd = open_stream(plan_);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &stream;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, stream.fd, &event);
      read_until(begin + apart * static_cast<std::int64_t>(i + 1));
      // Never more than a listen queue's worth of them unanswered.
      while (i + 1 - answered_ > 64) read_until(Clock::now() + std::chrono::milliseconds(1));
    }
    const auto limit = Clock::now() + std::chrono::seconds(30);
    while (answered_ < streams_.size()) {
      if (Clock::now() > limit) fail("not every stream began within 30 seconds");
      read_until(Clock::now() + std::chrono::milliseconds(5));
    }
  }

  void run() {
    read_until(Clock::now() + plan_.warm);
    latencies_.clear();
    std::puts("begin");
    std::fflush(stdout);
    read_until(Clock::now() + plan_.measure);
    std::sort(latencies_.begin(), latencies_.end());
    std::printf("end {\"events\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f}\n", latencies_.size(), percentile(50),
                percentile(99));
    std::fflush(stdout);
  }

 private:
  [[nodiscard]] double percentile(std::size_t p) const {
    if (latencies_.empty()) return 0;
    return static_cast<double>(latencies_[(latencies_.size() - 1) * p / 100]) / 1000;
  }

  void read_until(Clock::time_point end) {
    std::array<epoll_event, 256> events{};
    for (;;) {
      const auto left = end - Clock::now();
      if (left <= Clock::duration::zero()) return;
      const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
      const timespec wait{.tv_sec = nanoseconds / 1'000'000'000, .tv_nsec = nanoseconds % 1'000'000'000};
      const int count =
          ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
      for (int i = 0; i < count; ++i)
        read(*static_cast<Stream*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
  }

  void read(Stream& stream) {
    std::array<char, 16384> buffer;
    const ssize_t length = ::recv(stream.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (length <= 0) fail("a stream ended");
    const std::int64_t now = std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
    const std::string_view piece(buffer.data(), static_cast<std::size_t>(length));
    if (!stream.has_status) {
      if (!piece.starts_with("HTTP/1.1 200")) fail("a stream was refused");
      stream.has_status = true;
      ++answered_;
    }
    stream.stamps.feed(piece, [&](std::int64_t stamp) { latencies_.push_back(now - stamp); });
  }

  Plan plan_;
  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<Stream> streams_;
  std::size_t answered_ = 0;
  std::vector<std::int64_t> latencies_;  // nanoseconds
};

Clock::duration seconds(const char* text) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::atof(text)));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) fail("usage: PORT STREAMS INTERVAL_MS WARM_S MEASURE_S");
  Reader reader({.port = static_cast<std::uint16_t>(std::atoi(argv[1])),
                 .streams = std::atoi(argv[2]),
                 .interval_ms = std::atoi(argv[3]),
                 .warm = seconds(argv[4]),
                 .measure = seconds(argv[5])});
  reader.open_all();
  reader.run();
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}
