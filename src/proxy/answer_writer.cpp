#include <holysheep/http/gateway_error.hpp>
#include <holysheep/http/stream_ping.hpp>
#include <holysheep/http/trailers.hpp>
#include <holysheep/proxy/answer_writer.hpp>

#include <charconv>

namespace holysheep::proxy {

using http::Framing;

void AnswerWriter::add_head(std::string_view head) {
  head_ = head;
  out_.add(head);
}

void AnswerWriter::add_body(std::span<const std::string_view> pieces, std::uint64_t payload, bool last) {
  if (down_.gzip == nullptr) return add_payload(pieces, payload);
  const std::string_view coded = down_.gzip->take(pieces, last);
  add_payload({&coded, 1}, coded.size());
}

void AnswerWriter::add_payload(std::span<const std::string_view> pieces, std::uint64_t payload) {
  if (payload == 0) return;
  body_bytes_ += payload;
  const bool chunked = down_.framing == Framing::chunked;
  if (chunked) {
    char* end = std::to_chars(size_line_.data(), size_line_.data() + 16, payload, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out_.add({size_line_.data(), static_cast<std::size_t>(end - size_line_.data())});
  }
  for (const auto piece : pieces) out_.add(piece);
  if (chunked) out_.add("\r\n");
}

void AnswerWriter::add_end(std::string_view trailers) {
  ends_ = true;
  if (down_.framing != Framing::chunked) return;
  trailers_ = http::forwardable_trailers(trailers, down_.gzip != nullptr || down_.edited);
  out_.add("0\r\n");
  out_.add(trailers_);
  out_.add("\r\n");
}

bool AnswerWriter::send_at_once() noexcept {
  const bool any_bytes = !out_.empty();
  if (!client_.send_at_once(out_)) return false;
  if (any_bytes || ends_) all_sent();
  return true;
}

bool AnswerWriter::flush_at_once() {
  if (down_.gzip == nullptr) return true;
  const std::string_view coded = down_.gzip->flush();
  add_payload({&coded, 1}, coded.size());
  return send_at_once();
}

Task<bool> AnswerWriter::send() {
  if (client_.gone()) co_return false;
  out_.own_front(std::exchange(head_, {}), unsent_head_);
  const bool sent = co_await client_.send(out_);
  if (sent) all_sent();
  co_return sent;
}

void AnswerWriter::all_sent() noexcept {
  if (ends_) must_reset_ = false;
  sent_ = client_.now();
  head_ = {};
  out_.clear();
}

TimePoint AnswerWriter::ping_due() const noexcept {
  const bool may =
      down_.readable_events && down_.ping_interval > Duration::zero() && down_.framing != Framing::length;
  return may ? after(sent_, down_.ping_interval) : never;
}

Task<Fault> AnswerWriter::ping() {
  const std::string_view event = http::ping_event(down_.dialect);
  const std::string bytes = framed(event);
  Gather out;
  out.add(bytes);
  const bool sent = co_await client_.send(out);
  if (!sent) co_return Fault::client_gone;
  body_bytes_ += event.size();
  sent_ = client_.now();
  co_return Fault::none;
}

/// As one chunk where the client's side is chunked.
std::string AnswerWriter::framed(std::string_view payload) const {
  if (down_.framing != Framing::chunked) return std::string(payload);
  std::array<char, 16> size;
  const char* end = std::to_chars(size.data(), size.data() + size.size(), payload.size(), 16).ptr;
  std::string chunk(static_cast<const char*>(size.data()), end);
  return chunk.append("\r\n").append(payload).append("\r\n");
}

Task<Fault> AnswerWriter::break_off(Fault fault, bool ended, bool inside_event) {
  if (!down_.readable_events || down_.framing == Framing::length) co_return fault;
  std::string bytes;
  if (!ended) {
    // One that was too large to be held back is ended first, so that the error is an event of its own.
    std::string ending = inside_event ? "\n\n" : "";
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
  must_reset_ = false;
  co_return ended ? Fault::none : fault;
}

}  // namespace holysheep::proxy
