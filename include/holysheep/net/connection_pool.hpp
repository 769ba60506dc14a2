#pragma once

#include <holysheep/core/own_count.hpp>
#include <holysheep/core/tally.hpp>
#include <holysheep/net/connector.hpp>

#include <memory>
#include <vector>

namespace holysheep::net {

class ConnectionPool;

/// A connection of the pool, with what watches it while it rests: made once, so that lending it and giving it
/// back moves one pointer.
class PooledConnection final : public EventSink {
 public:
  PooledConnection(ConnectionPool& pool, EventLoop& loop,
                   std::unique_ptr<UpstreamConnection> connection) noexcept;

  void raise(Event event) override;

 private:
  friend class ConnectionPool;
  friend class Lease;
  void rest(TimePoint until);

  ConnectionPool& pool_;
  Counted counted_;
  std::unique_ptr<UpstreamConnection> connection_;
  Deadline deadline_;
};

/// A connection lent to one exchange. Closed when it goes, unless given back.
class Lease {
 public:
  Lease() = default;
  explicit Lease(std::unique_ptr<PooledConnection> pooled) noexcept : pooled_(std::move(pooled)) {}

  explicit operator bool() const noexcept { return pooled_ != nullptr; }
  UpstreamConnection& operator*() const noexcept { return *pooled_->connection_; }
  UpstreamConnection* operator->() const noexcept { return pooled_->connection_.get(); }

  /// After a message that ended where it said it would, with nothing behind it: back to the pool.
  void give_back(TimePoint now);
  void close() noexcept { pooled_.reset(); }

 private:
  std::unique_ptr<PooledConnection> pooled_;
};

/// One upstream's idle keep-alive connections on one event loop, last in first out. Each is watched while it
/// rests: one that upstream ends, or that says anything, is closed at once and never lent.
class ConnectionPool {
 public:
  struct Limits {
    std::size_t keep;       ///< `UPSTREAM_KEEPALIVE`
    Duration idle_timeout;  ///< `UPSTREAM_IDLE_TIMEOUT`
  };

  ConnectionPool(EventLoop& loop, UpstreamAddress& address, Limits limits);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  /// An idle connection, its events going to `wakeup` from now on; empty where there is none.
  Lease take_idle(Wakeup& wakeup);
  /// A new connection; see `net::connect`.
  Task<Result<Lease, ConnectFailure>> connect(Wakeup& wakeup, TimePoint deadline);

  /// For metrics; any thread may read it.
  struct Figures {
    OwnCount idle;
    OwnCount all;  ///< idle and lent; one that is still being made is not
    Tally full_handshakes;
    Tally resumed_handshakes;
  };
  [[nodiscard]] const Figures& figures() const noexcept { return figures_; }
  [[nodiscard]] UpstreamAddress& address() noexcept { return address_; }

 private:
  friend class Lease;
  friend class PooledConnection;

  void keep(std::unique_ptr<PooledConnection> pooled, TimePoint now);
  void drop(PooledConnection& pooled) noexcept;
  void follow_trust();
  void note_idle() noexcept { figures_.idle.set(static_cast<std::int64_t>(idle_.size())); }

  EventLoop& loop_;
  UpstreamAddress& address_;
  Limits limits_;
  Published<TlsContext>::Subscription trust_;
  std::shared_ptr<const TlsContext> trusted_;  // what the sessions and idle connections were made with
  TlsSessions sessions_;
  Figures figures_;
  std::vector<std::unique_ptr<PooledConnection>> idle_;
};

}  // namespace holysheep::net
