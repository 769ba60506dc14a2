#include <holysheep/http/gateway_error.hpp>
#include <holysheep/http/stream_ping.hpp>
#include <holysheep/http/trailers.hpp>
#include <holysheep/proxy/relay.hpp>

#include <algorithm>
#include <charconv>

namespace holysheep::proxy {

using http::Framing;
using net::Event;
using net::IoStatus;

namespace {

/// After a stream's own end mark, how long the end of the HTTP message may still be waited for.
constexpr Duration linger_after_end = std::chrono::seconds(1);

}  // namespace

Relay::Relay(const Settings& settings, ClientConnection& client, UpstreamCall& call, Downstream down)
    : settings_(settings),
      client_(client),
      call_(call),
      down_(down),
      framing_(call.head.framing),
      remaining_(call.head.content_length),
      event_stream_(call.head.event_stream),
      readable_events_(call.head.readable_events()),
      metered_(call.head.status == 200 && !call.head.encoded),
      events_(down.dialect, settings.stream_chunk_size),
      usage_(down.dialect, event_stream_),
      heard_(client.now()),
      sent_(client.now()) {
  upstream_complete_ = framing_ == Framing::none || (framing_ == Framing::length && remaining_ == 0);
}

Task<Fault> Relay::run(std::string_view head_bytes) {
  Gather out;
  out.add(head_bytes);
  for (bool first = true;; first = false) {
    const Fault fault = gather(out);
    const bool any_bytes = !out.empty();
    if (!client_.send_at_once(out)) {
      if (client_.gone()) co_return Fault::client_gone;
      if (first) out.own_front(head_bytes, unsent_head_);
      const bool sent = co_await client_.send(out);
      if (!sent) co_return Fault::client_gone;
      heard_ = client_.now();  // while the client held us up, upstream was not asked for anything
    }
    if (any_bytes) sent_ = client_.now();
    out.clear();
    call_.input.consume(std::exchange(taken_, 0));
    if (fault != Fault::none) co_return co_await break_off(fault);
    if (upstream_complete_) co_return Fault::none;
    if (!call_.input.empty()) continue;
    if (++in_a_row_ >= ClientConnection::most_in_a_row) {
      in_a_row_ = 0;
      const bool go_on = co_await client_.let_others_run();
      if (!go_on && client_.cut_by_shutdown()) co_return co_await break_off(Fault::draining);
      if (!go_on) co_return Fault::client_gone;
    }
    const Fault lost = co_await receive();
    if (lost == Fault::client_gone) co_return lost;
    if (lost != Fault::none) co_return co_await break_off(lost);
  }
}

Relay::Found Relay::next_piece(std::string_view& rest, std::string_view& piece) {
  switch (framing_) {
    case Framing::none:
      return Found::end;
    case Framing::length:
      if (remaining_ == 0) return Found::end;
      if (rest.empty()) return Found::nothing;
      piece = rest.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, rest.size())));
      rest.remove_prefix(piece.size());
      remaining_ -= piece.size();
      return Found::payload;
    case Framing::until_close:
      if (closed_by_end_) return Found::end;
      if (rest.empty()) return Found::nothing;
      piece = std::exchange(rest, {});
      return Found::payload;
    case Framing::chunked:
      switch (decoder_.next(rest)) {
        case http::ChunkDecoder::Event::payload:
          piece = decoder_.span();
          return Found::payload;
        case http::ChunkDecoder::Event::need_more:
          return Found::nothing;
        case http::ChunkDecoder::Event::end:
          return Found::end;
        default:
          return Found::malformed;
      }
  }
  return Found::malformed;
}

