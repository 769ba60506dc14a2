#include <holysheep/http/chunk_decoder.hpp>
#include <holysheep/http/response_writer.hpp>
#include <holysheep/http/trailers.hpp>
#include <holysheep/http/usage_meter.hpp>
#include <holysheep/proxy/upstream_call.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace holysheep::proxy {

using http::Framing;
using net::Event;
using net::IoStatus;

namespace {

/// Whether a kept connection is dead shows within a round trip. One lost later took the request with it.
constexpr Duration dead_within = std::chrono::seconds(1);
constexpr std::size_t one_record = 16 * 1024;       // what a TLS record carries at most
constexpr std::size_t small_piece = 4 * 1024;       // cheaper copied than written by itself
constexpr std::size_t max_answer_head = 64 * 1024;  // upstream's header, all of its 1xx answers included

std::string chunk_size_line(std::size_t size) {
  std::array<char, 20> text;
  char* end = std::to_chars(text.data(), text.data() + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  return std::string(text.data(), end);
}

}  // namespace

Task<Fault> UpstreamCall::run(const http::Onward& onward, CallLimits limits) {
  client_minor_ = onward.head.version_minor;
  started_ = client_.now();
  lease = upstream_.pool.take_idle(client_.wakeup);
  for (;;) {
    if (!lease) {
      auto made = co_await upstream_.pool.connect(client_.wakeup, limits.deadline);
      if (!made) {
        detail = std::move(made.error().detail);
        const Fault fault = made.error().fault;
        const bool took_too_long = fault == Fault::connect_timeout || fault == Fault::dns;
        if (took_too_long && client_.now() >= limits.deadline) co_return Fault::deadline;
        co_return fault;
      }
      lease = std::move(*made);
      if (limits.reachability != nullptr) limits.reachability->succeeded();
    }
    const bool reused = lease->used;
    const Fault fault = co_await exchange(onward, limits);
    if (fault == Fault::none) co_return fault;
    const bool was_dead = reused && fault == Fault::connection_lost && !body_spent_ &&
                          client_.now() < after(heard_, dead_within);
    lease.close();
    if (!was_dead) co_return fault;
    request_sent = false;
    early_ = false;
  }
}

Task<Fault> UpstreamCall::exchange(const http::Onward& onward, CallLimits limits) {
  const bool streamed = !body_.complete();
  TimePoint began = started_;
  const Fault fault = co_await send(onward, limits.deadline);
  // Upstream may have answered and closed before it took everything: then its answer counts.
  if (fault != Fault::none && fault != Fault::connection_lost) co_return fault;
  // REQUEST_TIMEOUT runs from the request's last byte, and that of a streamed body has only come now.
  if (streamed) {
    began = client_.now();
    limits.deadline = after(began, limits.patience);
  }
  heard_ = client_.now();
  const TimePoint first_event = after(began, limits.first_token);
  first_event_ = limits.asks_for_stream ? first_event : never;
  const Fault unanswered = co_await receive_head(onward.head.method, limits.deadline);
  if (unanswered != Fault::none || !head.readable_events() || head.status >= 300) co_return unanswered;
  first_event_ = first_event;
  co_return co_await receive_first_event(onward.dialect, limits.deadline);
}

Task<Fault> UpstreamCall::send(const http::Onward& onward, TimePoint deadline) {
  std::string& scratch = client_.loop.scratch;
  scratch.clear();
  scratch.reserve(one_record);  // it does not grow, and leave the key behind, with the body
  http::write_request_head(scratch, onward);
  const std::size_t onward_size = scratch.size();
  const bool whole = body_.complete() && onward.framing != Framing::chunked;
  if (whole && scratch.size() + body_.held() <= one_record) {
    // Head and body in one write: one TLS record, one segment.
    for (std::size_t i = 0; i < body_.piece_count(); ++i) scratch += body_.piece(i);
    const auto result = lease->write(scratch);
    const bool sent = result.status == IoStatus::done && result.count == scratch.size();
    if (!sent && result.status != IoStatus::lost) blocked_.assign(scratch, result.count);
    ::explicit_bzero(scratch.data(), onward_size);
    if (sent) {
      request_sent = true;
      co_return Fault::none;
    }
    if (result.status == IoStatus::lost) co_return Fault::connection_lost;
    const Fault fault = co_await write(blocked_, deadline);
    wipe(blocked_);
    request_sent = fault == Fault::none && !early_;
    co_return fault;
  }
  blocked_ = scratch;
  ::explicit_bzero(scratch.data(), onward_size);
  Fault fault = co_await write(blocked_, deadline);
  wipe(blocked_);
  if (fault == Fault::none) fault = co_await send_held(deadline);
  if (fault == Fault::none && !early_ && !body_.complete()) fault = co_await send_streamed();
  if (fault == Fault::none && !early_ && onward.framing == Framing::chunked) {
    blocked_ = "0\r\n" + http::forwardable_trailers(body_.trailers()) + "\r\n";
    fault = co_await write(blocked_, deadline);
  }
  request_sent = fault == Fault::none && !early_;
  co_return fault;
}

Task<Fault> UpstreamCall::send_held(TimePoint deadline) {
  const bool chunked = body_.onward_framing() == Framing::chunked;
  for (std::size_t i = 0; i < body_.piece_count() && !early_; ++i) {
    const std::string_view piece = body_.piece(i);
    if (piece.empty()) continue;
    body_spent_ = body_spent_ || !body_.complete();
    if (chunked) {
      blocked_ = chunk_size_line(piece.size());
      if (const Fault fault = co_await write(blocked_, deadline); fault != Fault::none) co_return fault;
    }
    if (const Fault fault = co_await write(piece, deadline); fault != Fault::none) co_return fault;
    if (chunked) {
      if (const Fault fault = co_await write("\r\n", deadline); fault != Fault::none) co_return fault;
    }
  }
  co_return Fault::none;
}

Task<Fault> UpstreamCall::send_streamed() {
  const bool chunked = body_.onward_framing() == Framing::chunked;
  std::string gathered;  // of one read: small pieces go on together
  for (unsigned in_a_row = 0; !early_;) {
    std::string_view piece;
    if (const Fault fault = body_.take(piece); fault != Fault::none) co_return fault;
    if (!piece.empty() && piece.size() < small_piece && gathered.size() + piece.size() <= one_record) {
      gathered += piece;
      continue;
    }
    if (const Fault fault = co_await send_piece(gathered, chunked); fault != Fault::none) co_return fault;
    gathered.clear();
    if (const Fault fault = co_await send_piece(piece, chunked); fault != Fault::none) co_return fault;
    if (++in_a_row >= ClientConnection::most_in_a_row) {
      in_a_row = 0;
      const bool go_on = co_await client_.let_others_run();
      if (!go_on) co_return Fault::client_gone;
    }
    if (!piece.empty()) continue;
    if (body_.complete()) break;
    bool wanted = false;
    if (const Fault fault = body_.receive(wanted); fault != Fault::none) co_return fault;
    if (!wanted) continue;
    const Event came = co_await client_.wakeup.wait(Event::client_readable | Event::upstream_readable,
                                                    after(client_.now(), body_.patience()));
    if (has(came, Event::client_gone | Event::shutdown)) co_return Fault::client_gone;
    if (has(came, Event::upstream_readable)) look_for_early_answer();
    if (has(came, Event::time)) co_return Fault::request_timeout;
  }
  if (body_.complete()) client_.watch(body_.surplus().empty());  // from here on it only waits
  co_return Fault::none;
}

/// Of a streamed body, as one chunk where it goes on chunked.
Task<Fault> UpstreamCall::send_piece(std::string_view piece, bool chunked) {
  if (piece.empty() || early_) co_return Fault::none;
  body_spent_ = true;
  if (!chunked) co_return co_await write(piece, never);
  blocked_ = chunk_size_line(piece.size());
  blocked_.append(piece).append("\r\n");
  co_return co_await write(blocked_, never);
}

/// Behind a 1xx the request goes on; the client gets it with the answer.
void UpstreamCall::look_for_early_answer() {
  while (!early_) {
    if (input.size() >= max_answer_head) {
      early_ = true;
      break;
    }
    const auto got = lease->read(input.room(max_answer_head));
    if (got.status == IoStatus::want_read) break;  // that was all, or these were session tickets
    early_ = got.status != IoStatus::done;
    if (early_) break;
    if (answered == never) answered = client_.now();
    input.added(got.count);
    early_ = early_answer_.has_begun(input.bytes());
  }
  input.release_if_empty();
}

Task<Fault> UpstreamCall::write(std::string_view bytes, TimePoint deadline) {
  TimePoint stuck = after(client_.now(), settings_.upstream_send_timeout);
  while (!bytes.empty()) {
    const auto result = lease->write(bytes.substr(0, one_record));
    if (result.status == IoStatus::done) {
      bytes.remove_prefix(result.count);
      stuck = after(client_.now(), settings_.upstream_send_timeout);
      continue;
    }
    if (result.status != IoStatus::want_write && result.status != IoStatus::want_read) {
      co_return Fault::connection_lost;
    }
    Event interest = Event::upstream_writable | Event::upstream_readable;
    // While a body is still being streamed, the client's bytes are the body's and stay unread: who leaves
    // then is seen by the connection's end alone.
    const bool streams = !body_.complete();
    if (streams) client_.socket.watch_for_end(true);
    if (!streams) interest = interest | Event::client_readable;
    const Event came = co_await client_.wakeup.wait(interest, std::min(stuck, deadline));
    if (streams) client_.socket.watch_for_end(false);
    if (client_.left(came)) co_return Fault::client_gone;
    if (has(came, Event::upstream_readable)) look_for_early_answer();
    if (early_) co_return Fault::none;
    if (has(came, Event::time)) co_return client_.now() >= deadline ? Fault::deadline : Fault::send_timeout;
  }
  co_return Fault::none;
}

Task<Fault> UpstreamCall::receive_head(http::Method method, TimePoint deadline) {
  http::HeadScanner scanner(http::Side::response);
  std::size_t interim_bytes = 0;
  for (;;) {
    auto state = http::HeadScanner::State::need_more;
    if (!input.empty()) state = scanner.scan(input.bytes());
    if (state == http::HeadScanner::State::malformed) co_return Fault::answer_malformed;
    if (state == http::HeadScanner::State::need_more) {
      if (input.size() >= max_answer_head) co_return Fault::answer_malformed;
      const Fault fault = co_await receive(max_answer_head, deadline);
      // An end before any byte is another matter than one in the middle of an answer.
      if (fault == Fault::answer_cut && answered == never) co_return Fault::connection_lost;
      if (fault != Fault::none) co_return fault;
      heard_ = client_.now();
      continue;
    }
    if (!http::parse_response_head(input.bytes().substr(0, scanner.end()), method, head)) {
      co_return Fault::answer_malformed;
    }
    head_size = scanner.end();
    if (!head.interim()) co_return Fault::none;
    interim_bytes += head_size;
    // 101: nobody asked to switch.
    if (head.status == 101 || interim_bytes > max_answer_head) co_return Fault::answer_malformed;
    if (const Fault fault = co_await forward_interim(); fault != Fault::none) co_return fault;
    input.consume(head_size);
    input.compact();  // nothing behind it has been parsed yet; what will be must not move
    scanner.reset();
  }
}

/// A stream's head waits for its first event: an error in it counts as the status that it names.
Task<Fault> UpstreamCall::receive_first_event(http::Dialect dialect, TimePoint deadline) {
  http::FirstEvent first(head, dialect);
  std::size_t seen = head_size;
  std::uint64_t progress = 0;
  while (input.size() < net::BufferPool::block_size) {
    const auto state = first.feed(input.bytes().substr(seen));
    seen = input.size();
    if (std::exchange(progress, first.progress()) != first.progress()) heard_ = client_.now();
    if (state == http::FirstEvent::State::malformed) co_return Fault::answer_malformed;
    if (state == http::FirstEvent::State::known) error_event = first.error();
    if (state != http::FirstEvent::State::need_more) co_return Fault::none;
    const Fault fault = co_await receive(net::BufferPool::block_size, deadline);
    if (fault == Fault::none && ended_)
      co_return Fault::none;  // the connection's end delimits an empty stream
    if (fault != Fault::none) co_return fault;
  }
  co_return Fault::none;  // an event that large is no error
}

Task<Fault> UpstreamCall::receive_small_body(TimePoint deadline, std::string& body) {
  for (;;) {
    std::string_view surplus;
    const bool whole = read_body(body, surplus);
    if (whole || input.size() >= net::BufferPool::block_size) co_return Fault::none;
    if (const Fault fault = co_await receive(net::BufferPool::block_size, deadline); fault != Fault::none) {
      co_return fault;
    }
  }
}

std::optional<std::uint64_t> UpstreamCall::body_length() const {
  if (head.framing == Framing::length) return head.content_length;
  if (head.framing != Framing::chunked) return std::nullopt;
  http::ChunkDecoder decoder;
  std::uint64_t length = 0;
  for (std::string_view rest = input.bytes().substr(head_size);;) {
    const auto found = decoder.next(rest);
    if (found == http::ChunkDecoder::Event::end) return length;
    if (found != http::ChunkDecoder::Event::payload) return std::nullopt;
    length += decoder.span().size();
  }
}

/// What has come of the body, and what lies behind it. True: that is all of it.
bool UpstreamCall::read_body(std::string& body, std::string_view& surplus) const {
  surplus = input.bytes().substr(head_size);
  body.clear();
  if (head.framing == Framing::none) return true;
  if (head.framing == Framing::chunked) {
    http::ChunkDecoder decoder;
    for (;;) {
      const auto found = decoder.next(surplus);
      if (found == http::ChunkDecoder::Event::need_more) return false;
      if (found != http::ChunkDecoder::Event::payload) return found == http::ChunkDecoder::Event::end;
      body += decoder.span();
    }
  }
  if (head.framing == Framing::length) {
    body = surplus.substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(head.content_length, surplus.size())));
  } else {
    body = surplus;
  }
  surplus.remove_prefix(body.size());
  return ended_ || (head.framing == Framing::length && body.size() == head.content_length);
}

