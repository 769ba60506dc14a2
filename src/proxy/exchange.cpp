#include <holysheep/http/json_body.hpp>
#include <holysheep/http/max_forwards.hpp>
#include <holysheep/http/response_writer.hpp>
#include <holysheep/proxy/exchange.hpp>
#include <holysheep/proxy/probes.hpp>
#include <holysheep/proxy/request_end.hpp>

#include <algorithm>
#include <charconv>

namespace holysheep::proxy {

using http::Endpoint;
using http::FieldName;
using http::Framing;
using http::Method;

namespace {

constexpr std::string_view forwarded_methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// What a client is told to wait where memory is short: requests end, or the cache goes, within that time.
constexpr Duration until_memory = std::chrono::seconds(1);

/// A decimal number of seconds or retries, as the SDKs send it; nothing for anything else.
std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0)) return std::nullopt;
  return value;
}

}  // namespace

Exchange::Exchange(LoopContext& context, ClientConnection& client, const http::RequestHead& head,
                   std::size_t head_size, RequestNames& names, TimePoint started)
    : context_(context),
      client_(client),
      settings_(context.pod.settings),
      head_(head),
      head_size_(head_size),
      counted_(context.metrics.request_in_flight()),
      started_(started),
      received_(started),
      names_(names),
      keep_alive_(head.keep_alive) {}

Task<void> Exchange::run() {
  identify();
  Fault outcome = refusal();
  if (outcome == Fault::none && ends_here()) {
    outcome = co_await answer_options();
  } else if (outcome == Fault::none && route_.endpoint != Endpoint::forward) {
    outcome = co_await answer_probe();
  } else if (outcome == Fault::none) {
    outcome = co_await forward();
  }
  if (outcome == Fault::client_gone && client_.cut_by_shutdown()) outcome = Fault::draining;
  if (!committed_ && outcome != Fault::client_gone) co_await answer_fault(outcome);
  finish(outcome);
}

Task<void> Exchange::refuse(Fault fault, std::string_view why) {
  identify();
  why_ = why;
  keep_alive_ = false;
  co_await answer_fault(fault);
  finish(fault);
}

void Exchange::identify() {
  route_ = http::route(head_.path);
  names_.method.assign(head_.method_text);
  names_.path.assign(head_.path);
  names_.model.clear();  // the connection's request before had one
  names_.answer_model.clear();
  const auto given = head_.fields.value(FieldName::x_request_id);
  if (http::valid_request_id(given)) {
    names_.request_id.assign(given);
  } else {
    names_.request_id.assign(context_.request_ids.next().view());
  }
  names_.trace_id.assign(http::trace_id(head_.fields.value(FieldName::traceparent)));
}

/// What is refused from the head alone.
Fault Exchange::refusal() {
  if (head_.method == Method::trace || head_.method == Method::connect) return Fault::method_not_allowed;
  if (route_.endpoint == Endpoint::not_found) return Fault::not_found;
  if (route_.endpoint != Endpoint::forward) {
    return head_.method == Method::get || head_.method == Method::head ? Fault::none
                                                                       : Fault::method_not_allowed;
  }
  if (context_.clients) {
    why_ = caller_.identify(head_.fields, context_.clients->get(), std::chrono::system_clock::now());
    if (!why_.empty()) return Fault::invalid_api_key;
  }
  let_in_ = true;
  if (head_.framing == Framing::length && head_.content_length > settings_.client_max_body_size) {
    return Fault::request_too_large;
  }
  if (context_.pod.lifecycle.refuses(started_)) return Fault::draining;
  if (!context_.memory.may_forward()) return Fault::memory_pressure;
  return Fault::none;
}

/// An OPTIONS that may be forwarded no further is answered by whoever holds it (RFC 9110 §7.6.2).
bool Exchange::ends_here() const {
  return http::max_forwards(head_.method, head_.fields.value(FieldName::max_forwards)) == 0U;
}

Task<Fault> Exchange::answer_options() {
  commit(200);
  http::OwnAnswer answer = own_answer();
  const std::string allow = "Allow: " + std::string(forwarded_methods) + "\r\n";
  answer.extra = allow;
  std::string& scratch = context_.loop.scratch;
  scratch.clear();
  http::write_json_answer(scratch, status_, "{}", answer);
  response_bytes_ = 2;
  const bool sent = co_await send_scratch();
  co_return sent ? Fault::none : Fault::client_gone;
}

Task<Fault> Exchange::answer_probe() {
  const bool asks_ready = route_.endpoint == Endpoint::ready;
  const ProbeAnswer answer = asks_ready ? readiness(context_.pod.lifecycle, context_.pod.memory_refuses,
                                                    context_.upstream.shared, context_.pod.second_upstream)
                                        : health();
  commit(answer.status);
  std::string& scratch = context_.loop.scratch;
  scratch.clear();
  http::write_json_answer(scratch, status_, answer.body, own_answer());
  response_bytes_ = answer.body.size();
  const bool sent = co_await send_scratch();
  co_return sent ? Fault::none : Fault::client_gone;
}

