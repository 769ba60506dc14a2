#include <holysheep/app/metrics_report.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

namespace holysheep::app {
namespace {

using proxy::LoopMetrics;
using Cells = LoopMetrics::Cells;
using Labels = std::vector<MetricLabel>;

constexpr double seconds_a_nanosecond = 1e9;

std::string name_or_none(std::string_view text) {
  return text.empty() ? "none" : label_value(text);
}

/// A histogram's counts as they are shown: cumulative, each number divided by `unit`.
template <std::size_t N>
MetricHistogram shown(const Bounds<N>& bounds, const HistogramCounts<N>& counts, double unit) {
  MetricHistogram histogram;
  histogram.buckets.reserve(N);
  for (std::size_t i = 0; i < N; ++i) {
    histogram.count += counts.buckets[i];
    histogram.buckets.emplace_back(static_cast<double>(bounds[i]) / unit, histogram.count);
  }
  histogram.count += counts.buckets[N];
  histogram.sum = counts.sum / unit;
  return histogram;
}

double breaker_number(CircuitBreaker::State state) noexcept {
  switch (state) {
    case CircuitBreaker::State::closed:
      return 0;
    case CircuitBreaker::State::half_open:
      return 1;
    case CircuitBreaker::State::open:
      return 2;
  }
  return 0;
}

/// Makes the families one after the other.
class MetricsPage {
 public:
  explicit MetricsPage(const MetricSources& sources) : sources_(sources) {}

  std::vector<MetricFamily> take() && {
    requests();
    times();
    attempts();
    breakers();
    admission();
    connections();
    cache();
    usage();
    event_loops();
    losses();
    memory();
    process();
    return std::move(families_);
  }

 private:
  void begin(std::string_view name, MetricType type, std::string_view help) {
    families_.push_back({name, type, help, {}});
  }
  void counter(std::string_view name, std::string_view help) { begin(name, MetricType::counter, help); }
  void gauge(std::string_view name, std::string_view help) { begin(name, MetricType::gauge, help); }
  void histogram(std::string_view name, std::string_view help) { begin(name, MetricType::histogram, help); }

  template <class Number>
  void sample(Number value, Labels labels = {}) {
    families_.back().samples.push_back({std::move(labels), static_cast<double>(value)});
  }
  void sample(MetricHistogram value, Labels labels = {}) {
    families_.back().samples.push_back({std::move(labels), std::move(value)});
  }

  /// Of all event loops; `read` gives one's cell.
  template <class Read>
  std::uint64_t sum(Read read) const {
    std::uint64_t all = 0;
    for (const auto* loop : sources_.loops) all += static_cast<std::uint64_t>(read(loop->cells()).get());
    return all;
  }
  std::uint64_t sum(Tally Cells::* cell) const {
    return sum([cell](const Cells& cells) -> const Tally& { return cells.*cell; });
  }
  std::uint64_t sum(OwnCount Cells::* cell) const {
    return sum([cell](const Cells& cells) -> const OwnCount& { return cells.*cell; });
  }
  template <std::size_t N>
  std::uint64_t sum(std::array<Tally, N> Cells::* cells, std::size_t i) const {
    return sum([=](const Cells& all) -> const Tally& { return (all.*cells)[i]; });
  }

  template <const auto& bounds, class Read>
  MetricHistogram sum_histogram(double unit, Read read) const {
    HistogramCounts<bounds.size()> counts;
    for (const auto* loop : sources_.loops) read(loop->cells()).add_to(counts);
    return shown(bounds, counts, unit);
  }
  template <const auto& bounds>
  MetricHistogram sum_histogram(Histogram<bounds> Cells::* cell, double unit) const {
    return sum_histogram<bounds>(unit, [=](const Cells& cells) -> const auto& { return cells.*cell; });
  }

  void requests() {
    gauge("holysheep_build_info", "Always 1; the version is in the label.");
    sample(1, {{"version", label_value(sources_.version)}});
    counter("holysheep_requests_total", "Requests that ended.");
    for (std::size_t route = 0; route < proxy::route_label_count; ++route) {
      for (std::size_t status = 0; status < proxy::status_label_count; ++status) {
        const auto count =
            sum([=](const Cells& cells) -> const Tally& { return cells.requests[route][status]; });
        if (count > 0) sample(count, {route_of(route), {"status", std::string(proxy::status_name(status))}});
      }
    }
    gauge("holysheep_requests_in_flight", "Requests being worked on now.");
    sample(sum(&Cells::in_flight));
    gauge("holysheep_streams_open", "Event streams being relayed to clients now.");
    sample(sum(&Cells::streams_open));
    gauge("holysheep_client_connections", "Open client connections, idle ones included.");
    sample(sources_.client_connections);
    counter("holysheep_gateway_errors_total",
            "Errors that the proxy itself made, by the code in X-HolySheep-Error; streams that it broke off "
            "too.");
    gateway_errors();
    counter("holysheep_partial_answers_total",
            "Answers with status 200 that ended before their end, the client's leaving included.");
    sample(sum(&Cells::partial_answers));
    counter("holysheep_request_body_bytes_total", "Bytes of bodies received from clients.");
    sample(sum(&Cells::request_bytes));
    counter("holysheep_response_body_bytes_total", "Bytes of bodies sent to clients.");
    sample(sum(&Cells::response_bytes));
  }

