#include <holysheep/http/compressible.hpp>
#include <holysheep/http/response_writer.hpp>
#include <holysheep/proxy/exchange.hpp>
#include <holysheep/proxy/shared_relay.hpp>

// How an Exchange passes on what upstream answered; how it comes to an answer is in exchange.cpp.
namespace holysheep::proxy {

using http::Framing;

Task<Fault> Exchange::relay(UpstreamCall& call) {
  const http::ResponseHead& head = call.head;
  if (head.larger_than(settings_.max_response_size)) {
    call.lease.close();
    co_return Fault::response_too_large;
  }
  const http::ServerTiming times = timing(client_.now());
  http::Downward down{.head = head, .timing = times};
  down.framing = head.framing;
  down.content_length = head.content_length;
  std::optional<Compression> gzip;
  down.coding = choose_coding(head, call.body_length(), gzip);
  down.edited = call.takes_usage_out();
  if (gzip || (down.edited && head.framing == Framing::length)) down.framing = Framing::chunked;
  Downstream downstream = begin_answer(head, down, call.other_model);
  if (gzip) downstream.gzip = &*gzip;
  call.input.consume(call.head_size);
  if (!body_->complete()) client_.watch_and_discard();  // answered early
  std::optional<Counted> stream;
  if (head.event_stream) stream.emplace(context_.metrics.open_stream());
  Relay relay(context_, client_, call, downstream);
  const Fault fault = co_await relay.run(context_.loop.scratch);
  usage_ = relay.body().usage();
  names_.answer_model.assign(relay.body().model());
  settle_relay(fault, head.status, relay.body_bytes(), relay.must_reset());
  if (fault == Fault::none && call.lease && relay.body().upstream_reusable()) {
    call.lease.give_back(client_.now());
  }
  co_return fault;
}

Task<Fault> Exchange::relay_shared() {
  SharedReader& reader = shared_->reader();
  const SharedAnswer& answer = reader.answer();
  http::ResponseHead head;
  http::parse_response_head(answer.head(), head_.method, head);
  const http::ServerTiming times = timing(client_.now());
  http::Downward down{.head = head, .timing = times};
  down.framing = head.framing;
  down.content_length = head.content_length;
  down.second_hand = !reader.leads();
  down.edited = answer.resized();
  const bool resized = down.edited && head.framing == Framing::length;
  if (resized) down.framing = Framing::chunked;
  if (reader.kept()) {
    down.age = shared_->age();
    if (resized || (head.framing == Framing::chunked && !head.event_stream)) {
      down.framing = Framing::length;
      down.content_length = answer.size();
    }
  }
  std::optional<Compression> gzip;
  if (answer.coded()) {
    down.coding = http::Coding::gzip;
    down.framing = Framing::length;
    down.content_length = answer.size();
  } else {
    std::optional<std::uint64_t> length;
    if (reader.kept()) length = answer.size();
    if (!length && head.framing == Framing::length) length = head.content_length;
    down.coding = choose_coding(head, length, gzip);
  }
  if (gzip) down.framing = Framing::chunked;
  Downstream downstream = begin_answer(head, down, answer.other_model());
  if (gzip) downstream.gzip = &*gzip;
  std::optional<Counted> stream;
  if (head.event_stream) stream.emplace(context_.metrics.open_stream());
  SharedRelay relay(client_, reader, downstream);
  const Fault fault = co_await relay.run(context_.loop.scratch);
  settle_relay(fault, head.status, relay.body_bytes(), relay.must_reset());
  co_return fault;
}

/// Does the answer's coding depend on who asks, and is it compressed for this client? Then `gzip` is had.
http::Coding Exchange::choose_coding(const http::ResponseHead& head, std::optional<std::uint64_t> length,
                                     std::optional<Compression>& gzip) {
  if (!settings_.enable_gzip || head.event_stream) return http::Coding::none;
  const http::CodingChoice choice = http::choose_coding(head_, head, length);
  if (!choice.varies) return http::Coding::none;
  // For want of memory it goes as it is.
  if (!choice.compress || !Compression::possible(context_.memory, length)) return http::Coding::varies;
  gzip.emplace(context_.gzip_encoders, context_.pod.memory, context_.memory, length);
  return http::Coding::gzip;
}

/// Writes the client's head into the loop's scratch. `down` has what the answer says of its body.
Downstream Exchange::begin_answer(const http::ResponseHead& head, http::Downward& down,
                                  std::string_view other_model) {
  if (down.framing == Framing::chunked || down.framing == Framing::until_close) {
    down.framing = head_.version_minor == 0 ? Framing::until_close : Framing::chunked;
  }
  if (down.framing == Framing::until_close) keep_alive_ = false;
  commit(head.status);
  if (head.event_stream && head.status == 200) {
    context_.metrics.first_token(names_.model, client_.now() - received_);
  } else {
    overhead_ = down.timing.proxy;
  }
  down.client_version_minor = head_.version_minor;
  down.close = !keep_alive_;
  down.request_id = names_.request_id;
  down.date = context_.date.at(std::chrono::system_clock::now());
  const Fared* const how = fared();
  if (how != nullptr && how->refused_by_budget && head.status >= 400) down.should_retry = false;
  const std::string used_model = name_used_model(other_model);
  down.extra = used_model;
  std::string& scratch = context_.loop.scratch;
  scratch.clear();
  http::write_response_head(scratch, down);
  settle_input();
  return {.framing = down.framing,
          .dialect = route_.dialect,
          .request_id = names_.request_id,
          .readable_events = head.readable_events(),
          .ping_interval = settings_.stream_ping_interval,
          .edited = down.edited};
}

void Exchange::settle_relay(Fault fault, int status, std::uint64_t body_bytes, bool must_reset) {
  response_bytes_ = body_bytes;
  must_reset_ = must_reset;
  broken_ = fault != Fault::none;
  partial_ = broken_ && status == 200;
  if (broken_) keep_alive_ = false;
}

/// The header line that names another model than was asked for; empty where none was used.
std::string Exchange::name_used_model(std::string_view other_model) {
  used_model_ = other_model;
  return used_model_.empty() ? std::string() : "X-HolySheep-Model: " + used_model_ + "\r\n";
}

/// A stream whose first event was an error is answered as the error that it is.
Task<Fault> Exchange::answer_error_event(const http::EventError& error, std::string_view other_model) {
  commit(error.status);
  http::OwnAnswer answer = own_answer();
  std::string extra = name_used_model(other_model);
  if (fared()->refused_by_budget) extra += "x-should-retry: false\r\n";
  answer.extra = extra;
  std::string& scratch = context_.loop.scratch;
  scratch.clear();
  http::write_json_answer(scratch, status_, error.body, answer);
  response_bytes_ = error.body.size();
  const bool sent = co_await send_scratch();
  co_return sent ? Fault::none : Fault::client_gone;
}

}  // namespace holysheep::proxy