Task<Fault> Exchange::forward() {
  const LoopMemory::Forwarded counted(context_.memory);
  const RequestBody::Limits limits{settings_.client_max_body_size, settings_.client_body_timeout};
  body_.emplace(client_, BodyReservation(context_.pod.replay_memory, context_.memory), limits, head_,
                client_.input.bytes().substr(head_size_));
  if (const Fault fault = co_await body_->hold(); fault != Fault::none) co_return fault;
  received_ = client_.now();
  if (body_->complete()) client_.watch(body_->surplus().empty());
  names_.model.assign(find_model());
  if (const Fault fault = judge_model(); fault != Fault::none) co_return fault;
  const Duration patient = patience();
  const Ask ask{.head = head_,
                .route = route_,
                .caller = caller_,
                .request_id = names_.request_id,
                .model = names_.model,
                .deadline = after(received_, patient),
                .patience = patient,
                .stream = asks_for_stream(),
                .client_retries = client_retries()};
  if (const auto wanted = SharedRequest::wanted(context_, *body_, ask)) {
    co_return co_await forward_shared(*wanted, ask);
  }
  co_return co_await forward_alone(ask);
}

Task<Fault> Exchange::forward_alone(const Ask& ask) {
  attempts_.emplace(context_, client_, *body_, ask);
  const Fault fault = co_await attempts_->run();
  if (fault != Fault::none) co_return fault;
  UpstreamCall& call = attempts_->answer();
  if (!call.error_event) co_return co_await relay(call);
  call.lease.close();
  usage_ = call.received_usage(route_.dialect);
  co_return co_await answer_error_event(*call.error_event, call.other_model);
}

Task<Fault> Exchange::forward_shared(const AnswerStore::Wanted& wanted, const Ask& ask) {
  // The head begins where its start line does: empty lines before it are none of it.
  const auto before = static_cast<std::size_t>(head_.method_text.data() - client_.input.bytes().data());
  shared_.emplace(context_, client_, *body_, client_.input.bytes().substr(before, head_size_ - before), ask);
  const Fault fault = co_await shared_->open(wanted);
  if (fault != Fault::none) co_return fault;
  if (shared_->on_its_own()) co_return co_await forward_alone(ask);
  const SharedAnswer& answer = shared_->reader().answer();
  if (!answer.error()) co_return co_await relay_shared();
  co_return co_await answer_error_event(*answer.error(), answer.other_model());
}

/// How the request fared upstream, where it was asked there for this client.
const Fared* Exchange::fared() const {
  if (attempts_) return &attempts_->fared();
  return shared_ ? shared_->fared() : nullptr;
}

/// `REQUEST_TIMEOUT`, or what the client says that it will wait.
Duration Exchange::patience() const {
  Duration patience = settings_.request_timeout;
  if (const auto seconds = number(head_.fields.value(FieldName::x_stainless_timeout));
      seconds && *seconds > 0) {
    const std::chrono::duration<double> own(*seconds);
    if (own < patience) patience = std::chrono::duration_cast<Duration>(own);
  }
  return patience;
}

unsigned Exchange::client_retries() const {
  const auto retries = number(head_.fields.value(FieldName::x_stainless_retry_count)).value_or(0);
  return static_cast<unsigned>(std::min(retries, 1000.0));
}

bool Exchange::asks_for_stream() const {
  return body_->scan().stream() || (route_.beta && route_.rest.find(":stream") != std::string_view::npos);
}

std::string_view Exchange::find_model() const {
  return route_.model.empty() ? body_->scan().model() : route_.model;
}

/// A client that may use some models only must say which, once, where it can be read before anything goes
/// upstream and no other reader could find another one. What has no body names none: a list of models, say.
Fault Exchange::judge_model() {
  const auto verdict = [](bool may) { return may ? Fault::none : Fault::model_not_allowed; };
  if (!caller_.restricted()) return Fault::none;
  if (!route_.model.empty()) return verdict(caller_.may_use(http::decoded_model(route_)));
  if (head_.framing == Framing::none || (head_.framing == Framing::length && head_.content_length == 0)) {
    return Fault::none;
  }
  const bool readable = !http::may_name_unread_model(route_) && http::told_as_json(head_.fields);
  if (readable && body_->crowded_out()) {
    why_ = "there is no room for its body, whose model must be read first";
    return Fault::memory_pressure;
  }
  const bool sure = readable && body_->complete() && body_->scan().whole() && body_->scan().models() == 1;
  if (!sure || names_.model.empty()) {
    why_ = "which one the request is for cannot be read from it";
    return Fault::model_not_allowed;
  }
  return verdict(caller_.may_use(names_.model));
}

