#include <holysheep/core/text.hpp>
#include <holysheep/http/stream_usage.hpp>
#include <holysheep/proxy/request_body.hpp>

#include <algorithm>
#include <cstring>

namespace holysheep::proxy {

using http::Framing;
using net::Event;
using net::IoStatus;

RequestBody::RequestBody(ClientConnection& client, BodyReservation reservation, Limits limits,
                         const http::RequestHead& head, std::string_view behind_head)
    : client_(client),
      limits_(limits),
      reservation_(std::move(reservation)),
      framing_(head.framing),
      length_(head.content_length),
      expects_continue_(head.expect_continue && head.version_minor > 0 && behind_head.empty()),
      editable_(http::may_edit_body(head.fields)),
      complete_(framing_ == Framing::none || (framing_ == Framing::length && length_ == 0)),
      behind_head_size_(behind_head.size()),
      raw_(behind_head),
      input_(client.loop.buffers) {}

Task<Fault> RequestBody::hold() {
  while (!complete_) {
    std::string_view piece;
    if (const Fault fault = take(piece); fault != Fault::none) co_return fault;
    if (!piece.empty()) {
      scan_.feed(piece);
      if (!store(piece)) {
        not_held_ = piece;
        co_return Fault::none;
      }
      drop_taken();
      continue;
    }
    if (complete_) break;
    if (!say_continue()) co_return Fault::client_gone;
    bool wanted = false;
    if (const Fault fault = receive(wanted); fault != Fault::none) co_return fault;
    if (!wanted) continue;
    const Event came =
        co_await client_.wakeup.wait(Event::client_readable, after(client_.now(), limits_.patience));
    if (has(came, Event::client_gone | Event::shutdown)) co_return Fault::client_gone;
    if (has(came, Event::time)) co_return Fault::request_timeout;
  }
  co_return Fault::none;
}

http::Framing RequestBody::onward_framing() const noexcept {
  if (framing_ == Framing::chunked && complete_ && not_held_.empty() && trailers().empty())
    return Framing::length;
  return framing_;
}

std::uint64_t RequestBody::onward_length() const noexcept {
  return (framing_ == Framing::chunked ? held_ : length_) + longer_;
}

Fault RequestBody::take(std::string_view& piece) {
  if (!not_held_.empty()) {
    piece = std::exchange(not_held_, {});
    return Fault::none;
  }
  drop_taken();
  std::string_view source = raw_.empty() ? input_.bytes() : raw_;
  const bool from_raw = !raw_.empty();
  const std::size_t available = source.size();
  Fault fault = Fault::none;
  if (complete_ || source.empty()) return fault;
  if (framing_ == Framing::length) {
    piece = source.substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(source.size(), length_ - received_)));
    source.remove_prefix(piece.size());
    received_ += piece.size();
    complete_ = received_ == length_;
  } else {
    switch (decoder_.next(source)) {
      case http::ChunkDecoder::Event::payload:
        piece = decoder_.span();
        received_ += piece.size();
        if (received_ > limits_.max_size) fault = Fault::request_too_large;
        break;
      case http::ChunkDecoder::Event::end:
        complete_ = true;
        break;
      case http::ChunkDecoder::Event::need_more:
        break;
      case http::ChunkDecoder::Event::malformed:
        fault = Fault::bad_request;
        break;
      case http::ChunkDecoder::Event::trailers_too_large:
        fault = Fault::headers_too_large;
        break;
    }
  }
  if (from_raw) {
    raw_ = source;
  } else {
    taken_ = available - source.size();  // the piece is in it: kept until the next call
    if (piece.empty()) drop_taken();
  }
  return fault;
}

Fault RequestBody::receive(bool& wanted) {
  drop_taken();
  const auto room = input_.room(net::BufferPool::block_size);
  const auto got = client_.socket.read(room);
  switch (got.status) {
    case IoStatus::done:
      input_.added(got.count);
      return Fault::none;
    case IoStatus::want_read:
      input_.release_if_empty();
      wanted = true;
      return Fault::none;
    default:
      return Fault::client_gone;
  }
}