  static MetricLabel route_of(std::size_t route) {
    return {"route", std::string(name(static_cast<proxy::RouteLabel>(route)))};
  }

  /// Several faults have the same code.
  void gateway_errors() {
    std::map<std::string_view, std::uint64_t> by_code;
    for (std::size_t i = 0; i < std::tuple_size_v<decltype(Cells::gateway_errors)>; ++i) {
      const auto code = traits(static_cast<Fault>(i)).code;
      if (!code.empty()) by_code[code] += sum(&Cells::gateway_errors, i);
    }
    for (const auto& [code, count] : by_code) sample(count, {{"code", std::string(code)}});
  }

  void times() {
    histogram("holysheep_request_duration_seconds", "From a request's first byte to its answer's last.");
    for (std::size_t route = 0; route < proxy::route_label_count; ++route) {
      auto durations = sum_histogram<proxy::duration_bounds>(
          seconds_a_nanosecond, [=](const Cells& cells) -> const auto& { return cells.durations[route]; });
      if (durations.count > 0) sample(std::move(durations), {route_of(route)});
    }
    histogram("holysheep_queue_duration_seconds",
              "Waiting for admission and between attempts, of forwarded requests.");
    sample(sum_histogram(&Cells::queued, seconds_a_nanosecond));
    histogram("holysheep_upstream_first_byte_seconds",
              "From the last attempt's start to its first byte, where one came.");
    sample(sum_histogram(&Cells::upstream_first_byte, seconds_a_nanosecond));
    histogram("holysheep_proxy_overhead_seconds",
              "What the proxy itself took, of plain answers: the time to the answer's header less queue and "
              "upstream.");
    sample(sum_histogram(&Cells::overhead, seconds_a_nanosecond));
    first_tokens();
    histogram("gen_ai_client_token_usage", "Tokens of one request, by input and output.");
    sample(sum_histogram(&Cells::input_tokens, 1), {{"gen_ai_token_type", "input"}});
    sample(sum_histogram(&Cells::output_tokens, 1), {{"gen_ai_token_type", "output"}});
  }

  void first_tokens() {
    histogram("gen_ai_server_time_to_first_token_seconds",
              "From a request's last byte to its stream's first event at the client.");
    if (sources_.timed_models == nullptr) return;
    using Counts = HistogramCounts<proxy::first_token_bounds.size()>;
    std::map<std::string, Counts> by_model;
    for (std::size_t i = 0; i <= proxy::TimedModels::most; ++i) {
      if (i == sources_.timed_models->size()) i = proxy::TimedModels::other;
      Counts counts;
      for (const auto* loop : sources_.loops) loop->cells().first_token[i].add_to(counts);
      if (counts.count() == 0) continue;
      Counts& model = by_model[label_value(sources_.timed_models->name(i))];
      for (std::size_t bucket = 0; bucket < counts.buckets.size(); ++bucket) {
        model.buckets[bucket] += counts.buckets[bucket];
      }
      model.sum += counts.sum;
    }
    for (const auto& [model, counts] : by_model) {
      sample(shown(proxy::first_token_bounds, counts, seconds_a_nanosecond),
             {{"gen_ai_request_model", model}});
    }
  }

  void attempts() {
    counter("holysheep_upstream_attempts_total",
            "Attempts that ended, by the status's class (429 apart) or what went wrong.");
    for (std::size_t role = 0; role < std::min(sources_.upstreams.size(), proxy::upstream_role_count);
         ++role) {
      for (std::size_t i = 0; i < proxy::attempt_outcome_count; ++i) {
        const auto outcome = name(static_cast<proxy::AttemptOutcome>(i));
        sample(sum([=](const Cells& cells) -> const Tally& { return cells.attempts[role][i]; }),
               {{"upstream", std::string(sources_.upstreams[role].name)}, {"outcome", std::string(outcome)}});
      }
    }
    counter("holysheep_retries_total", "Further attempts, by the status or the code that led to them.");
    for (std::size_t i = 0; i < proxy::retry_reason_count; ++i) {
      const auto reason = static_cast<proxy::RetryReason>(i);
      const auto count = sum(&Cells::retries, i);
      if (count == 0 && reason == proxy::RetryReason::other) continue;
      sample(count, {{"reason", std::string(name(reason))}});
    }
    counter("holysheep_retries_refused_total", "Retries that the retry budget refused.");
    sample(sum(&Cells::retries_refused));
    counter("holysheep_fallbacks_total", "Requests moved to the second upstream or to another model.");
    sample(sum(&Cells::fallbacks, 0), {{"to", "second_upstream"}});
    sample(sum(&Cells::fallbacks, 1), {{"to", "model"}});
  }

