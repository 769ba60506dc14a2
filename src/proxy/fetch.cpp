#include <holysheep/http/cache_rules.hpp>
#include <holysheep/proxy/answer_store.hpp>
#include <holysheep/proxy/fetch.hpp>

#include <vector>

#include <boost/asio/post.hpp>

namespace holysheep::proxy {

using net::Event;

Fetch::Fetch(LoopContext& context, Fetches& owner, const FetchRequest& request,
             std::shared_ptr<SharedAnswer> answer)
    : context_(context),
      owner_(owner),
      key_(request.key),
      request_id_(request.ask.request_id),
      model_(request.ask.model),
      caller_(request.ask.caller),
      client_(context.loop, std::string(request.address)),
      ask_{.head = head_,
           .route = route_,
           .caller = caller_,
           .request_id = request_id_,
           .model = model_,
           .deadline = request.ask.deadline,
           .patience = request.ask.patience,
           .stream = request.ask.stream,
           .client_retries = request.ask.client_retries},
      head_size_(request.head.size()),
      needed_(context.loop, client_.wakeup, Event::shared),
      abandoned_(context.loop, client_.wakeup, Event::client_gone),
      answer_(std::move(answer)) {
  client_.input.append(request.head);
  for (std::size_t i = 0; i < request.body.piece_count(); ++i) client_.input.append(request.body.piece(i));
  const std::uint64_t body_size = request.body.held();
  copied_.emplace(request.body.hand_over());  // the replay memory has room for it once
  http::parse_request_head(client_.input.bytes().substr(0, head_size_), head_);
  route_ = http::route(head_.path);
  // The body lies there as it is, whatever coding it came in.
  head_.content_length = body_size;
  head_.framing = head_.content_length > 0 || head_.framing != http::Framing::none ? http::Framing::length
                                                                                   : http::Framing::none;
  head_.expect_continue = false;
  client_.on_interim = [this](std::string_view interim) { answer_->interim(interim); };
  answer_->on_reading(needed_.raiser(), abandoned_.raiser());
}

Fetch::~Fetch() {
  context_.memory.hold(-held_);  // what is kept of it is the cache's now
}

void Fetch::start() {
  life_ = live();
  life_.start();
}

/// The root of the fetch's coroutines: see Session::live.
Task<void> Fetch::live() {
  Fault outcome = Fault::connection_lost;
  try {
    outcome = co_await run();
  } catch (const std::exception& bug) {
    owner_.report(bug);
  }
  if (outcome == Fault::client_gone && client_.cut_by_shutdown()) outcome = Fault::draining;
  if (outcome != Fault::none) answer_->fail(outcome, std::nullopt, attempts_ ? attempts_->fared() : Fared());
  context_.pod.answers.close(key_, *answer_);
  boost::asio::post(context_.loop.io, [&owner = owner_, this] { owner.remove(*this); });
}

/// `none`: the answer has been told how this ended.
Task<Fault> Fetch::run() {
  const Settings& settings = context_.pod.settings;
  const RequestBody::Limits limits{settings.client_max_body_size, settings.client_body_timeout};
  body_.emplace(client_, BodyReservation(context_.pod.replay_memory, context_.memory), limits, head_,
                client_.input.bytes().substr(head_size_));
  if (const Fault fault = co_await body_->hold(); fault != Fault::none) co_return fault;
  attempts_.emplace(context_, client_, *body_, ask_);
  if (const Fault fault = co_await attempts_->run(); fault != Fault::none) co_return fault;
  UpstreamCall& call = attempts_->answer();
  if (call.error_event) {
    call.lease.close();
    answer_->fail(Fault::none, call.error_event, attempts_->fared(), call.other_model);
    co_return Fault::none;
  }
  if (call.head.larger_than(settings.max_response_size)) {
    call.lease.close();
    co_return Fault::response_too_large;
  }
  co_return co_await pass_on(call);
}

Task<Fault> Fetch::pass_on(UpstreamCall& call) {
  const bool for_all = http::may_keep(call.head);
  answer_->begin(call.input.bytes().substr(0, call.head_size), call.other_model, call.answered,
                 attempts_->fared(), for_all, call.takes_usage_out());
  if (!for_all) context_.pod.answers.close(key_, *answer_);
  AnswerBody body(context_, client_, call, route_.dialect);
  call.input.consume(call.head_size);
  body_->release();
  client_.input.release();  // nothing is asked again: the request's memory goes back
  copied_.reset();
  for (;;) {
    Fault fault = body.take();
    if (!context_.memory.may_keep(SharedAnswer::window)) answer_->keep_no_more();
    const bool boundary = !body.inside_event() && !body.ended();
    const std::int64_t held =
        answer_->append(body.pieces(), boundary, body.ended(), body.usage(), body.model());
    context_.memory.hold(held - std::exchange(held_, held));
    if (body.readable_events()) {
      for (const auto piece : body.pieces()) errors_.feed(piece);
    }
    body.consume();
    if (fault == Fault::none && body.complete()) {
      finish(body, call);
      co_return Fault::none;
    }
    if (fault == Fault::none && body.has_more()) continue;
    if (fault == Fault::none) fault = co_await wait_for_readers(body);
    Event came = Event::none;
    if (fault == Fault::none) fault = co_await body.receive(never, Event::none, came);
    if (fault == Fault::none) continue;
    call.lease.close();
    if (client_.cut_by_shutdown()) fault = Fault::draining;
    if (body.ended()) {
      finish(body, call);
    } else {
      answer_->break_off(fault);
    }
    co_return Fault::none;
  }
}

/// Upstream is read no faster than the fastest reader takes it on.
Task<Fault> Fetch::wait_for_readers(AnswerBody& body) {
  while (!answer_->wants_more()) {
    const Event came = co_await client_.wakeup.wait(Event::shared, never);
    if (has(came, Event::client_gone | Event::shutdown)) co_return Fault::client_gone;
    body.held_up();
  }
  co_return Fault::none;
}

/// All of it has come, or of a stream all up to its own end mark.
void Fetch::finish(AnswerBody& body, UpstreamCall& call) {
  // Another model's answer is none to what was asked; a stream that ended without its mark may not be all
  // there was, and one that told of an error is no answer.
  const bool whole = !call.head.event_stream || (body.ended() && !errors_.found());
  const bool good = whole && call.other_model.empty();
  if (call.lease && body.upstream_reusable()) call.lease.give_back(client_.now());
  answer_->complete(body.trailers());
  if (good) context_.pod.answers.keep(key_, answer_);
}

void Fetches::start(const FetchRequest& request, std::shared_ptr<SharedAnswer> answer) {
  auto fetch = std::make_unique<Fetch>(context_, *this, request, std::move(answer));
  Fetch& added = *fetch;
  all_.emplace(&added, std::move(fetch));
  added.start();
}

void Fetches::cut_all() {
  std::vector<Fetch*> all;
  for (const auto& [fetch, owned] : all_) all.push_back(fetch);
  for (Fetch* fetch : all) fetch->cut();  // none is destroyed before the event loop's next turn
}

}  // namespace holysheep::proxy