Fault Relay::gather(Gather& out) {
  Fault fault = Fault::none;
  std::string_view rest = call_.input.bytes();
  const std::size_t available = rest.size();
  pieces_.clear();
  while (pieces_.size() < http::WholeEvents::most_pieces) {
    std::string_view piece;
    const Found found = next_piece(rest, piece);
    if (found == Found::malformed) fault = Fault::answer_malformed;
    if (found == Found::end) upstream_complete_ = true;
    if (found != Found::payload) break;
    pieces_.push_back(piece);
  }
  taken_ = available - rest.size();
  if (readable_events_) events_.pass(pieces_, upstream_complete_);
  note_progress();
  std::uint64_t payload = 0;
  for (const auto piece : pieces_) {
    payload += piece.size();
    if (metered_) usage_.feed(piece);
  }
  if (!event_stream_ && received_ + payload > settings_.max_response_size) return Fault::response_too_large;
  received_ += payload;
  if (down_.gzip != nullptr) {
    pieces_.assign(1, down_.gzip->take({pieces_.data(), pieces_.size()}, upstream_complete_));
    payload = pieces_.front().size();
  }
  body_bytes_ += payload;
  const bool chunked = down_.framing == Framing::chunked;
  if (chunked && payload > 0) {
    char* end = std::to_chars(size_line_.data(), size_line_.data() + 16, payload, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out.add({size_line_.data(), static_cast<std::size_t>(end - size_line_.data())});
  }
  for (const auto piece : pieces_) out.add(piece);
  if (chunked && payload > 0) out.add("\r\n");
  if (chunked && upstream_complete_) {
    trailer_ = http::forwardable_trailers(decoder_.trailers(), down_.gzip != nullptr);
    out.add("0\r\n");
    out.add(trailer_);
    out.add("\r\n");
  }
  return fault;
}

/// Pings and comments from upstream do not count: they must not hide that it says nothing.
void Relay::note_progress() noexcept {
  if (readable_events_ && std::exchange(progress_, events_.progress()) == events_.progress()) return;
  heard_ = client_.now();
}

Task<Fault> Relay::receive() {
  Duration patience = settings_.upstream_read_timeout;
  if (events_.ended()) patience = std::min(patience, linger_after_end);
  TimePoint silent = after(heard_, patience);
  for (;;) {
    client_.wakeup.clear(Event::upstream_readable);
    const auto got = call_.lease->read(call_.input.room(settings_.stream_chunk_size));
    if (got.status == IoStatus::done) {
      call_.input.added(got.count);
      co_return Fault::none;
    }
    call_.input.release_if_empty();
    if (got.status == IoStatus::end && framing_ == Framing::until_close &&
        !(readable_events_ && events_.torn())) {
      closed_by_end_ = true;
      co_return Fault::none;
    }
    if (got.status == IoStatus::end || got.status == IoStatus::lost) co_return Fault::answer_cut;
    if (const auto held = down_.gzip != nullptr ? down_.gzip->flush() : ""; !held.empty()) {
      const Fault fault = co_await send_now(held);
      if (fault != Fault::none) co_return fault;
      heard_ = client_.now();  // as in `run`
      silent = after(heard_, patience);
    }
    const Event came = co_await client_.wakeup.wait(
        Event::upstream_readable | Event::upstream_writable | Event::client_readable,
        std::min(silent, next_ping()));
    in_a_row_ = 0;
    if (has(came, Event::shutdown) && client_.cut_by_shutdown()) co_return Fault::draining;
    if (client_.left(came)) co_return Fault::client_gone;
    if (has(came, Event::upstream_readable) || !has(came, Event::time)) continue;
    if (client_.now() >= silent) co_return Fault::silence;
    const Fault fault = co_await send_now(http::ping_event(down_.dialect));
    if (fault != Fault::none) co_return fault;
  }
}

/// `never` where none may be put in: inside an event, after the stream's end, in a body of given length.
TimePoint Relay::next_ping() const noexcept {
  const bool may = readable_events_ && settings_.stream_ping_interval > Duration::zero() &&
                   down_.framing != Framing::length && !events_.inside_event() && !events_.ended();
  return may ? after(sent_, settings_.stream_ping_interval) : never;
}

/// Between two reads.
Task<Fault> Relay::send_now(std::string_view payload) {
  const std::string bytes = framed(payload);
  Gather out;
  out.add(bytes);
  const bool sent = co_await client_.send(out);
  if (!sent) co_return Fault::client_gone;
  body_bytes_ += payload.size();
  sent_ = client_.now();
  co_return Fault::none;
}

/// As one chunk where the client's side is chunked.
std::string Relay::framed(std::string_view payload) const {
  if (down_.framing != Framing::chunked) return std::string(payload);
  std::array<char, 16> size;
  const char* end = std::to_chars(size.data(), size.data() + size.size(), payload.size(), 16).ptr;
  std::string chunk(static_cast<const char*>(size.data()), end);
  return chunk.append("\r\n").append(payload).append("\r\n");
}

Task<Fault> Relay::break_off(Fault fault) {
  call_.lease.close();
  if (readable_events_ && down_.framing != Framing::length) {
    std::string bytes;
    const bool complete = events_.ended();  // only the end of the HTTP message was lost
    if (!complete) {
      // One that was too large to be held back is ended first, so that the error is an event of its own.
      std::string ending = events_.inside_event() ? "\n\n" : "";
      http::write_stream_error(ending, down_.dialect, fault, http::advice(fault, {}), down_.request_id);
      body_bytes_ += ending.size();
      bytes = framed(ending);
    } else if (down_.framing == Framing::chunked) {
      bytes = "0\r\n\r\n";
    }
    Gather out;
    out.add(bytes);
    const bool sent = co_await client_.send(out);
    if (!sent) co_return Fault::client_gone;
    if (complete) co_return Fault::none;
  } else {
    must_reset_ = down_.framing == Framing::until_close;
  }
  co_return fault;
}

}  // namespace holysheep::proxy
