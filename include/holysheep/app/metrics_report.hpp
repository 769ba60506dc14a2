#pragma once

#include <holysheep/app/memory_report.hpp>
#include <holysheep/app/metric_family.hpp>
#include <holysheep/app/process_stats.hpp>
#include <holysheep/core/token_counts.hpp>
#include <holysheep/policy/circuit_breaker.hpp>
#include <holysheep/proxy/loop_metrics.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep::app {

/// What `/metrics` is made of, beyond what the event loops count: read once, where it is kept.
struct MetricSources {
  /// Forwarded requests of one client for one model. An empty name is `none`.
  struct Usage {
    std::string client;
    std::string model;
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;
    TokenCounts tokens{};
    Cost cost{};
  };
  struct Upstream {
    std::string_view name;  ///< `primary`, then `fallback` where there is one
    CircuitBreaker::State state = CircuitBreaker::State::closed;
    std::uint64_t openings = 0;                  ///< `BreakerSet::openings()`
    std::vector<BreakerSet::Troubled> models{};  ///< `BreakerSet::troubled()`
  };
  struct Client {
    std::string id;
    std::uint64_t in_flight = 0;
  };
  struct Connections {
    std::uint64_t idle = 0;
    std::uint64_t active = 0;
    std::uint64_t full_handshakes = 0;
    std::uint64_t resumed_handshakes = 0;
  };
  struct Cache {
    std::uint64_t bytes = 0;
    std::uint64_t entries = 0;
    std::uint64_t evictions = 0;
  };

  std::string_view version;
  std::span<const proxy::LoopMetrics* const> loops;  ///< in their order, which is their label
  const proxy::TimedModels* timed_models = nullptr;  ///< the loops'
  std::uint64_t client_connections = 0;
  std::vector<Upstream> upstreams;
  std::optional<double> rate_limit_tokens;  ///< none: no rate limit
  std::uint64_t queue_length = 0;
  std::uint64_t upstream_in_flight = 0;
  std::uint64_t paused_models = 0;  ///< `UpstreamPauses::paused_now`
  Connections connections;          ///< of all loops and upstreams
  Cache cache;
  std::vector<Usage> usage;
  std::uint64_t unpriced_requests = 0;
  std::vector<Client> clients;  ///< those of CLIENT_KEYS_FILE
  std::uint64_t log_lines_dropped = 0;
  std::uint64_t usage_records_dropped = 0;
  MemoryReport memory;
  ProcessStats process;
};

/// The families of docs/metrics.md, in its order. Rows whose labels are the same once they are such as labels
/// may be (`label_value`) are one.
std::vector<MetricFamily> collect_metrics(const MetricSources& sources);

}  // namespace holysheep::app
