#include "support/stopping_crowd.hpp"

#include "support/epoll_until.hpp"
#include "support/raw_client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holysheep::testing {

StoppingCrowd::StoppingCrowd(std::uint16_t port) : port_(port), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  raise_descriptor_limit();
}

StoppingCrowd::~StoppingCrowd() {
  close_all();
  ::close(epoll_);
}

void StoppingCrowd::add(std::size_t count, Habit habit, const std::string& head, std::string_view body) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (std::size_t i = 0; i < count; ++i) {
    Member& member = members_.emplace_back();
    member.habit = habit;
    member.head = head;
    member.body = body;
    member.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (member.descriptor < 0) throw std::system_error(errno, std::generic_category(), "socket");
    const int small = 4096;
    if (habit == Habit::stop) {
      ::setsockopt(member.descriptor, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    }
    if (::connect(member.descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS) {
      throw std::system_error(errno, std::generic_category(), "connect");
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT;
    event.data.u64 = members_.size() - 1;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, member.descriptor, &event);
  }
}

void StoppingCrowd::close(Member& member) {
  if (member.descriptor >= 0) ::close(member.descriptor);
  member.descriptor = -1;
  member.ended = true;
  member.lost = member.status == 0;
}

void StoppingCrowd::close_all() {
  for (Member& member : members_) close(member);
}

void StoppingCrowd::send(Member& member) {
  const std::size_t all = member.head.size() + member.body.size();
  while (member.sent < all && member.status == 0) {
    const bool in_head = member.sent < member.head.size();
    const auto rest = in_head ? std::string_view(member.head).substr(member.sent)
                              : member.body.substr(member.sent - member.head.size());
    const auto count =
        ::send(member.descriptor, rest.data(), std::min<std::size_t>(rest.size(), 256 * 1024), MSG_NOSIGNAL);
    if (count < 0) return;  // a reset shows where it is read
    member.sent += static_cast<std::size_t>(count);
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<std::uint64_t>(&member - members_.data());
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, member.descriptor, &event);
}

void StoppingCrowd::read(Member& member) {
  std::array<char, 256 * 1024> bytes;
  const std::size_t most = member.habit == Habit::stop ? 512 : bytes.size();
  const auto count = ::recv(member.descriptor, bytes.data(), most, 0);
  if (count <= 0) {
    if (count == 0 || errno != EAGAIN) close(member);
    return;
  }
  member.received += static_cast<std::uint64_t>(count);
  if (member.beginning.size() < 4096) member.beginning.append(bytes.data(), static_cast<std::size_t>(count));
  if (member.status == 0 && member.beginning.size() >= 12) {
    member.status = std::atoi(member.beginning.c_str() + 9);
  }
  if (member.status == 200 && member.habit == Habit::stop) {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, member.descriptor, nullptr);
  }
}

bool StoppingCrowd::run_until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  return epoll_until(epoll_, done, limit, [this](std::uint64_t index, std::uint32_t events) {
    Member& member = members_[static_cast<std::size_t>(index)];
    if (member.descriptor >= 0 && (events & EPOLLOUT) != 0) send(member);
    if (member.descriptor >= 0 && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read(member);
  });
}

std::size_t StoppingCrowd::having_status(int status) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(members_, [status](const Member& member) { return member.status == status; }));
}

std::size_t StoppingCrowd::lost() const {
  return static_cast<std::size_t>(std::ranges::count_if(members_, &Member::lost));
}

bool StoppingCrowd::settled() const {
  return std::ranges::all_of(members_, [](const Member& member) {
    if (member.habit == Habit::drain || member.status != 200) return member.ended;
    return member.status != 0;
  });
}

}  // namespace holysheep::testing