/// More of the answer into `input`, of which it may hold `most` bytes. `answer_cut`: the connection ended,
/// and that does not delimit the body; `silence`, `deadline`, `client_gone`.
Task<Fault> UpstreamCall::receive(std::size_t most, TimePoint deadline) {
  const TimePoint silent = std::min(after(heard_, settings_.upstream_read_timeout), first_event_);
  for (;;) {
    client_.wakeup.clear(Event::upstream_readable);
    const auto got = lease->read(input.room(most));
    if (got.status == IoStatus::done) {
      if (answered == never) answered = client_.now();
      input.added(got.count);
      co_return Fault::none;
    }
    input.release_if_empty();
    ended_ = got.status == IoStatus::end && head_size > 0 && head.framing == Framing::until_close;
    if (ended_) co_return Fault::none;
    if (got.status == IoStatus::end || got.status == IoStatus::lost) co_return Fault::answer_cut;
    const Event interest = Event::upstream_readable | Event::upstream_writable | Event::client_readable;
    const Event came = co_await client_.wakeup.wait(interest, std::min(silent, deadline));
    if (has(came, Event::client_gone | Event::shutdown)) co_return Fault::client_gone;
    if (body_.complete() && client_.left(came)) co_return Fault::client_gone;
    if (has(came, Event::upstream_readable) || !has(came, Event::time)) continue;
    // REQUEST_TIMEOUT and UPSTREAM_READ_TIMEOUT are equal by default: upstream was silent all the same.
    const bool was_silent =
        client_.now() >= first_event_ || client_.now() - heard_ >= settings_.upstream_read_timeout * 9 / 10;
    co_return was_silent ? Fault::silence : Fault::deadline;
  }
}