bool RequestBody::store(std::string_view piece) {
  if (!reservation_.possible()) return false;
  // A body of known length that came with its head stays there; everything else is copied.
  if (framing_ == Framing::length && held_ + piece.size() <= behind_head_size_) {
    held_ += piece.size();
    in_place_ = piece;
    return true;
  }
  if (!reserve(piece.size())) return false;
  held_ += piece.size();
  while (!piece.empty()) {
    if (block_used_ == net::BufferPool::block_size) {
      blocks_.push_back(client_.loop.buffers.take());
      block_used_ = 0;
    }
    const auto part = piece.substr(0, net::BufferPool::block_size - block_used_);
    std::memcpy(blocks_.back() + block_used_, part.data(), part.size());
    block_used_ += part.size();
    piece.remove_prefix(part.size());
  }
  return true;
}

/// Room for so many more bytes in blocks.
bool RequestBody::reserve(std::size_t bytes) noexcept {
  constexpr std::size_t block = net::BufferPool::block_size;
  const std::size_t there = block - block_used_;
  if (bytes <= there) return true;
  return reservation_.grow(static_cast<std::int64_t>((bytes - there + block - 1) / block * block));
}

std::string_view RequestBody::held_piece(std::size_t index) const noexcept {
  if (index == 0) return in_place_;
  return {blocks_[index - 1], index == blocks_.size() ? block_used_ : net::BufferPool::block_size};
}

std::string RequestBody::text() const {
  std::string all;
  all.reserve(static_cast<std::size_t>(held()));
  for (std::size_t i = 0; i < piece_count(); ++i) all += piece(i);
  return all;
}

/// Trailers may bind it to its bytes as well.
bool RequestBody::may_edit() const noexcept {
  return editable_ && complete() && trailers().empty();
}

std::optional<http::RequestScan::Span> RequestBody::model_span() const noexcept {
  return may_edit() ? scan_.model_span() : std::nullopt;
}

void RequestBody::name_model(std::string_view model) {
  const auto span = *scan_.model_span();
  other_name_.clear();
  append_json_string(other_name_, model);
  name_edit_ = {span.offset, span.size, other_name_};
  edit();
}

bool RequestBody::ask_for_usage() {
  if (std::exchange(usage_looked_for_, true)) return usage_edit_.has_value();
  usage_edit_ = find_usage_edit();
  if (usage_edit_) edit();
  return usage_edit_.has_value();
}

std::optional<http::BodyEdit> RequestBody::find_usage_edit() const {
  if (!may_edit()) return std::nullopt;
  const auto span = scan_.stream_options_span();
  if (!span) return http::usage_edit(scan_, {});
  if (span->size > http::longest_stream_options) return std::nullopt;
  std::string options;
  std::uint64_t begin = 0;
  for (const std::string_view piece : held_pieces()) {
    const std::uint64_t end = begin + piece.size();
    const std::uint64_t from = std::clamp(span->offset, begin, end);
    const std::uint64_t to = std::clamp(span->offset + span->size, begin, end);
    options += piece.substr(static_cast<std::size_t>(from - begin), static_cast<std::size_t>(to - from));
    begin = end;
  }
  return http::usage_edit(scan_, options);
}

std::vector<std::string_view> RequestBody::held_pieces() const {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i <= blocks_.size(); ++i) pieces.push_back(held_piece(i));
  return pieces;
}

void RequestBody::edit() {
  std::vector<http::BodyEdit> edits;
  if (name_edit_) edits.push_back(*name_edit_);
  if (usage_edit_) edits.push_back(*usage_edit_);
  std::ranges::sort(edits, {}, &http::BodyEdit::offset);
  longer_ = 0;
  for (const auto& edit : edits) longer_ += edit.text.size() - edit.size;
  edited_ = http::edited(held_pieces(), edits);
}

void RequestBody::drop_taken() noexcept {
  input_.consume(std::exchange(taken_, 0));
  input_.release_if_empty();
}

bool RequestBody::say_continue() {
  if (!std::exchange(expects_continue_, false)) return true;
  // 25 bytes into an idle socket: it takes them, or it is broken.
  Gather go_on;
  go_on.add("HTTP/1.1 100 Continue\r\n\r\n");
  return client_.send_at_once(go_on);
}

void RequestBody::release() noexcept {
  for (char* block : blocks_) client_.loop.buffers.give_back(block);
  blocks_.clear();
  edited_.clear();
  in_place_ = {};
  block_used_ = net::BufferPool::block_size;
  reservation_.release();
  held_ = 0;
}

BodyReservation RequestBody::hand_over() noexcept {
  BodyReservation taken(std::move(reservation_));
  release();
  return taken;
}

}  // namespace holysheep::proxy
