#include <holysheep/core/usage_line.hpp>
#include <holysheep/http/gateway_error.hpp>
#include <holysheep/http/usage_tokens.hpp>
#include <holysheep/proxy/recent_errors.hpp>
#include <holysheep/proxy/request_end.hpp>

#include <string>

namespace holysheep::proxy {
namespace {

constexpr unsigned client_left = 499;

/// By what name tokens are counted, and what they cost where that has a price.
struct Charge {
  std::string_view model;
  std::optional<Cost> cost;
};

/// A model is called by its id in the table, whichever of its names was asked for. What the answer calls it
/// counts where nobody has a price for what it was asked as ("latest").
Charge charge(LoopContext& context, std::string_view asked, std::string_view answered,
              const TokenCounts& tokens) {
  const PriceTable& prices = *context.prices.get();
  const PricedModel* priced = prices.find(asked);
  if (priced == nullptr && !answered.empty()) priced = prices.find(answered);
  if (priced == nullptr) return {asked, std::nullopt};
  return {priced->id, cost_of(tokens, *priced)};
}

void tell_log(LoopContext& context, const AccessRecord& record) {
  const Settings& settings = context.pod.settings;
  const double share = settings.log_sample;
  const double random = share < 1 ? std::generate_canonical<double, 32>(context.random) : 0;
  if (!wants_line(record, settings.log_level, share, random)) return;
  context.line.clear();
  append_access_line(context.line, record, settings.log_format);
  context.pod.log.append(context.line);
}

/// By the names of `Server-Timing`; empty: the request went nowhere.
CacheResult cache_result(std::string_view name) noexcept {
  if (name.empty()) return CacheResult::none;
  if (name == "hit") return CacheResult::hit;
  if (name == "miss") return CacheResult::miss;
  return name == "coalesced" ? CacheResult::coalesced : CacheResult::bypass;
}

void tell_metrics(LoopContext& context, const RequestEnd& end) {
  const AccessRecord& record = end.record;
  Ended ended{.route = route_label(end.route),
              .status = record.status,
              .fault = end.fault,
              .broken = record.broken,
              .partial = record.partial,
              .total = record.total,
              .request_bytes = record.request_bytes,
              .response_bytes = record.response_bytes,
              .cache = cache_result(record.cache)};
  ended.overhead = end.overhead;
  if (record.attempts > 0) ended.queued = record.queue;
  if (end.answered) ended.upstream_first_byte = record.upstream;
  context.metrics.ended(ended);
  if (end.usage.known) context.metrics.used_tokens(end.usage.input, end.usage.output);
}

void tell_ledger(LoopContext& context, const UsageRecord& record) {
  if (context.pod.ledger == nullptr) return;
  context.line.clear();
  append_usage_line(context.line, record);
  context.pod.ledger->append(context.line);
}

void tell_usage(LoopContext& context, const RequestEnd& end) {
  const AccessRecord& record = end.record;
  const TokenCounts tokens = http::token_counts(end.usage);
  const std::string_view asked = record.used_model.empty() ? record.model : record.used_model;
  const Charge charged = charge(context, asked, end.answer_model, tokens);
  // A name that upstream has not answered to is nobody's to remember.
  const bool answered = record.status < 400 || charged.cost.has_value();
  auto& cell = context.usage.cell(record.client, charged.model, answered);
  cell.count_request(record.status >= 400 || record.broken, record.partial);
  if (tokens.any()) cell.count_tokens(tokens, charged.cost);
  tell_ledger(context, {.time = record.time,
                        .request_id = record.request_id,
                        .client = record.client,
                        .model = charged.model,
                        .tokens = tokens,
                        .cost = charged.cost,
                        .status = record.status,
                        .cache = record.cache,
                        .partial = record.partial});
}

void tell_error(LoopContext& context, const RequestEnd& end) {
  const AccessRecord& record = end.record;
  if (record.status == client_left || end.fault == Fault::client_gone) return;
  if (record.status < 400 && !record.broken) return;
  if (end.fault == Fault::none && end.route.endpoint != http::Endpoint::forward) return;  // /ready's "no"
  RecentErrors::Entry entry{.time = record.time,
                            .request_id = std::string(record.request_id),
                            .client = std::string(record.client),
                            .model = std::string(record.model),
                            .route = std::string(name(route_label(end.route))),
                            .status = record.status,
                            .code = std::string(record.code),
                            .check = {}};
  entry.check = end.fault != Fault::none ? http::advice(end.fault, end.detail)
                                         : std::string(check_upstream_status(record.status));
  context.pod.errors.add(std::move(entry));
}

}  // namespace

void tell_end(LoopContext& context, RequestEnd& end) {
  AccessRecord& record = end.record;
  record.has_tokens = end.usage.known;
  record.input_tokens = end.usage.input;
  record.cached_input_tokens = end.usage.cached_input;
  record.output_tokens = end.usage.output;
  record.reasoning_tokens = end.usage.reasoning;
  record.detail = end.detail;
  tell_metrics(context, end);
  if (end.let_in) tell_usage(context, end);
  tell_error(context, end);
  tell_log(context, record);
}

void tell_spent(LoopContext& context, const SpentInVain& spent) {
  const TokenCounts tokens = http::token_counts(spent.usage);
  if (!tokens.any()) return;
  const Charge charged = charge(context, spent.model, {}, tokens);
  context.usage.cell(spent.client, charged.model, charged.cost.has_value())
      .count_tokens(tokens, charged.cost);
  context.metrics.used_tokens(tokens.input, tokens.output);
  tell_ledger(context, {.time = std::chrono::system_clock::now(),
                        .request_id = spent.request_id,
                        .client = spent.client,
                        .model = charged.model,
                        .tokens = tokens,
                        .cost = charged.cost,
                        .status = spent.status,
                        .cache = "bypass",
                        .retried = true});
}

}  // namespace holysheep::proxy
