#pragma once

#include <holysheep/core/log_writer.hpp>
#include <holysheep/core/published.hpp>
#include <holysheep/core/settings.hpp>
#include <holysheep/core/usage_ledger.hpp>
#include <holysheep/http/date.hpp>
#include <holysheep/http/gzip_encoder.hpp>
#include <holysheep/http/request_id.hpp>
#include <holysheep/policy/admission.hpp>
#include <holysheep/policy/client_table.hpp>
#include <holysheep/policy/loop_memory.hpp>
#include <holysheep/policy/memory_accounts.hpp>
#include <holysheep/policy/price_table.hpp>
#include <holysheep/policy/replay_memory.hpp>
#include <holysheep/policy/retry_budget.hpp>
#include <holysheep/proxy/lifecycle.hpp>
#include <holysheep/proxy/loop_metrics.hpp>
#include <holysheep/proxy/upstream.hpp>
#include <holysheep/proxy/usage_cells.hpp>

#include <atomic>
#include <optional>
#include <random>
#include <string>

namespace holysheep::proxy {

class AnswerStore;
class Fetches;
class RecentErrors;

/// What all event loops of this pod share. Each part locks inside, out of sight.
struct Pod {
  const Settings& settings;
  LogWriter& log;
  Lifecycle& lifecycle;
  Upstream& upstream;
  Upstream* second_upstream;  ///< `FALLBACK_BASE_URL`; null where there is none
  Admission& admission;
  RetryBudget& retry_budget;
  MemoryAccounts& memory;
  ReplayMemory& replay_memory;
  AnswerStore& answers;
  const Published<ClientTable>* clients;  ///< `CLIENT_KEYS_FILE`; null: anybody may use this proxy
  const Published<PriceTable>& prices;
  UsageLedger* ledger;  ///< `USAGE_FILE`; null where there is none
  UsageBounds& usage_bounds;
  TimedModels& timed_models;
  RecentErrors& errors;
  const std::atomic<bool>& memory_refuses;  ///< new requests, for want of memory: what `/ready` says
};

/// What one event loop's sessions share.
struct LoopContext {
  LoopContext(net::EventLoop& event_loop, Pod& shared)
      : loop(event_loop),
        pod(shared),
        upstream(event_loop, shared.upstream,
                 {shared.settings.upstream_keepalive, shared.settings.upstream_idle_timeout}),
        prices(shared.prices),
        metrics(shared.timed_models),
        usage(shared.usage_bounds),
        random(std::random_device{}()) {
    if (shared.clients != nullptr) clients.emplace(*shared.clients);
    if (shared.second_upstream == nullptr) return;
    second_upstream.emplace(event_loop, *shared.second_upstream,
                            net::ConnectionPool::Limits{shared.settings.upstream_keepalive,
                                                        shared.settings.upstream_idle_timeout});
  }

  net::EventLoop& loop;
  Pod& pod;
  LoopMemory memory;
  UpstreamShard upstream;
  std::optional<UpstreamShard> second_upstream;
  std::optional<Published<ClientTable>::Subscription> clients;  ///< empty: anybody
  Published<PriceTable>::Subscription prices;
  LoopMetrics metrics;
  UsageCells usage;
  http::GzipEncoders gzip_encoders;
  http::HttpDate date;
  http::RequestIds request_ids;
  std::minstd_rand random;
  std::string line;            ///< of the log or the ledger, while it is made
  Fetches* fetches = nullptr;  ///< of this event loop, set before it runs
};

}  // namespace holysheep::proxy