http::Usage UpstreamCall::received_usage(http::Dialect dialect) const {
  if (head.status == 0) return {};
  std::string body;
  std::string_view surplus;
  read_body(body, surplus);
  http::UsageMeter meter(dialect, head.event_stream, head.coding);
  meter.feed(body);
  return meter.usage();
}

void UpstreamCall::set_aside(TimePoint now) {
  if (!lease) return;
  std::string ignored;
  std::string_view surplus;
  const bool whole = read_body(ignored, surplus) && surplus.empty();
  if (error_event) {
    lease.close();  // what follows the error is not wanted
  } else if (whole && request_sent && head.keep_alive) {
    lease.give_back(now);
  } else {
    lease->socket.ignore();
  }
}

void UpstreamCall::take_up() {
  if (lease) lease->socket.listen(client_.wakeup, Event::upstream_readable, Event::upstream_writable);
}

/// All of them, since none was asked for on the proxy's own behalf (RFC 9110 §15.2).
Task<Fault> UpstreamCall::forward_interim() {
  if (client_minor_ == 0) co_return Fault::none;
  std::string interim;
  http::write_interim_head(interim, head);
  if (head.status != 100) interim_forwarded = true;
  if (client_.on_interim) {
    client_.on_interim(interim);
    co_return Fault::none;
  }
  Gather out;
  out.add(interim);
  const bool sent = co_await client_.send(out);
  co_return sent ? Fault::none : Fault::client_gone;
}

}  // namespace holysheep::proxy