  void breakers() {
    gauge("holysheep_breaker_state",
          "0 closed, 1 half-open, 2 open. An upstream's own has an empty model; a model's is there only "
          "while it "
          "is not closed.");
    for (const auto& upstream : sources_.upstreams) {
      const std::string of(upstream.name);
      sample(breaker_number(upstream.state), {{"upstream", of}, {"model", ""}});
      std::map<std::string, double> models;
      for (const auto& model : upstream.models) {
        double& worst = models[name_or_none(model.name)];
        worst = std::max(worst, breaker_number(model.state));
      }
      for (const auto& [model, state] : models) sample(state, {{"upstream", of}, {"model", model}});
    }
    counter("holysheep_breaker_openings_total",
            "Times that a breaker opened, the upstream's own and its models'.");
    for (const auto& upstream : sources_.upstreams) {
      sample(upstream.openings, {{"upstream", std::string(upstream.name)}});
    }
  }

  void admission() {
    if (sources_.rate_limit_tokens) {
      gauge("holysheep_rate_limit_tokens", "Tokens in this pod's bucket now.");
      sample(*sources_.rate_limit_tokens);
    }
    gauge("holysheep_queue_length", "Requests waiting for a token or an upstream connection now.");
    sample(sources_.queue_length);
    counter("holysheep_queue_refusals_total", "Requests not admitted.");
    for (std::size_t i = 0; i < proxy::queue_refusal_faults.size(); ++i) {
      const auto reason = traits(proxy::queue_refusal_faults[i]).code;
      sample(sum(&Cells::queue_refusals, i), {{"reason", std::string(reason)}});
    }
    gauge("holysheep_upstream_in_flight", "Attempts under way now.");
    sample(sources_.upstream_in_flight);
    gauge("holysheep_upstream_paused", "Models that wait now because upstream said 429 with Retry-After.");
    sample(sources_.paused_models);
  }

  void connections() {
    gauge("holysheep_upstream_connections", "Connections to upstreams.");
    sample(sources_.connections.idle, {{"state", "idle"}});
    sample(sources_.connections.active, {{"state", "active"}});
    counter("holysheep_tls_handshakes_total",
            "TLS handshakes with upstreams; true where the session was resumed.");
    sample(sources_.connections.resumed_handshakes, {{"resumed", "true"}});
    sample(sources_.connections.full_handshakes, {{"resumed", "false"}});
  }

  void cache() {
    gauge("holysheep_cache_bytes", "Memory of the response cache, its bookkeeping included.");
    sample(sources_.cache.bytes);
    gauge("holysheep_cache_entries", "Answers in the cache.");
    sample(sources_.cache.entries);
    counter("holysheep_cache_requests_total",
            "Forwarded requests by what the cache did; coalesced ones shared another's exchange.");
    constexpr std::array<std::string_view, proxy::cache_result_count> results{"hit", "miss", "coalesced",
                                                                              "bypass"};
    for (std::size_t i = 0; i < results.size(); ++i) {
      sample(sum(&Cells::cache, i), {{"result", std::string(results[i])}});
    }
    counter("holysheep_cache_evictions_total", "Answers dropped to make room or for memory pressure.");
    sample(sources_.cache.evictions);
  }

  using ClientModel = std::pair<std::string, std::string>;
  using Rows = std::map<ClientModel, MetricSources::Usage>;

