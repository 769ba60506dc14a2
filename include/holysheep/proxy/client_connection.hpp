#pragma once

#include <holysheep/core/task.hpp>
#include <holysheep/net/socket.hpp>

#include <array>
#include <functional>
#include <string>
#include <string_view>

namespace holysheep::proxy {

/// Pieces of memory that go out in one write. Holds views: what they show must stay until they are sent.
class Gather {
 public:
  static constexpr std::size_t most = 32;

  /// False when it is full.
  bool add(std::string_view piece) noexcept {
    if (piece.empty()) return true;
    if (count_ == most) return false;
    parts_[count_++] = {const_cast<char*>(piece.data()), piece.size()};
    return true;
  }
  [[nodiscard]] bool empty() const noexcept { return first_ == count_; }
  [[nodiscard]] std::span<const iovec> parts() const noexcept {
    return {parts_.data() + first_, count_ - first_};
  }
  void sent(std::size_t bytes) noexcept;
  void clear() noexcept { first_ = count_ = 0; }
  /// Grows with every byte sent.
  [[nodiscard]] std::uint64_t progress() const noexcept { return progress_; }
  /// What is left of the first piece, where it lies in `lent`, moves into `own`: before a wait during which
  /// others use that memory.
  void own_front(std::string_view lent, std::string& own);

 private:
  std::array<iovec, most> parts_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::uint64_t progress_ = 0;
};

/// The client's side of a session: its socket, what it has sent and nobody has consumed yet, and the place
/// where the session's coroutine waits. One event loop only.
class ClientConnection {
 public:
  ClientConnection(net::EventLoop& event_loop, net::Socket connected, std::string peer, Duration patience);
  /// A client that is not there: what it asked is in `input`, it has left when somebody says so, and nothing
  /// can be sent to it.
  ClientConnection(net::EventLoop& event_loop, std::string peer);

  net::EventLoop& loop;
  net::Wakeup wakeup;
  net::Socket socket;
  net::Buffer input;
  const std::string address;  ///< the peer's, without its port
  /// Where the client is not there: hears the 1xx answers that it would have got.
  std::function<void(std::string_view)> on_interim;

  /// See Wakeup::now.
  [[nodiscard]] TimePoint now() const noexcept { return wakeup.now(); }

  /// While the client only waits for its answer: its leaving is noticed in every wait from now on.
  /// What it sends ahead (pipelining) is taken in meanwhile, so that an end behind it is seen, unless
  /// `take_in` is false: then bytes of a later request lie elsewhere already, and must stay before these.
  void watch(bool take_in = true);
  /// The same, while what it sends is nobody's any more (the rest of a body that was answered early): that is
  /// read and thrown away, since its end may lie behind more than the kernel holds.
  void watch_and_discard();
  void unwatch() noexcept {
    if (!socket.open()) return;
    socket.watch_for_end(false);
    takes_in_ = true;
    discards_ = false;
  }
  /// Has it left? To be asked with what each wait gave. Takes in what there is room for without moving what
  /// `input` holds already.
  bool left(net::Event came);

  /// Sends all of `parts`, as one write where the socket takes it, else waiting for the client to take more.
  /// False: it left, or took nothing for as long as an idle connection may rest.
  Task<bool> send(Gather& parts);
  /// The same for one piece, and without a coroutine where it goes at once: the common case.
  bool send_at_once(Gather& parts) noexcept;

  /// So many pieces may pass in a row, on whichever side, before others on this event loop have their turn:
  /// where both sides are always ready nothing else ends a loop, and time stands still in it.
  static constexpr unsigned most_in_a_row = 64;
  /// Waits until they had it. False: the client is gone, or the process ends.
  Task<bool> let_others_run();

  [[nodiscard]] bool gone() const noexcept { return gone_; }
  /// It was not the client who ended this, but the process.
  [[nodiscard]] bool cut_by_shutdown() const noexcept {
    return wakeup.pending(net::Event::shutdown) && !wakeup.pending(net::Event::client_gone);
  }

 private:
  void discard() noexcept;

  Duration patience_{};
  bool gone_ = false;
  bool takes_in_ = true;
  bool discards_ = false;
  std::uint64_t discarded_ = 0;  // bytes
};

}  // namespace holysheep::proxy
