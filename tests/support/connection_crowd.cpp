#include "support/connection_crowd.hpp"

#include "support/epoll_until.hpp"
#include "support/raw_client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holysheep::testing {

ConnectionCrowd::ConnectionCrowd(std::uint16_t port) : port_(port), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  raise_descriptor_limit();
}

ConnectionCrowd::~ConnectionCrowd() {
  for (std::size_t i = 0; i < members_.size(); ++i) close(i);
  ::close(epoll_);
}

std::size_t ConnectionCrowd::open(std::size_t count) {
  const std::size_t first = members_.size();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (std::size_t i = 0; i < count; ++i) {
    auto& member = members_.emplace_back();
    member.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (member.descriptor < 0) throw std::system_error(errno, std::generic_category(), "socket");
    const int on = 1;
    ::setsockopt(member.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(member.descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS) {
      throw std::system_error(errno, std::generic_category(), "connect");
    }
    watch(members_.size() - 1, EPOLL_CTL_ADD);
  }
  return first;
}

void ConnectionCrowd::watch(std::size_t index, int operation) {
  const auto& member = members_[index];
  const bool wants_out = !member.connected || !member.unsent.empty();
  epoll_event event{};
  event.events = EPOLLIN | (wants_out ? static_cast<unsigned>(EPOLLOUT) : 0U);
  event.data.u64 = index;
  ::epoll_ctl(epoll_, operation, member.descriptor, &event);
}

void ConnectionCrowd::send(std::size_t index, std::string_view bytes) {
  members_[index].unsent += bytes;
  if (members_[index].connected) flush(index);
}

void ConnectionCrowd::flush(std::size_t index) {
  auto& member = members_[index];
  while (!member.unsent.empty()) {
    const auto sent = ::send(member.descriptor, member.unsent.data(), member.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0) break;
    member.unsent.erase(0, static_cast<std::size_t>(sent));
  }
  watch(index, EPOLL_CTL_MOD);
}

void ConnectionCrowd::close(std::size_t index) {
  auto& member = members_[index];
  if (member.descriptor >= 0) ::close(member.descriptor);
  member.descriptor = -1;
}

void ConnectionCrowd::read(std::size_t index) {
  auto& member = members_[index];
  std::array<char, 65536> buffer;
  const auto count = ::recv(member.descriptor, buffer.data(), buffer.size(), 0);
  if (count > 0) {
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    member.received += bytes;
    if (on_data_) on_data_(index, bytes, Clock::now());
  } else if (count == 0 || errno != EAGAIN) {
    member.ended = true;
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, member.descriptor, nullptr);
  }
}

bool ConnectionCrowd::run_until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  return epoll_until(epoll_, done, limit, [this](std::uint64_t data, std::uint32_t events) {
    const auto index = static_cast<std::size_t>(data);
    if (members_[index].descriptor < 0) return;
    if ((events & EPOLLOUT) != 0) {
      members_[index].connected = true;
      flush(index);
    }
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read(index);
  });
}

std::size_t ConnectionCrowd::connected() const {
  return static_cast<std::size_t>(std::ranges::count_if(members_, &Member::connected));
}

std::size_t ConnectionCrowd::ended() const {
  return static_cast<std::size_t>(std::ranges::count_if(members_, &Member::ended));
}

std::size_t ConnectionCrowd::having(std::string_view text) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      members_, [text](const Member& member) { return member.received.find(text) != std::string::npos; }));
}

}  // namespace holysheep::testing
