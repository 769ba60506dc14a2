#include <holysheep/app/admin_pages.hpp>
#include <holysheep/app/dashboard_feed.hpp>
#include <holysheep/app/dashboard_files.hpp>
#include <holysheep/app/process_stats.hpp>
#include <holysheep/app/settings_text.hpp>
#include <holysheep/proxy/recent_errors.hpp>

namespace holysheep::app {
namespace {

MetricSources::Upstream figures_of(std::string_view name, const proxy::Upstream& upstream) {
  return {.name = name,
          .state = upstream.breakers.upstream().state(),
          .openings = upstream.breakers.openings(),
          .models = upstream.breakers.troubled()};
}

void add(MetricSources::Connections& all, const net::ConnectionPool::Figures& one) {
  const std::int64_t idle = one.idle.get();
  const std::int64_t lent = one.all.get() - idle;
  all.idle += static_cast<std::uint64_t>(idle);
  all.active += static_cast<std::uint64_t>(std::max<std::int64_t>(0, lent));
  all.full_handshakes += one.full_handshakes.get();
  all.resumed_handshakes += one.resumed_handshakes.get();
}

void add_usage(MetricSources& read, const UsageReport& report) {
  for (const auto& [client, used] : report.by_client) {
    for (const auto& [model, sums] : used.by_model) {
      read.usage.push_back({client, model, sums.requests, sums.errors, sums.tokens, sums.cost});
    }
  }
  read.unpriced_requests = report.totals.unpriced;
}

}  // namespace

AdminPages::AdminPages(const AdminSources& sources)
    : from_(sources),
      config_(effective_settings_json(sources.loaded)),
      settings_(feed_settings(sources.loaded.settings)),
      since_(std::chrono::system_clock::now()),
      started_(Clock::now()) {}

proxy::ProbeAnswer AdminPages::answer(const AdminRequest& request) const {
  const std::string_view path = request.path;
  if (path == "/health") return proxy::health();
  if (path == "/ready") return ready();
  if (path == "/config") return {200, config_};
  if (path == "/metrics") return metrics(request.accept);
  if (path == "/usage") return {200, usage()};
  if (path == "/dashboard.json") return {200, feed()};
  if (const DashboardFile file = dashboard_file(path); !file.body.empty())
    return {200, std::string(file.body), file.type};
  return {404, R"({"error":"there are /, /health, /ready, /metrics, /usage and /config here"})"};
}

proxy::ProbeAnswer AdminPages::ready() const {
  const proxy::Pod& pod = from_.pod;
  return proxy::readiness(pod.lifecycle, pod.memory_refuses, pod.upstream, pod.second_upstream);
}

proxy::ProbeAnswer AdminPages::metrics(std::string_view accept) const {
  std::vector<const proxy::LoopMetrics*> loops;
  const auto families = collect_metrics(read(loops));
  std::string text;
  if (accepts_openmetrics(accept)) {
    append_openmetrics(text, families);
    return {200, std::move(text), openmetrics_type};
  }
  append_prometheus(text, families);
  return {200, std::move(text), prometheus_type};
}

std::string AdminPages::usage() const {
  std::string text;
  append_usage_json(text, sum(), since_, memory_json(from_.memory.report()));
  return text;
}

std::string AdminPages::feed() const {
  std::vector<const proxy::LoopMetrics*> loops;
  std::string metrics;
  append_metrics_json(metrics, collect_metrics(read(loops)));
  return dashboard_feed({.now = std::chrono::system_clock::now(),
                         .uptime = Clock::now() - started_,
                         .settings = settings_,
                         .ready = ready().body,
                         .usage = usage(),
                         .metrics = metrics,
                         .errors = from_.pod.errors.newest_first()});
}

UsageReport AdminPages::sum() const {
  std::vector<const proxy::UsageCells*> cells;
  for (const auto& worker : from_.workers) cells.push_back(&worker->context().usage);
  return sum_usage(cells);
}

/// `loops` is made to hold what the result views into.
MetricSources AdminPages::read(std::vector<const proxy::LoopMetrics*>& loops) const {
  const proxy::Pod& pod = from_.pod;
  const TimePoint now = Clock::now();
  MetricSources read;
  read.version = HOLYSHEEP_VERSION;
  for (const auto& worker : from_.workers) {
    const proxy::LoopContext& loop = worker->context();
    loops.push_back(&loop.metrics);
    read.client_connections += worker->connections();
    add(read.connections, loop.upstream.pool.figures());
    if (loop.second_upstream) add(read.connections, loop.second_upstream->pool.figures());
  }
  read.loops = loops;
  read.timed_models = &pod.timed_models;
  read.upstreams.push_back(figures_of("primary", pod.upstream));
  if (pod.second_upstream != nullptr) read.upstreams.push_back(figures_of("fallback", *pod.second_upstream));
  if (pod.settings.rate_limit_per_second > 0) read.rate_limit_tokens = pod.admission.bucket().available(now);
  read.queue_length = pod.admission.waiting();
  read.upstream_in_flight = static_cast<std::uint64_t>(std::max<std::int64_t>(0, pod.admission.in_flight()));
  read.paused_models = pod.upstream.pauses.paused_now(now);
  read.cache = {from_.cache.bytes(), from_.cache.entries(), from_.cache.evictions()};
  add_usage(read, sum());
  if (const auto* clients = from_.accounting.clients(); clients != nullptr) {
    for (const Client& client : clients->current()->clients()) {
      const auto in_flight = client.share->in_flight.load(std::memory_order_relaxed);
      read.clients.push_back(
          {client.share->id, static_cast<std::uint64_t>(std::max<std::int64_t>(0, in_flight))});
    }
  }
  read.log_lines_dropped = pod.log.dropped();
  if (pod.ledger != nullptr) read.usage_records_dropped = pod.ledger->dropped();
  read.memory = from_.memory.report();
  read.process = read_process_stats();
  return read;
}

}  // namespace holysheep::app
