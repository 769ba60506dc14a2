#include <holysheep/proxy/answer_body.hpp>

#include <algorithm>

namespace holysheep::proxy {

using http::Framing;
using net::Event;
using net::IoStatus;

namespace {

/// After a stream's own end mark, how long the end of the HTTP message may still be waited for.
constexpr Duration linger_after_end = std::chrono::seconds(1);

}  // namespace

AnswerBody::AnswerBody(LoopContext& context, ClientConnection& client, UpstreamCall& call,
                       http::Dialect dialect)
    : settings_(context.pod.settings),
      client_(client),
      call_(call),
      framing_(call.head.framing),
      remaining_(call.head.content_length),
      event_stream_(call.head.event_stream),
      readable_events_(call.head.readable_events()),
      metered_(call.head.status == 200 || call.head.status >= 400),
      takes_usage_out_(call.takes_usage_out()),
      events_(dialect, settings_.stream_chunk_size),
      usage_(dialect, event_stream_, call.head.coding),
      charge_(context.pod.memory, MemoryUse::compression),
      promised_(context.memory),
      heard_(client.now()) {
  complete_ = framing_ == Framing::none || (framing_ == Framing::length && remaining_ == 0);
  charge_meter();
}

void AnswerBody::charge_meter() noexcept {
  const auto bytes = static_cast<std::int64_t>(usage_.memory());
  if (bytes == charge_.bytes()) return;
  charge_.set(bytes);
  promised_.set(bytes);
}

AnswerBody::Found AnswerBody::next_piece(std::string_view& rest, std::string_view& piece) {
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

Fault AnswerBody::take() {
  Fault fault = Fault::none;
  std::string_view rest = call_.input.bytes();
  const std::size_t available = rest.size();
  pieces_.clear();
  while (pieces_.size() < http::WholeEvents::most_pieces) {
    std::string_view piece;
    const Found found = next_piece(rest, piece);
    if (found == Found::malformed) fault = Fault::answer_malformed;
    if (found == Found::end) complete_ = true;
    if (found != Found::payload) break;
    pieces_.push_back(piece);
  }
  taken_ = available - rest.size();
  if (readable_events_) events_.pass(pieces_, complete_);
  note_progress();
  if (metered_) {
    for (const auto piece : pieces_) usage_.feed(piece);
    charge_meter();
  }
  if (takes_usage_out_) removal_.pass(pieces_, complete_);
  payload_ = 0;
  for (const auto piece : pieces_) payload_ += piece.size();
  size_ += payload_;
  if (event_stream_ || size_ <= settings_.max_response_size) return fault;
  pieces_.clear();
  payload_ = 0;
  complete_ = false;
  return Fault::response_too_large;
}

/// Pings and comments from upstream do not count: they must not hide that it says nothing.
void AnswerBody::note_progress() noexcept {
  if (readable_events_ && std::exchange(progress_, events_.progress()) == events_.progress()) return;
  heard_ = client_.now();
}

/// The rest of the record that a read has begun lies in memory whether it is taken or not: written together,
/// a large body costs a third of the system calls.
void AnswerBody::take_along() {
  for (std::size_t more = call_.lease->decrypted(); more > 0; more = call_.lease->decrypted()) {
    const auto room = call_.input.room(std::min(call_.input.size() + more, net::BufferPool::block_size));
    if (room.empty()) return;
    const auto got = call_.lease->read(room);
    if (got.status != IoStatus::done) return;
    call_.input.added(got.count);
  }
}

Task<Fault> AnswerBody::receive(TimePoint until, Event also, Event& came) {
  if (++in_a_row_ >= ClientConnection::most_in_a_row) {
    in_a_row_ = 0;
    const bool go_on = co_await client_.let_others_run();
    if (!go_on) co_return client_.cut_by_shutdown() ? Fault::draining : Fault::client_gone;
  }
  Duration patience = settings_.upstream_read_timeout;
  if (events_.ended()) patience = std::min(patience, linger_after_end);
  const TimePoint silent = after(heard_, patience);
  for (;;) {
    client_.wakeup.clear(Event::upstream_readable);
    const auto got = call_.lease->read(call_.input.room(settings_.stream_chunk_size));
    if (got.status == IoStatus::done) {
      call_.input.added(got.count);
      take_along();
      came = Event::upstream_readable;
      co_return Fault::none;
    }
    call_.input.release_if_empty();
    if (got.status == IoStatus::end && framing_ == Framing::until_close &&
        !(readable_events_ && events_.torn())) {
      closed_by_end_ = true;
      came = Event::upstream_readable;
      co_return Fault::none;
    }
    if (got.status == IoStatus::end || got.status == IoStatus::lost) co_return Fault::answer_cut;
    if (until <= client_.now()) {
      came = Event::time;
      co_return Fault::none;
    }
    came = co_await client_.wakeup.wait(
        Event::upstream_readable | Event::upstream_writable | Event::client_readable | also,
        std::min(silent, until));
    in_a_row_ = 0;
    if (has(came, Event::shutdown) && client_.cut_by_shutdown()) co_return Fault::draining;
    if (client_.left(came)) co_return Fault::client_gone;
    if (has(came, Event::upstream_readable)) continue;
    if (has(came, also)) co_return Fault::none;
    if (!has(came, Event::time)) continue;
    co_return client_.now() >= silent ? Fault::silence : Fault::none;
  }
}

}  // namespace holysheep::proxy
