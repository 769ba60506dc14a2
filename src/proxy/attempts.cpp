#include <holysheep/http/context_length.hpp>
#include <holysheep/http/retry_after.hpp>
#include <holysheep/http/stream_usage.hpp>
#include <holysheep/net/remote_event.hpp>
#include <holysheep/proxy/attempts.hpp>
#include <holysheep/proxy/request_end.hpp>

#include <algorithm>

namespace holysheep::proxy {

using net::Event;

Attempts::Attempts(LoopContext& context, ClientConnection& client, RequestBody& body, const Ask& ask)
    : context_(context),
      client_(client),
      body_(body),
      ask_(ask),
      in_flight_(context.pod.retry_budget.enter()) {
  aim(context.upstream, ask.model);
  fallback_.second_upstream = context.second_upstream.has_value();
  const auto& fallbacks = context.pod.settings.model_fallbacks;
  // A model that the path names would stay the same there.
  if (fallbacks.empty() || !ask.route.model.empty() || !body.model_span()) return;
  const auto found = fallbacks.find(std::string(ask.model));
  if (found != fallbacks.end()) other_models_ = &found->second;
  fallback_.models = other_models_ != nullptr && !other_models_->empty();
}

Attempts::~Attempts() {
  drop(1 - current_);
}

Task<Fault> Attempts::run() {
  Fault fault = Fault::none;
  for (unsigned retries = 0;;) {
    fault = co_await attempt();
    retry_.reset();
    if (fault == Fault::client_gone) co_return fault;
    AttemptEnd end = end_of_attempt(fault);
    if (fault == Fault::none && end.status < 400) {
      drop(1 - current_);
      co_return fault;
    }
    if (end.status == 400 && fallback_.models) {
      const Fault unread = co_await look_into(end);
      if (unread == Fault::client_gone) co_return unread;
    }
    Duration wait{};
    const NextStep step = next_step(end, retries, wait);
    if (step == NextStep::stop || (step == NextStep::next_model && !aim_at_next_model())) break;
    if (step == NextStep::next_model) context_.metrics.fell_back(FallbackTo::model);
    if (step == NextStep::second_upstream || step == NextStep::second_upstream_once) {
      context_.metrics.fell_back(FallbackTo::second_upstream);
      fallback_.stage = FallbackState::Stage::second_upstream;
      fallback_.once = step == NextStep::second_upstream_once;
      aim(*context_.second_upstream, ask_.model);
    }
    put_aside(fault);
    if (step != NextStep::retry) continue;
    context_.metrics.retried(end.fault, end.status);
    ++retries;
    if (const Fault left = co_await pause(wait); left != Fault::none) co_return left;
  }
  if (paused_too_long_) context_.metrics.queue_refused(fault);  // there was nowhere else to go
  auto& aside = calls_[1 - current_];
  if (fault != Fault::none && aside) {  // upstream's own last word says more than our error
    drop(current_);
    current_ = 1 - current_;
    aside->take_up();
    fault = Fault::none;
  }
  co_return fault;
}

void Attempts::aim(UpstreamShard& upstream, std::string_view model) {
  target_.upstream = &upstream;
  target_.model = model;
  target_.lane.clear();
  if (!upstream.shared.prefix.empty()) target_.lane.append(upstream.shared.prefix).append(model);
  target_.upstream_breaker = &upstream.shared.breakers.upstream();
  target_.model_breaker = &upstream.models.of(model);
}

/// At the first upstream whose breakers are closed for it. False: none of those that are left.
bool Attempts::aim_at_next_model() {
  while (next_model_ < other_models_->size()) {
    const std::string& model = (*other_models_)[next_model_++];
    fallback_.models = next_model_ < other_models_->size();
    if (!ask_.caller.may_use(model)) continue;
    for (UpstreamShard* upstream :
         {&context_.upstream, context_.second_upstream ? &*context_.second_upstream : nullptr}) {
      if (upstream == nullptr) continue;
      aim(*upstream, model);
      if (open_circuit(client_.now())) continue;
      fallback_.stage = FallbackState::Stage::other_models;
      body_.name_model(model);
      return true;
    }
  }
  return false;
}

/// Makes room for the next attempt. An answer stays: it may prove to be the last word.
void Attempts::put_aside(Fault fault) {
  permit_ = {};
  auto& call = calls_[current_];
  if (call && fault == Fault::none) {
    call->set_aside(client_.now());
    current_ = 1 - current_;
  }
  drop(current_);
}

/// An answer that nobody gets. What it says to have cost is counted all the same.
void Attempts::drop(unsigned index) {
  auto& call = calls_[index];
  if (!call) return;
  if (call->head.status >= 200) {
    tell_spent(context_, {.request_id = ask_.request_id,
                          .client = ask_.caller.id(),
                          .model = call->other_model.empty() ? ask_.model : call->other_model,
                          .status = static_cast<unsigned>(call->status()),
                          .usage = call->received_usage(ask_.route.dialect)});
  }
  call.reset();
}

AttemptEnd Attempts::end_of_attempt(Fault fault) {
  const auto& call = calls_[current_];
  const TimePoint now = client_.now();
  AttemptEnd end{.fault = fault, .paused_too_long = paused_too_long_, .out_of_time = now >= ask_.deadline};
  end.body_replayable = !call || (!call->body_spent() && !call->interim_forwarded);
  if (fault != Fault::none) return end;
  end.status = call->status();
  if (end.status < 400) return end;
  end.advised_wait = http::advised_wait(call->head.fields, std::chrono::system_clock::now());
  end.should_retry = http::should_retry(call->head.fields);
  if (end.status == 429 && end.advised_wait) {
    target_.upstream->shared.pauses.pause(target_.pause(), after(now, *end.advised_wait), now);
  }
  return end;
}

NextStep Attempts::next_step(const AttemptEnd& end, unsigned retries, Duration& wait) {
  const RetryState state{.retries = retries,
                         .max_retries = context_.pod.settings.max_retries,
                         .client_retries = ask_.client_retries,
                         .now = client_.now(),
                         .deadline = ask_.deadline,
                         .random = std::generate_canonical<double, 32>(context_.random)};
  const RetryDecision decision = decide(end, state);
  wait = decision.wait;
  NextStep step = holysheep::next_step(end, decision.verdict, true, fallback_);
  if (step != NextStep::retry) return step;
  retry_ = context_.pod.retry_budget.try_retry();
  if (retry_) return step;
  context_.metrics.retry_refused();
  fared_.refused_by_budget = true;
  return holysheep::next_step(end, decision.verdict, false, fallback_);
}

/// Whether a 400 says that the context is too long for this model.
Task<Fault> Attempts::look_into(AttemptEnd& end) {
  UpstreamCall& call = *calls_[current_];
  std::string body;
  if (call.error_event) {
    body = call.error_event->body;
  } else if (const Fault fault = co_await call.receive_small_body(ask_.deadline, body);
             fault != Fault::none) {
    co_return fault;
  }
  end.context_too_long = http::says_context_too_long(body);
  end.out_of_time = client_.now() >= ask_.deadline;
  co_return Fault::none;
}

Task<Fault> Attempts::attempt() {
  paused_too_long_ = false;
  fared_.detail.clear();
  fared_.retry_after = open_circuit(client_.now());
  if (fared_.retry_after) co_return Fault::circuit_open;
  if (may_go_elsewhere()) {
    const TimePoint until = target_.upstream->shared.pauses.asked_until(target_.pause(), client_.now());
    paused_too_long_ = until >= ask_.deadline;
    if (paused_too_long_) fared_.retry_after = until - client_.now();
    if (paused_too_long_) co_return Fault::queue_timeout;
  }
  const TimePoint asked = client_.now();
  const Fault fault = co_await admission();
  fared_.queued += client_.now() - asked;
  context_.metrics.queue_refused(fault);
  if (fault != Fault::none) co_return fault;
  admitted_ = true;
  co_return co_await call_upstream();
}

bool Attempts::may_go_elsewhere() const noexcept {
  return fallback_.models ||
         (fallback_.second_upstream && fallback_.stage == FallbackState::Stage::first_upstream);
}

std::optional<Duration> Attempts::open_circuit(TimePoint now) {
  const auto upstream = target_.upstream_breaker->refusal(now);
  const auto model = target_.model_breaker->refusal(now);
  if (!upstream && !model) return std::nullopt;
  return std::max(upstream.value_or(Duration::zero()), model.value_or(Duration::zero()));
}

AdmissionRequest Attempts::place_wanted(TimePoint deadline) const {
  return {.model = target_.pause(),
          .now = client_.now(),
          .deadline = deadline,
          .client = ask_.caller.share(),
          .first = !admitted_};
}

Task<Fault> Attempts::admission() {
  const AdmissionRequest request = place_wanted(ask_.deadline);
  if (auto permit = context_.pod.admission.try_admit(request)) {
    permit_ = std::move(*permit);
    co_return Fault::none;
  }
  client_.wakeup.clear(Event::granted);
  const net::RemoteEvent granted(context_.loop, client_.wakeup, Event::granted);
  auto verdict = context_.pod.admission.admit(request, granted.raiser());
  if (auto* refusal = std::get_if<Refusal>(&verdict)) {
    fared_.retry_after = refusal->wait;
    co_return refusal->fault;
  }
  if (auto* permit = std::get_if<Permit>(&verdict)) {
    permit_ = std::move(*permit);
    co_return Fault::none;
  }
  co_return co_await wait_in_room(std::move(std::get<Place>(verdict)));
}

Task<Fault> Attempts::wait_in_room(Place place) {
  for (;;) {
    // While its body is not held, the client's bytes are the body's and stay unread.
    const Event interest = body_.complete() ? Event::granted | Event::client_readable : Event::granted;
    const Event came = co_await client_.wakeup.wait(interest, ask_.deadline);
    if (client_.left(came)) co_return Fault::client_gone;
    if (auto permit = place.take()) {
      permit_ = std::move(*permit);
      co_return Fault::none;
    }
    if (const auto refusal = place.refused()) {
      fared_.retry_after = refusal->wait;
      co_return refusal->fault;
    }
    if (has(came, Event::time)) {
      fared_.retry_after = context_.pod.admission.estimated_wait(place_wanted(never));
      co_return Fault::queue_timeout;
    }
  }
}

Task<Fault> Attempts::call_upstream() {
  const TimePoint began = client_.now();
  auto upstream_trial = target_.upstream_breaker->begin(began);
  auto model_trial = target_.model_breaker->begin(began);
  if (!upstream_trial || !model_trial) {  // opened while this one waited
    fared_.retry_after = open_circuit(began).value_or(Duration::zero());
    co_return Fault::circuit_open;
  }
  ++fared_.attempts;
  auto& call = calls_[current_];
  call.emplace(context_.pod.settings, client_, *target_.upstream, body_);
  if (fallback_.stage == FallbackState::Stage::other_models) call->other_model = target_.model;
  const bool may_ask = context_.pod.settings.meter_stream_usage && ask_.stream &&
                       http::may_stream_usage(ask_.head.method, ask_.route);
  call->usage_asked = may_ask && body_.ask_for_usage();
  const auto key =
      target_.upstream->key.get();  // this one to the attempt's end, whatever is read anew meanwhile
  const http::Onward request = onward(key->reveal());
  CallLimits limits{.deadline = ask_.deadline, .patience = ask_.patience};
  limits.asks_for_stream = ask_.stream;
  limits.reachability = &*upstream_trial;
  const Duration first_token = context_.pod.settings.first_token_timeout;
  if (first_token > Duration::zero()) limits.first_token = first_token;
  const Fault fault = co_await call->run(request, limits);
  const TimePoint now = client_.now();
  fared_.answered = call->answered != never;
  fared_.upstream_time = (call->answered == never ? now : call->answered) - began;
  fared_.detail = call->detail;
  context_.metrics.attempted(target_.upstream != &context_.upstream, fault,
                             fault == Fault::none ? call->status() : 0);
  const BreakerFed fed = traits(fault).feeds;
  // A kept connection may be dead: what was heard on it counts.
  if (fed == BreakerFed::upstream) {
    upstream_trial->failed(now);
  } else if (call->answered != never) {
    upstream_trial->succeeded();
  }
  if (fed == BreakerFed::model || (fault == Fault::none && feeds_breaker(call->status()))) {
    model_trial->failed(now);
  } else if (fault == Fault::none) {
    model_trial->succeeded();
  }
  co_return fault;
}

Task<Fault> Attempts::pause(Duration wait) {
  const TimePoint began = client_.now();
  const TimePoint until = after(began, wait);
  Event came = Event::none;
  while (!has(came, Event::time)) {
    const Event interest = body_.complete() ? Event::client_readable : Event::none;
    came = co_await client_.wakeup.wait(interest, until);
    if (client_.left(came)) co_return Fault::client_gone;
  }
  fared_.queued += client_.now() - began;
  co_return Fault::none;
}

http::Onward Attempts::onward(std::string_view key) const {
  const Upstream& upstream = target_.upstream->shared;
  // A client's key for this proxy is for no upstream, and one for the first is not for the second.
  const bool withhold =
      context_.clients || (fallback_.second_upstream && target_.upstream != &context_.upstream &&
                           !context_.upstream.key.get()->empty());
  return {.head = ask_.head,
          .base_path = upstream.base_path,
          .rest = ask_.route.rest,
          .beta = ask_.route.beta,
          .authority = upstream.authority,
          .key = key,
          .withhold = withhold,
          .dialect = ask_.route.dialect,
          .client_address = client_.address,
          .request_id = ask_.request_id,
          .framing = body_.onward_framing(),
          .content_length = body_.onward_length(),
          .answer_coding = http::answer_coding(ask_.head.method, ask_.route, ask_.stream)};
}

}  // namespace holysheep::proxy
