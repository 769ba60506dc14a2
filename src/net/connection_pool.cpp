#include <holysheep/net/connection_pool.hpp>

#include <algorithm>

namespace holysheep::net {

PooledConnection::PooledConnection(ConnectionPool& pool, EventLoop& loop,
                                   std::unique_ptr<UpstreamConnection> connection) noexcept
    : pool_(pool),
      counted_(pool.figures_.all),
      connection_(std::move(connection)),
      deadline_(loop.timers, *this) {}

void PooledConnection::rest(TimePoint until) {
  connection_->used = true;
  connection_->socket.listen(*this, Event::upstream_readable, Event::none);
  deadline_.set(until);
}

void PooledConnection::raise(Event event) {
  if (has(event, Event::upstream_readable) && connection_->silent()) return;
  pool_.drop(*this);
}

void Lease::give_back(TimePoint now) {
  ConnectionPool& pool = pooled_->pool_;
  pool.keep(std::move(pooled_), now);
}

ConnectionPool::ConnectionPool(EventLoop& loop, UpstreamAddress& address, Limits limits)
    : loop_(loop), address_(address), limits_(limits), trust_(address.trust), trusted_(trust_.get()) {
  idle_.reserve(limits_.keep);
  if (trusted_) sessions_.renew(*trusted_);
}

/// What was verified with the old anchors is not used again.
void ConnectionPool::follow_trust() {
  if (trust_.get() == trusted_) return;
  trusted_ = trust_.get();
  if (trusted_) sessions_.renew(*trusted_);
  idle_.clear();
  note_idle();
}

Lease ConnectionPool::take_idle(Wakeup& wakeup) {
  follow_trust();
  while (!idle_.empty()) {
    auto pooled = std::move(idle_.back());
    idle_.pop_back();
    note_idle();
    if (!pooled->connection_->silent()) continue;
    pooled->deadline_.set(never);
    wakeup.clear(Event::upstream_readable | Event::upstream_writable);
    pooled->connection_->socket.listen(wakeup, Event::upstream_readable, Event::upstream_writable);
    return Lease(std::move(pooled));
  }
  return {};
}

Task<Result<Lease, ConnectFailure>> ConnectionPool::connect(Wakeup& wakeup, TimePoint deadline) {
  wakeup.clear(Event::upstream_readable | Event::upstream_writable);
  auto made = co_await net::connect(loop_, wakeup, address_, trusted_, sessions_, deadline);
  if (!made) co_return Unexpected{std::move(made.error())};
  (*made)->socket.listen(wakeup, Event::upstream_readable, Event::upstream_writable);
  if (address_.tls) ((*made)->resumed() ? figures_.resumed_handshakes : figures_.full_handshakes).add(1);
  co_return Lease(std::make_unique<PooledConnection>(*this, loop_, std::move(*made)));
}

void ConnectionPool::keep(std::unique_ptr<PooledConnection> pooled, TimePoint now) {
  follow_trust();
  if (limits_.keep == 0 || !pooled->connection_->trusted_by(trusted_.get())) return;
  if (!pooled->connection_->silent()) return;
  if (idle_.size() >= limits_.keep) idle_.erase(idle_.begin());  // the one that has rested longest
  pooled->rest(after(now, limits_.idle_timeout));
  idle_.push_back(std::move(pooled));
  note_idle();
}

void ConnectionPool::drop(PooledConnection& pooled) noexcept {
  std::erase_if(idle_, [&](const auto& one) { return one.get() == &pooled; });
  note_idle();
}

}  // namespace holysheep::net