  void usage() {
    Rows rows;
    for (const auto& more : sources_.usage) {
      auto& row = rows[{name_or_none(more.client), name_or_none(more.model)}];
      row.requests += more.requests;
      row.errors += more.errors;
      row.tokens.input += more.tokens.input;
      row.tokens.cached_input += more.tokens.cached_input;
      row.tokens.output += more.tokens.output;
      row.tokens.reasoning += more.tokens.reasoning;
      row.cost.nano_usd += more.cost.nano_usd;
      row.cost.direct_nano_usd += more.cost.direct_nano_usd;
    }
    using Row = const MetricSources::Usage&;
    counter("holysheep_model_requests_total",
            "Requests that were let in and have ended, those refused later included.");
    by_client_and_model(rows, [](Row row) { return static_cast<double>(row.requests); });
    counter("holysheep_model_errors_total", "Of them: status 400 and above, or ended early.");
    by_client_and_model(rows, [](Row row) { return static_cast<double>(row.errors); });
    counter("holysheep_input_tokens_total", "Tokens of prompts, cached ones included.");
    by_client_and_model(rows, [](Row row) { return static_cast<double>(row.tokens.input); });
    counter("holysheep_cached_input_tokens_total", "Of the input: read from the provider's cache.");
    by_client_and_model(rows, [](Row row) { return static_cast<double>(row.tokens.cached_input); });
    counter("holysheep_output_tokens_total", "Tokens of answers, reasoning included.");
    by_client_and_model(rows, [](Row row) { return static_cast<double>(row.tokens.output); });
    counter("holysheep_reasoning_tokens_total", "Of the output: reasoning.");
    by_client_and_model(rows, [](Row row) { return static_cast<double>(row.tokens.reasoning); });
    counter("holysheep_cost_usd_total", "What the tokens cost by MODELS_FILE.");
    by_client_and_model(rows, [](Row row) { return static_cast<double>(row.cost.nano_usd) / 1e9; });
    counter("holysheep_direct_cost_usd_total", "What they would have cost at the provider's direct price.");
    by_client_and_model(rows, [](Row row) { return static_cast<double>(row.cost.direct_nano_usd) / 1e9; });
    counter("holysheep_unpriced_requests_total", "Requests with tokens whose model has no price.");
    sample(sources_.unpriced_requests);
    gauge("holysheep_client_in_flight", "Requests in flight, by client of CLIENT_KEYS_FILE.");
    for (const auto& client : sources_.clients)
      sample(client.in_flight, {{"client", label_value(client.id)}});
  }

  template <class Read>
  void by_client_and_model(const Rows& rows, Read read) {
    for (const auto& [of, row] : rows) sample(read(row), {{"client", of.first}, {"model", of.second}});
  }

  void event_loops() {
    histogram("holysheep_event_loop_lag_seconds", "How late a posted task ran, measured once a second.");
    for (std::size_t i = 0; i < sources_.loops.size(); ++i) {
      HistogramCounts<proxy::overhead_bounds.size()> counts;
      sources_.loops[i]->cells().lag.add_to(counts);
      sample(shown(proxy::overhead_bounds, counts, seconds_a_nanosecond), {{"loop", std::to_string(i)}});
    }
  }

  void losses() {
    counter("holysheep_log_lines_dropped_total",
            "Log lines dropped because stdout did not take them fast enough.");
    sample(sources_.log_lines_dropped);
    counter("holysheep_usage_records_dropped_total", "Records that did not get into USAGE_FILE.");
    sample(sources_.usage_records_dropped);
  }

  void memory() {
    const MemoryReport& report = sources_.memory;
    if (report.charged) {
      gauge("holysheep_memory_cgroup_bytes", "What the cgroup is charged, without page cache.");
      sample(*report.charged);
    }
    if (report.threshold) {
      gauge("holysheep_memory_threshold_bytes",
            "Where ACTION starts: MEMORY_THRESHOLD_MB or 90 % of the cgroup's limit.");
      sample(*report.threshold);
    }
    gauge("holysheep_memory_pressure", "1 while memory is at its threshold.");
    sample(report.pressure ? 1 : 0);
    gauge("holysheep_memory_held_bytes", "Memory held for clients, by what for.");
    for (std::size_t i = 0; i < memory_use_count; ++i) {
      sample(report.held[i], {{"use", std::string(memory_use_name(static_cast<MemoryUse>(i)))}});
    }
    gauge("process_resident_memory_bytes", "Resident memory of this process.");
    sample(report.resident);
  }

  void process() {
    counter("process_cpu_seconds_total", "CPU time, user and system.");
    sample(sources_.process.cpu_seconds);
    gauge("process_open_fds", "Open file descriptors.");
    sample(sources_.process.open_fds);
    gauge("process_max_fds", "How many file descriptors may be open.");
    sample(sources_.process.max_fds);
    gauge("process_start_time_seconds", "Start, in seconds since 1970.");
    sample(sources_.process.start_time_seconds);
  }

  const MetricSources& sources_;
  std::vector<MetricFamily> families_;
};

}  // namespace

std::vector<MetricFamily> collect_metrics(const MetricSources& sources) {
  return MetricsPage(sources).take();
}

}  // namespace holysheep::app
