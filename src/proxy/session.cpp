#include <holysheep/proxy/session.hpp>
#include <holysheep/proxy/sessions.hpp>

#include <algorithm>

#include <boost/asio/post.hpp>

namespace holysheep::proxy {

using net::Event;
using net::IoStatus;

namespace {

/// After an answer that ends the connection, what the client still sends is read for so long and thrown away:
/// closing at once would reset the connection, and the client might never see the answer (RFC 9112 §9.6).
constexpr Duration linger_time = std::chrono::seconds(2);
constexpr Duration short_linger_time = std::chrono::milliseconds(200);  // where others wait for its place
/// One without a place that says nothing for so long leaves its room to the next.
constexpr Duration extra_patience = std::chrono::seconds(1);
constexpr std::size_t linger_bytes = std::size_t{64} << 20;

/// So many requests that a client sent ahead are answered in a row, before others on this event loop have
/// their turn.
constexpr unsigned most_at_once = 16;

}  // namespace

Session::Session(LoopContext& context, Sessions& owner, net::Socket socket, std::string address, bool extra)
    : context_(context),
      owner_(owner),
      client_(context.loop, std::move(socket), std::move(address),
              std::max(context.pod.settings.keepalive_timeout, Duration(std::chrono::seconds(10)))),
      idle_since_(client_.now()),
      extra_(extra) {}

void Session::start() {
  life_ = live();
  life_.start();
}

void Session::admit() {
  extra_ = false;
  client_.wakeup.raise(Event::place);
}

/// The root of the session's coroutines. Its frame belongs to the session, so the session may only be
/// destroyed once this has been left: by the event loop's next turn.
Task<void> Session::live() {
  try {
    co_await serve();
  } catch (const std::exception& bug) {
    client_.socket.abort();  // what was sent must not look whole
    owner_.report(bug);
  }
  boost::asio::post(context_.loop.io, [&owner = owner_, this] { owner.remove(*this); });
}

Task<void> Session::serve() {
  for (;;) {
    Next next = co_await next_head();
    if (next == Next::end) co_return;
    if (extra_ && next == Next::head && !Sessions::is_probe(head_) && !owner_.may_wait()) {
      refused_ = {Fault::memory_pressure, ""};
      next = Next::refused;
    } else if (extra_ && next == Next::head && !Sessions::is_probe(head_)) {
      const bool placed = co_await wait_for_place();
      if (client_.gone()) co_return;
      if (!placed) {
        refused_ = {Fault::queue_timeout, "all of WORKER_CONNECTIONS are in use"};
        next = Next::refused;
      }
    }
    if (extra_) head_.keep_alive = false;  // a probe past WORKER_CONNECTIONS makes room for the next
    const Then then = co_await answer(next);
    scanner_.reset();
    started_ = never;
    if (then == Then::end) co_return;
    if (then == Then::linger) break;
    if (++at_once_ >= most_at_once) {
      at_once_ = 0;
      const bool go_on = co_await client_.let_others_run();
      if (!go_on) co_return;
    }
  }
  co_await linger();
}

/// What a request takes is this coroutine's: 5 KiB that a connection at rest is without.
Task<Session::Then> Session::answer(Next next) {
  Exchange exchange(context_, client_, head_, scanner_.end(), names_, started_);
  if (next == Next::refused) {
    co_await exchange.refuse(refused_.fault, refused_.why);
  } else {
    co_await exchange.run();
  }
  if (exchange.must_reset()) {
    client_.socket.abort();
    co_return Then::end;
  }
  if (client_.gone()) co_return Then::end;
  co_return exchange.keeps_alive() ? Then::go_on : Then::linger;
}

/// Nothing was parsed: what `head_` holds is the request's before, whose bytes are gone.
Session::Next Session::refuse(http::Refused refused) {
  refused_ = refused;
  head_ = {};
  return Next::refused;
}

/// Reads up to the end of the next request's head.
Task<Session::Next> Session::next_head() {
  const Settings& settings = context_.pod.settings;
  const std::size_t limit = settings.client_max_header_size;
  for (;;) {
    const auto state =
        client_.input.empty() ? http::HeadScanner::State::need_more : scanner_.scan(client_.input.bytes());
    if (started_ == never && !client_.input.empty()) started_ = client_.now();
    if (state == http::HeadScanner::State::malformed) {
      co_return refuse({Fault::bad_request, "this is not an HTTP/1.1 request"});
    }
    const bool complete = state == http::HeadScanner::State::complete;
    if ((complete ? scanner_.end() : client_.input.size()) > limit ||
        (!complete && client_.input.size() >= limit)) {
      const Fault fault = scanner_.in_start_line() ? Fault::uri_too_long : Fault::headers_too_large;
      co_return refuse({fault, "CLIENT_MAX_HEADER_SIZE"});
    }
    if (complete) {
      refused_ = http::parse_request_head(
          client_.input.bytes().substr(scanner_.begin(), scanner_.end() - scanner_.begin()), head_);
      co_return refused_.fault == Fault::none ? Next::head : Next::refused;
    }
    const TimePoint deadline = started_ == never ? never : after(started_, settings.client_header_timeout);
    client_.wakeup.clear(Event::client_readable);
    const auto got = client_.socket.read(client_.input.room(std::max(limit, net::BufferPool::block_size)));
    if (got.status == IoStatus::done) {
      client_.input.added(got.count);
      continue;
    }
    client_.input.release_if_empty();
    if (got.status != IoStatus::want_read) co_return Next::end;
    // A header that comes slowly holds what has come of it meanwhile.
    client_.input.shrink();
    const auto block = static_cast<std::int64_t>(client_.input.capacity());
    if (block > 0 && !context_.memory.may_connect(block)) co_return refuse({Fault::memory_pressure, ""});
    const LoopMemory::Held promised(context_.memory, block);
    const bool more = co_await wait_for_bytes(deadline);
    if (more) continue;
    if (started_ == never || client_.now() < deadline) co_return Next::end;
    co_return refuse({Fault::request_timeout, "the header did not come within CLIENT_HEADER_TIMEOUT"});
  }
}

/// False: the client is gone, the connection has been idle for too long, or the header's time is over.
Task<bool> Session::wait_for_bytes(TimePoint header_deadline) {
  at_once_ = 0;
  TimePoint deadline = header_deadline;
  if (header_deadline == never) {
    idle_since_ = client_.now();
    const Duration patience = context_.pod.settings.keepalive_timeout;
    deadline = after(idle_since_, extra_ ? std::min(patience, extra_patience) : patience);
    if (!owner_.rest(*this)) co_return false;
  } else if (extra_) {
    // Past WORKER_CONNECTIONS a header that comes slowly makes room as silence does: else 64 of them would
    // stand before every probe.
    idle_since_ = client_.now();
    owner_.rest(*this);
  }
  const Event came = co_await client_.wakeup.wait(Event::client_readable, deadline);
  IdleHook::unlink();
  co_return has(came, Event::client_readable) && !has(came, Event::client_gone | Event::shutdown);
}

/// Past WORKER_CONNECTIONS a request waits until a connection ends. The client's leaving is noticed.
Task<bool> Session::wait_for_place() {
  client_.watch();
  owner_.place(*this);
  const TimePoint deadline = after(client_.now(), context_.pod.settings.request_timeout);
  while (extra_) {
    const Event came = co_await client_.wakeup.wait(Event::place | Event::client_readable, deadline);
    if (client_.left(came)) co_return false;
    if (extra_ && has(came, Event::time)) {
      WaitingHook::unlink();
      co_return false;
    }
  }
  client_.unwatch();
  co_return true;
}

Task<void> Session::linger() {
  lingering_ = true;
  client_.socket.shutdown_send();
  client_.input.release();
  const TimePoint until = after(client_.now(), extra_ ? short_linger_time : linger_time);
  for (std::size_t thrown_away = 0; thrown_away < linger_bytes;) {
    const auto got = client_.socket.read(client_.input.room(net::BufferPool::block_size));
    client_.input.release();
    if (got.status == IoStatus::done) {
      thrown_away += got.count;
      continue;
    }
    if (got.status != IoStatus::want_read) break;
    const Event came = co_await client_.wakeup.wait(Event::client_readable, until);
    if (has(came, Event::time | Event::client_gone | Event::shutdown)) break;
  }
}

}  // namespace holysheep::proxy
