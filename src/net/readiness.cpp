#include <holysheep/net/readiness.hpp>

#include <cerrno>
#include <system_error>

namespace holysheep::net {
namespace {

int new_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return set;
}

}  // namespace

Readiness::Readiness(boost::asio::io_context& io) : set_(io.get_executor(), new_set()) {}

bool Readiness::add(int fd, ReadinessSink& sink) noexcept {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &sink;
  if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
  if (!waiting_) wait();
  return true;
}

void Readiness::forget(const ReadinessSink& sink) noexcept {
  for (epoll_event& event : to_come_) {
    if (event.data.ptr == &sink) event.data.ptr = nullptr;
  }
}

void Readiness::wait() {
  waiting_ = true;
  set_.async_wait(decltype(set_)::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    dispatch();
    wait();  // which looks whether more has come meanwhile
  });
}

void Readiness::dispatch() {
  const int count = ::epoll_wait(set_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
  if (count <= 0) return;
  to_come_ = std::span(events_).first(static_cast<std::size_t>(count));
  while (!to_come_.empty()) {
    const epoll_event event = to_come_.front();
    to_come_ = to_come_.subspan(1);
    if (event.data.ptr != nullptr) static_cast<ReadinessSink*>(event.data.ptr)->ready(event.events);
  }
}

}  // namespace holysheep::net
