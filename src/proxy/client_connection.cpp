#include <holysheep/proxy/client_connection.hpp>

#include <utility>

namespace holysheep::proxy {

using net::Event;
using net::IoStatus;

void Gather::sent(std::size_t bytes) noexcept {
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

void ClientConnection::watch(bool take_in) {
  takes_in_ = take_in;
  socket.watch_for_end(true);
}

bool ClientConnection::left(Event came) {
  if (has(came, Event::client_gone | Event::shutdown)) gone_ = true;
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
  while (!send_at_once(parts)) {
    if (gone_) co_return false;
    const Event came =
        co_await wakeup.wait(Event::client_writable | Event::client_readable, after(now(), patience_));
    if (left(came)) co_return false;
    if (has(came, Event::time)) {
      gone_ = true;
      co_return false;
    }
  }
  co_return true;
}

}  // namespace holysheep::proxy
