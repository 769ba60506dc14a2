#include "support/hostile_crowd.hpp"

#include "support/raw_client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holysheep::testing {
namespace {

using Habit = HostileCrowd::Habit;
using std::chrono::milliseconds;

constexpr milliseconds turn{20};
constexpr int back_each_turn = 10;  // who was thrown out: 500 a second
constexpr int new_each_turn = 200;
constexpr std::string_view beginning = "GET /v1/models HTTP/1.1\r\nHost: x\r\nX-Slow: ";

/// What the child does, on one epoll instance, until it is killed.
class Attack {
 public:
  Attack(std::uint16_t port, Habit habit, std::uint32_t count, int number, std::string request,
         HostileCrowd::Figures& figures)
      : habit_(habit), request_(std::move(request)), figures_(figures), members_(count) {
    raise_descriptor_limit();
    target_.sin_family = source_.sin_family = AF_INET;
    target_.sin_port = htons(port);
    target_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    source_.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + static_cast<std::uint32_t>(number));
    for (std::uint32_t i = count; i > 0; --i) fresh_.push_back(i - 1);
  }

  [[noreturn]] void run() {
    for (auto next = Clock::now();;) {
      std::array<epoll_event, 512> events;
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), milliseconds_until(next));
      for (int i = 0; i < count; ++i) {
        look_at(static_cast<std::uint32_t>(events[static_cast<std::size_t>(i)].data.u64),
                events[static_cast<std::size_t>(i)].events);
      }
      if (Clock::now() < next) continue;
      next = Clock::now() + turn;
      open_some(fresh_, new_each_turn);
      open_some(thrown_out_, back_each_turn);
      if (habit_ == Habit::drip) drip();
    }
  }

 private:
  struct Member {
    int descriptor = -1;
    bool connected = false;
    bool settled = false;
  };

  void open_some(std::vector<std::uint32_t>& from, int most) {
    for (; most > 0 && !from.empty(); --most) {
      const std::uint32_t index = from.back();
      from.pop_back();
      if (!open(index)) return fresh_.push_back(index);
    }
  }

  bool open(std::uint32_t index) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const int on = 1;
    const int small = 4096;
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (habit_ == Habit::stop) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ::bind(fd, reinterpret_cast<const sockaddr*>(&source_), sizeof source_);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&target_), sizeof target_) != 0 &&
        errno != EINPROGRESS) {
      ::close(fd);
      return false;
    }
    members_[index] = {.descriptor = fd};
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.u64 = index;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    return true;
  }

  void look_at(std::uint32_t index, std::uint32_t events) {
    Member& member = members_[index];
    if (member.descriptor < 0) return;
    if ((events & EPOLLOUT) != 0 && (events & (EPOLLERR | EPOLLHUP)) == 0 && !member.connected) begin(member);
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read(index);
  }

  void begin(Member& member) {
    member.connected = true;
    ++figures_.connected;
    if (habit_ == Habit::stop) {
      ::send(member.descriptor, request_.data(), request_.size(), MSG_NOSIGNAL);
      return;
    }
    if (habit_ != Habit::silent) ::send(member.descriptor, beginning.data(), beginning.size(), MSG_NOSIGNAL);
    if (habit_ == Habit::half_closed) ::shutdown(member.descriptor, SHUT_WR);
    settle(member);
  }

  void settle(Member& member) {
    if (!std::exchange(member.settled, true)) ++figures_.settled;
  }

  void read(std::uint32_t index) {
    Member& member = members_[index];
    std::array<char, 512> bytes;
    const auto count = ::recv(member.descriptor, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count > 0 && habit_ == Habit::stop) {
      const bool good = std::string_view(bytes.data(), static_cast<std::size_t>(count)).find(" 200 ") < 16;
      if (good || member.settled) return settle(member);
    } else if (count > 0) {
      return read(index);  // a 408, and the end behind it
    }
    throw_away(member);
    thrown_out_.push_back(index);
  }

  void throw_away(Member& member) {
    const linger at_once{1, 0};
    ::setsockopt(member.descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(member.descriptor);
    if (member.connected) --figures_.connected;
    if (member.settled) --figures_.settled;
    if (member.connected) ++figures_.ended;
    member = {};
  }

  /// A byte on a fiftieth of them: on each one once a second.
  void drip() {
    for (std::size_t i = drips_++ % 50; i < members_.size(); i += 50) {
      if (members_[i].settled) ::send(members_[i].descriptor, "x", 1, MSG_NOSIGNAL);
    }
  }

  const Habit habit_;
  const std::string request_;
  HostileCrowd::Figures& figures_;
  sockaddr_in target_{};
  sockaddr_in source_{};
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<Member> members_;
  std::vector<std::uint32_t> fresh_;
  std::vector<std::uint32_t> thrown_out_;
  std::size_t drips_ = 0;
};

}  // namespace

HostileCrowd::HostileCrowd(std::uint16_t port, Habit habit, std::uint32_t count, int number,
                           std::string request) {
  void* shared = ::mmap(nullptr, sizeof(Figures), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  figures_ = new (shared) Figures;
  child_ = ::fork();
  if (child_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Attack(port, habit, count, number, std::move(request), *figures_).run();
}

HostileCrowd::~HostileCrowd() {
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
  ::munmap(figures_, sizeof(Figures));
}

}  // namespace holysheep::testing
