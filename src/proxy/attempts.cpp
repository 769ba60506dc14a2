#include <holysheep/http/retry_after.hpp>
#include <holysheep/net/remote_event.hpp>
#include <holysheep/proxy/attempts.hpp>

#include <algorithm>

namespace holysheep::proxy {

using net::Event;

Attempts::Attempts(LoopContext& context, ClientConnection& client, RequestBody& body, const Ask& ask)
    : context_(context),
      client_(client),
      body_(body),
      ask_(ask),
      upstream_breaker_(context.upstream.shared.breakers.upstream()),
      model_breaker_(context.upstream.models.of(ask.model)),
      in_flight_(context.pod.retry_budget.enter()) {}

Task<Fault> Attempts::run() {
  Fault fault = Fault::none;
  for (unsigned retries = 0;; ++retries) {
    fault = co_await attempt();
    retry_.reset();
    if (fault == Fault::client_gone) co_return fault;
    const auto wait = next_retry(fault, retries);
    if (!wait) break;
    permit_ = {};
    auto& call = calls_[current_];
    if (call && fault == Fault::none) {
      call->set_aside(client_.now());
      current_ = 1 - current_;
    }
    calls_[current_].reset();
    if (const Fault left = co_await pause(*wait); left != Fault::none) co_return left;
  }
  auto& aside = calls_[1 - current_];
  if (fault != Fault::none && aside) {  // upstream's own last word says more than our error
    calls_[current_].reset();
    current_ = 1 - current_;
    aside->take_up();
    fault = Fault::none;
  }
  co_return fault;
}

/// How long to wait before the next attempt; nothing when there is none.
std::optional<Duration> Attempts::next_retry(Fault fault, unsigned retries) {
  const auto& settings = context_.pod.settings;
  const auto& call = calls_[current_];
  const TimePoint now = client_.now();
  AttemptEnd end{.fault = fault};
  end.body_replayable = !call || (!call->body_spent() && !call->interim_forwarded);
  if (fault == Fault::none) {
    end.status = call->status();
    if (end.status < 400) return std::nullopt;
    end.advised_wait = http::advised_wait(call->head.fields, std::chrono::system_clock::now());
    end.should_retry = http::should_retry(call->head.fields);
    if (end.status == 429 && end.advised_wait) {
      context_.upstream.shared.pauses.pause(ask_.model, after(now, *end.advised_wait), now);
    }
  }
  const RetryState state{.retries = retries,
                         .max_retries = settings.max_retries,
                         .client_retries = ask_.client_retries,
                         .now = now,
                         .deadline = ask_.deadline,
                         .random = std::generate_canonical<double, 32>(context_.random)};
  const RetryDecision decision = decide(end, state);
  if (!decision.retry()) return std::nullopt;
  retry_ = context_.pod.retry_budget.try_retry();
  refused_by_budget_ = !retry_;
  if (!retry_) return std::nullopt;
  return decision.wait;
}

Task<Fault> Attempts::attempt() {
  retry_after_ = open_circuit(client_.now());
  if (retry_after_) co_return Fault::circuit_open;
  const TimePoint asked = client_.now();
  const Fault fault = co_await admission();
  queued_ += client_.now() - asked;
  if (fault != Fault::none) co_return fault;
  co_return co_await call_upstream();
}

std::optional<Duration> Attempts::open_circuit(TimePoint now) {
  const auto upstream = upstream_breaker_.refusal(now);
  const auto model = model_breaker_.refusal(now);
  if (!upstream && !model) return std::nullopt;
  return std::max(upstream.value_or(Duration::zero()), model.value_or(Duration::zero()));
}

Task<Fault> Attempts::admission() {
  const AdmissionRequest request{.model = ask_.model, .now = client_.now(), .deadline = ask_.deadline};
  if (auto permit = context_.pod.admission.try_admit(request)) {
    permit_ = std::move(*permit);
    co_return Fault::none;
  }
  client_.wakeup.clear(Event::granted);
  const net::RemoteEvent granted(context_.loop, client_.wakeup, Event::granted);
  auto verdict = context_.pod.admission.admit(request, granted.raiser());
  if (auto* refusal = std::get_if<Refusal>(&verdict)) {
    retry_after_ = refusal->wait;
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
    if (has(came, Event::time)) {
      retry_after_ = context_.pod.admission.estimated_wait(client_.now());
      co_return Fault::queue_timeout;
    }
  }
}

Task<Fault> Attempts::call_upstream() {
  const TimePoint began = client_.now();
  auto upstream_trial = upstream_breaker_.begin(began);
  auto model_trial = model_breaker_.begin(began);
  if (!upstream_trial || !model_trial) {  // opened while this one waited
    retry_after_ = open_circuit(began).value_or(Duration::zero());
    co_return Fault::circuit_open;
  }
  ++count_;
  auto& call = calls_[current_];
  call.emplace(context_.pod.settings, client_, context_.upstream, body_);
  const http::Onward request = onward();
  const Fault fault = co_await call->run(request, ask_.deadline);
  const TimePoint now = client_.now();
  upstream_time_ = (call->answered == never ? now : call->answered) - began;
  detail_ = call->detail;
  const BreakerFed fed = traits(fault).feeds;
  if (call->connected) upstream_trial->succeeded();
  if (fed == BreakerFed::upstream) upstream_trial->failed(now);
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
  queued_ += client_.now() - began;
  co_return Fault::none;
}

http::Onward Attempts::onward() const {
  const Upstream& upstream = context_.upstream.shared;
  return {.head = ask_.head,
          .base_path = upstream.base_path,
          .rest = ask_.route.rest,
          .beta = ask_.route.beta,
          .authority = upstream.authority,
          .key = context_.upstream.key.get()->reveal(),
          .dialect = ask_.route.dialect,
          .client_address = client_.address,
          .request_id = ask_.request_id,
          .framing = body_.onward_framing(),
          .content_length = body_.onward_length()};
}

}  // namespace holysheep::proxy