Task<void> Exchange::answer_fault(Fault fault) {
  if (traits(fault).closes) keep_alive_ = false;
  commit(http::status_of(fault, route_.dialect));
  std::string detail(why_);
  const Fared* const how = fared();
  if (how != nullptr) detail = how->detail;
  const bool probe = route_.endpoint == Endpoint::health || route_.endpoint == Endpoint::ready;
  http::GatewayError error{.fault = fault, .dialect = route_.dialect, .detail = detail};
  error.allow = probe ? std::string_view("GET, HEAD") : forwarded_methods;
  error.answer = own_answer();
  if (fault == Fault::memory_pressure) error.retry_after = until_memory;
  if (how != nullptr) {
    error.retry_after = how->retry_after;
    if (how->refused_by_budget) error.should_retry = false;
  }
  std::string& scratch = context_.loop.scratch;
  scratch.clear();
  http::write_gateway_error(scratch, error);
  response_bytes_ = scratch.size() - (scratch.find("\r\n\r\n") + 4);
  co_await send_scratch();
}

Task<bool> Exchange::send_scratch() {
  settle_input();
  Gather out;
  out.add(context_.loop.scratch);
  if (client_.send_at_once(out)) co_return true;
  std::string own;
  out.own_front(context_.loop.scratch, own);
  const bool sent = co_await client_.send(out);
  co_return sent;
}

/// The answer is decided: from here on bytes go to the client.
void Exchange::commit(int status) {
  committed_ = true;
  status_ = status;
  // What is unread of its body must not be taken for the next request.
  const bool has_body =
      head_.framing == Framing::chunked || (head_.framing == Framing::length && head_.content_length > 0);
  const bool unread = body_ ? !body_->complete() : has_body;
  if (unread || context_.pod.lifecycle.draining()) keep_alive_ = false;
}

/// Nothing is sent again: the request's memory goes back, and the next request's first bytes move up.
void Exchange::settle_input() {
  if (std::exchange(settled_, true)) return;
  std::size_t own = head_size_;
  if (body_) own += body_->consumed_behind_head();
  client_.input.consume(own);
  if (!body_) return;
  client_.input.append(body_->surplus());
  body_->release();
  client_.input.release_if_empty();
}

void Exchange::finish(Fault outcome) {
  client_.unwatch();
  settle_input();
  const TimePoint now = client_.now();
  const http::ServerTiming times = timing(now);
  if (shared_ && !shared_->on_its_own()) {
    shared_->reader().copy_answer_model(names_.answer_model);
    usage_ = shared_->leave();
  }
  RequestEnd end{.route = route_, .fault = outcome, .usage = usage_};
  AccessRecord& record = end.record;
  record.time = std::chrono::system_clock::now();
  record.request_id = names_.request_id;
  record.trace_id = names_.trace_id;
  record.client = caller_.id();
  record.method = names_.method;
  record.path = names_.path;
  record.model = names_.model;
  record.used_model = used_model_;
  record.status = committed_ ? static_cast<unsigned>(status_) : 499;
  record.code = traits(outcome).code;
  record.broken = broken_;
  record.partial = partial_;
  record.total = now - started_;
  record.response_bytes = response_bytes_;
  if (body_) record.request_bytes = body_->received();
  if (attempts_ || shared_) {
    record.attempts = times.attempts;
    record.queue = times.queue;
    record.upstream = times.upstream;
    record.cache = times.cache;
  }
  end.overhead = overhead_;
  end.let_in = let_in_;
  end.answer_model = names_.answer_model;
  if (const Fared* const how = fared(); how != nullptr) {
    end.detail = how->detail;
    end.answered = how->answered;
  }
  if (client_.gone()) keep_alive_ = false;
  tell_end(context_, end);
}

http::OwnAnswer Exchange::own_answer() {
  return {.request_id = names_.request_id,
          .date = context_.date.at(std::chrono::system_clock::now()),
          .timing = timing(client_.now()),
          .client_version_minor = head_.version_minor,
          .keep_alive = keep_alive_,
          .head_only = head_.method == Method::head};
}

http::ServerTiming Exchange::timing(TimePoint now) const {
  http::ServerTiming timing{.cache = "bypass"};
  timing.proxy = now - received_;
  if (shared_) {
    timing.cache = shared_->cache();
    timing.upstream = shared_->waited();
  }
  if (const Fared* const how = fared(); how != nullptr) {
    timing.queue = how->queued;
    timing.upstream = how->upstream_time;
    timing.attempts = how->attempts;
  }
  timing.proxy = std::max(Duration::zero(), timing.proxy - timing.queue - timing.upstream);
  return timing;
}

}  // namespace holysheep::proxy
