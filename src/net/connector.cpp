#include <holysheep/net/connector.hpp>
#include <holysheep/net/remote_event.hpp>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holysheep::net {
namespace {

constexpr Duration attempt_delay = std::chrono::milliseconds(250);  // RFC 8305 §5

bool must_stop(Event came) {
  return has(came, Event::client_gone | Event::shutdown);
}

ConnectFailure gone() {
  return {Fault::client_gone, {}};
}

/// One TCP connection that is being tried.
struct Attempt {
  Socket socket;
  int error = 0;
  bool connected = false;
  bool lacked = false;  // what failed was this pod's: no descriptor, memory or port left

  [[nodiscard]] bool failed() const { return error != 0; }
};

Attempt start(EventLoop& loop, Wakeup& wakeup, const boost::asio::ip::tcp::endpoint& to) {
  Attempt attempt;
  const int fd = ::socket(to.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    attempt.error = errno;
    return attempt;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, to.data(), static_cast<socklen_t>(to.size())) == 0) {
    attempt.connected = true;
  } else if (errno != EINPROGRESS) {
    attempt.error = errno;
    ::close(fd);
    return attempt;
  }
  attempt.socket = Socket(loop, fd, attempt.connected ? Socket::Stage::connected : Socket::Stage::connecting);
  attempt.socket.listen(wakeup, Event::upstream_readable, Event::upstream_writable);
  return attempt;
}

/// An IPv6 address without one of our own to call from gives EADDRNOTAVAIL too.
bool lacks(int error, const boost::asio::ip::tcp::endpoint& to) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
         (error == EADDRNOTAVAIL && to.address().is_v4());
}

/// Looks how far an attempt has come; a socket that is still connecting answers 0 and has no peer.
void look_at(Attempt& attempt) {
  if (attempt.connected || attempt.failed()) return;
  socklen_t size = sizeof attempt.error;
  ::getsockopt(attempt.socket.fd(), SOL_SOCKET, SO_ERROR, &attempt.error, &size);
  if (attempt.failed()) return attempt.socket.close();
  sockaddr_storage peer{};
  size = sizeof peer;
  attempt.connected = ::getpeername(attempt.socket.fd(), reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

std::string text_of(const boost::asio::ip::tcp::endpoint& endpoint, int error) {
  const auto address = endpoint.address().to_string();
  const std::string host = endpoint.address().is_v6() ? "[" + address + "]" : address;
  return host + ":" + std::to_string(endpoint.port()) + ": " + std::generic_category().message(error);
}

Task<Result<Socket, ConnectFailure>> race(EventLoop& loop, Wakeup& wakeup, Endpoints order,
                                          TimePoint deadline) {
  std::vector<Attempt> attempts;
  TimePoint next_start = Clock::now();
  for (;;) {
    const TimePoint now = Clock::now();
    if (attempts.size() < order.size() && now >= next_start) {
      const auto& to = order[attempts.size()];
      attempts.push_back(start(loop, wakeup, to));
      attempts.back().lacked = lacks(attempts.back().error, to);
      next_start = attempts.back().failed() ? now : now + attempt_delay;
    }
    for (Attempt& attempt : attempts) {
      const bool was_failed = attempt.failed();
      look_at(attempt);
      if (attempt.connected) co_return std::move(attempt.socket);
      if (attempt.failed() && !was_failed) next_start = now;
    }
    const bool all_started = attempts.size() == order.size();
    if (all_started &&
        std::all_of(attempts.begin(), attempts.end(), [](auto& one) { return one.failed(); })) {
      const bool ours = std::ranges::all_of(attempts, &Attempt::lacked);
      const Fault fault = ours ? Fault::no_socket : Fault::connect;
      co_return Unexpected{ConnectFailure{fault, text_of(order.back(), attempts.back().error)}};
    }
    if (!all_started && next_start <= now) continue;
    const TimePoint until = all_started ? deadline : std::min(deadline, next_start);
    const Event came = co_await wakeup.wait(Event::upstream_writable, until);
    if (must_stop(came)) co_return Unexpected{gone()};
    if (Clock::now() >= deadline) {
      co_return Unexpected{ConnectFailure{Fault::connect_timeout, text_of(order.front(), ETIMEDOUT)}};
    }
  }
}

Task<Result<std::shared_ptr<const Endpoints>, ConnectFailure>> resolve(EventLoop& loop, Wakeup& wakeup,
                                                                       UpstreamAddress& address,
                                                                       TimePoint deadline) {
  Resolver& resolver = address.resolver;
  if (auto known = resolver.answer()) co_return known;
  wakeup.clear(Event::resolved);
  const RemoteEvent resolved(loop, wakeup, Event::resolved);
  resolver.refresh(resolved.raiser());
  const Event came = co_await wakeup.wait(Event::resolved, deadline);
  if (must_stop(came)) co_return Unexpected{gone()};
  if (auto known = resolver.answer()) co_return known;
  std::string why = "no answer in time";
  if (has(came, Event::resolved)) why = resolver.failure();
  co_return Unexpected{ConnectFailure{Fault::dns, address.host + ": " + why}};
}

}  // namespace

Endpoints interleaved(const Endpoints& found) {
  Endpoints first;
  Endpoints second;
  for (const auto& one : found) {
    (one.address().is_v6() == found.front().address().is_v6() ? first : second).push_back(one);
  }
  Endpoints order;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) order.push_back(first[i]);
    if (i < second.size()) order.push_back(second[i]);
  }
  return order;
}

Task<Result<std::unique_ptr<UpstreamConnection>, ConnectFailure>> connect(
    EventLoop& loop, Wakeup& wakeup, UpstreamAddress& address, std::shared_ptr<const TlsContext> trust,
    TlsSessions& sessions, TimePoint deadline) {
  deadline = std::min(deadline, after(Clock::now(), address.connect_timeout));
  auto endpoints = co_await resolve(loop, wakeup, address, deadline);
  if (!endpoints) co_return Unexpected{std::move(endpoints.error())};
  auto socket = co_await race(loop, wakeup, interleaved(**endpoints), deadline);
  if (!socket) {
    const Fault fault = socket.error().fault;
    const bool may_have_moved = fault != Fault::client_gone && fault != Fault::no_socket;
    if (may_have_moved) address.resolver.refresh([] {});
    co_return Unexpected{std::move(socket.error())};
  }
  auto connection = std::make_unique<UpstreamConnection>(std::move(*socket));
  if (!address.tls) co_return connection;
  if (!connection->use_tls(std::move(trust), address.host, sessions)) {
    co_return Unexpected{ConnectFailure{Fault::no_socket, "out of memory"}};
  }
  for (;;) {
    const IoResult progress = connection->handshake();
    Event interest = Event::none;
    switch (progress.status) {
      case IoStatus::done:
        co_return connection;
      case IoStatus::want_read:
        interest = Event::upstream_readable;
        break;
      case IoStatus::want_write:
        interest = Event::upstream_writable;
        break;
      default: {
        auto why = connection->tls_failure();
        const Fault fault = why.verification ? Fault::tls_verify : Fault::tls_handshake;
        co_return Unexpected{ConnectFailure{fault, std::move(why.detail)}};
      }
    }
    const Event came = co_await wakeup.wait(interest, deadline);
    if (must_stop(came)) co_return Unexpected{gone()};
    if (has(came, Event::time)) {
      co_return Unexpected{ConnectFailure{Fault::connect_timeout, "the TLS handshake did not end in time"}};
    }
  }
}

}  // namespace holysheep::net
