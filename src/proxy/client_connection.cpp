#include <holysheep/net/remote_event.hpp>
#include <holysheep/proxy/client_connection.hpp>

#include <array>
#include <utility>

namespace holysheep::proxy {

using net::Event;
using net::IoStatus;

namespace {

/// A client that sends on past this after its answer began is taken for one that never reads it.
constexpr std::uint64_t most_discarded = std::uint64_t{64} << 20;

}  // namespace

void Gather::sent(std::size_t bytes) noexcept {
  progress_ += bytes;
  while (bytes > 0) {
    iovec& part = parts_[first_];
    if (bytes < part.iov_len) {
      part.iov_base = static_cast<char*>(part.iov_base) + bytes;
      part.iov_len -= bytes;
      return;
    }
    bytes -= part.iov_len;
    ++first_;
  }
}

void Gather::own_front(std::string_view lent, std::string& own) {
  if (empty()) return;
  iovec& front = parts_[first_];
  const auto* begin = static_cast<const char*>(front.iov_base);
  if (begin < lent.data() || begin >= lent.data() + lent.size()) return;
  own.assign(begin, front.iov_len);
  front.iov_base = own.data();
}

ClientConnection::ClientConnection(net::EventLoop& event_loop, net::Socket connected, std::string peer,
                                   Duration patience)
    : loop(event_loop),
      wakeup(event_loop.timers),
      socket(std::move(connected)),
      input(event_loop.buffers),
      address(std::move(peer)),
      patience_(patience) {
  socket.listen(wakeup, Event::client_readable, Event::client_writable);
}

ClientConnection::ClientConnection(net::EventLoop& event_loop, std::string peer)
    : loop(event_loop), wakeup(event_loop.timers), input(event_loop.buffers), address(std::move(peer)) {}

void ClientConnection::watch(bool take_in) {
  if (!socket.open()) return;
  takes_in_ = take_in;
  socket.watch_for_end(true);
}

void ClientConnection::watch_and_discard() {
  discards_ = true;
  watch(false);
  wakeup.raise(Event::client_readable);  // something may be there already
}

void ClientConnection::discard() noexcept {
  std::array<char, 16384> nobodys;
  auto got = net::IoResult{IoStatus::done};
  while (got.status == IoStatus::done && discarded_ <= most_discarded) {
    got = socket.read(nobodys);
    discarded_ += got.count;
  }
  gone_ = got.status != IoStatus::want_read;
}

bool ClientConnection::left(Event came) {
  if (has(came, Event::client_gone | Event::shutdown)) gone_ = true;
  if (!gone_ && discards_ && has(came, Event::client_readable)) discard();
  if (gone_ || !takes_in_ || !has(came, Event::client_readable)) return gone_;
  auto status = IoStatus::done;
  while (status == IoStatus::done) {
    const auto room = input.spare();
    if (room.empty()) return false;  // enough sent ahead
    const auto got = socket.read(room);
    status = got.status;
    if (status == IoStatus::done) input.added(got.count);
  }
  input.release_if_empty();
  gone_ = status == IoStatus::end || status == IoStatus::lost;
  return gone_;
}

bool ClientConnection::send_at_once(Gather& parts) noexcept {
  while (!parts.empty()) {
    const auto result = socket.write(parts.parts());
    if (result.status == IoStatus::lost) gone_ = true;
    if (result.status != IoStatus::done) return false;
    parts.sent(result.count);
  }
  return true;
}

Task<bool> ClientConnection::send(Gather& parts) {
  TimePoint patient_until = after(now(), patience_);
  for (std::uint64_t progress = parts.progress(); !send_at_once(parts);) {
    if (gone_) co_return false;
    if (std::exchange(progress, parts.progress()) != parts.progress())
      patient_until = after(now(), patience_);
    const Event came = co_await wakeup.wait(Event::client_writable | Event::client_readable, patient_until);
    if (left(came)) co_return false;
    if (has(came, Event::time)) {
      gone_ = true;
      co_return false;
    }
  }
  co_return true;
}

Task<bool> ClientConnection::let_others_run() {
  wakeup.clear(Event::turn);
  const net::RemoteEvent turn(loop, wakeup, Event::turn);
  turn.raiser()();
  const Event came = co_await wakeup.wait(Event::turn, never);
  co_return !has(came, Event::client_gone | Event::shutdown);
}

}  // namespace holysheep::proxy
