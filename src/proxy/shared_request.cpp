#include <holysheep/http/cache_rules.hpp>
#include <holysheep/http/compressible.hpp>
#include <holysheep/proxy/compression.hpp>
#include <holysheep/proxy/fetch.hpp>
#include <holysheep/proxy/shared_request.hpp>

#include <algorithm>
#include <string>

namespace holysheep::proxy {

using http::Method;
using net::Event;
using Found = AnswerStore::Found;
using Stage = SharedAnswer::Stage;

namespace {

/// A request with a longer body shares no answer: bringing it into one spelling would hold up the event loop
/// (6 ms a MiB), and two of that length are hardly ever the same.
constexpr std::uint64_t longest_compared = std::uint64_t{1} << 20;

}  // namespace

SharedRequest::SharedRequest(LoopContext& context, ClientConnection& client, RequestBody& body,
                             std::string_view head, const Ask& ask)
    : context_(context), client_(client), body_(body), head_(head), ask_(ask) {}

std::optional<AnswerStore::Wanted> SharedRequest::wanted(LoopContext& context, const RequestBody& body,
                                                         const Ask& ask) {
  const http::RequestHead& head = ask.head;
  const auto rule = http::cache_rule(head.method, ask.route);
  if (rule == http::CacheRule::never || !context.pod.answers.enabled()) return std::nullopt;
  const auto directives = http::cache_directives(head.fields);
  const auto use = http::cache_use(rule, head, context.pod.settings.cache_completions, directives);
  if (use == http::CacheUse::never || !body.complete() || body.held() > longest_compared) return std::nullopt;
  std::optional<http::CanonicalJson> json;
  if (head.method == Method::post) json = http::canonical_json(body.text());
  if (!http::may_use(use, head.method, json)) return std::nullopt;
  const std::string_view spelt = json ? std::string_view(json->text) : std::string_view();
  return AnswerStore::Wanted{.key = {http::cache_digest(head, ask.route, ask.caller.id(), spelt)},
                             .now = Clock::now(),
                             .max_age = directives.max_age.value_or(Duration::max()),
                             .fresh = directives.no_cache};
}

Task<Fault> SharedRequest::open(const AnswerStore::Wanted& wanted) {
  const TimePoint began = client_.now();
  const Found found = context_.pod.answers.open(wanted, reader_);
  if (found == Found::kept) co_return co_await open_kept(wanted);
  more_.emplace(context_.loop, client_.wakeup, Event::shared);
  reader_->on_more(more_->raiser());
  if (found == Found::under_way) cache_ = "coalesced";
  if (found == Found::nothing) {
    const FetchRequest request{
        .key = wanted.key, .head = head_, .body = body_, .address = client_.address, .ask = ask_};
    context_.fetches->start(request, reader_->shared());
  }
  SharedReader::Look look{Stage::asked};
  const Fault left = co_await wait_for_head(look);
  if (left != Fault::none) co_return left;
  answered_ = true;
  if (reader_->leads()) co_return look.stage == Stage::failed ? look.fault : Fault::none;
  waited_ = client_.now() - began;
  if (look.stage == Stage::failed) {
    reader_.reset();
    cache_ = "miss";
    waited_ = {};
  }
  co_return Fault::none;
}

Task<Fault> SharedRequest::wait_for_head(SharedReader::Look& look) {
  // The one it is asked for hears from the fetch how it ended; others have their own time.
  const TimePoint deadline = reader_->leads() ? never : ask_.deadline;
  for (;;) {
    client_.wakeup.clear(Event::shared);
    look = reader_->look_for_head();
    const bool passed = co_await pass_interims();
    if (!passed) co_return Fault::client_gone;
    if (look.stage != Stage::asked) co_return Fault::none;
    const Event came = co_await client_.wakeup.wait(Event::shared | Event::client_readable, deadline);
    if (client_.left(came)) co_return Fault::client_gone;
    if (has(came, Event::time)) co_return Fault::deadline;
  }
}

/// 1xx answers that came meanwhile. False: the client is gone.
Task<bool> SharedRequest::pass_interims() {
  const std::string interims = reader_->take_interims();
  if (interims.empty() || ask_.head.version_minor == 0) co_return true;
  Gather out;
  out.add(interims);
  co_return co_await client_.send(out);
}

/// A client that takes it compressed gets the copy that was compressed before, or has one made for all.
Task<Fault> SharedRequest::open_kept(const AnswerStore::Wanted& wanted) {
  cache_ = "hit";
  age_ = std::max(Duration::zero(), wanted.now - reader_->answer().born());
  if (!takes_coded() || context_.pod.answers.open_coded(wanted, reader_)) co_return Fault::none;
  const auto size = static_cast<std::int64_t>(reader_->answer().size());
  if (!context_.memory.may_hold(size)) co_return Fault::none;  // compressed as it goes, for this one alone
  const LoopMemory::Held promised(context_.memory, size);
  Compression gzip(context_.gzip_encoders, context_.pod.memory, context_.memory, reader_->answer().size());
  std::string coded;
  MemoryCharge charge(context_.pod.memory, MemoryUse::compression);
  for (;;) {
    SharedReader::Pieces pieces;
    const bool last = reader_->look(pieces).stage == Stage::complete;
    coded += gzip.take(pieces, last);
    charge.set(static_cast<std::int64_t>(coded.capacity()));
    if (last) break;
    const bool go_on = co_await client_.let_others_run();
    if (!go_on) co_return Fault::client_gone;
  }
  context_.pod.answers.keep_coded(wanted, reader_, coded);
  co_return Fault::none;
}

bool SharedRequest::takes_coded() const {
  const SharedAnswer& answer = reader_->answer();
  if (!context_.pod.settings.enable_gzip || answer.size() < http::least_compressed ||
      ask_.head.fields.find(http::FieldName::accept_encoding) == nullptr) {
    return false;
  }
  http::ResponseHead head;
  http::parse_response_head(answer.head(), ask_.head.method, head);
  return http::choose_coding(ask_.head, head, answer.size()).compress;
}

const Fared* SharedRequest::fared() const noexcept {
  return reader_ && reader_->leads() && answered_ ? &reader_->answer().fared() : nullptr;
}

}  // namespace holysheep::proxy
