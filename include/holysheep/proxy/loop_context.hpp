#pragma once

#include <holysheep/core/log_writer.hpp>
#include <holysheep/core/settings.hpp>
#include <holysheep/http/date.hpp>
#include <holysheep/http/request_id.hpp>
#include <holysheep/policy/admission.hpp>
#include <holysheep/policy/replay_memory.hpp>
#include <holysheep/policy/retry_budget.hpp>
#include <holysheep/proxy/lifecycle.hpp>
#include <holysheep/proxy/upstream.hpp>

#include <random>
#include <string>

namespace holysheep::proxy {

/// What all event loops of this pod share. Each part locks inside, out of sight.
struct Pod {
  const Settings& settings;
  LogWriter& log;
  Lifecycle& lifecycle;
  Upstream& upstream;
  Admission& admission;
  RetryBudget& retry_budget;
  ReplayMemory& replay_memory;
};

/// What one event loop's sessions share.
struct LoopContext {
  LoopContext(net::EventLoop& event_loop, Pod& shared)
      : loop(event_loop),
        pod(shared),
        upstream(event_loop, shared.upstream,
                 {shared.settings.upstream_keepalive, shared.settings.upstream_idle_timeout}),
        random(std::random_device{}()) {}

  net::EventLoop& loop;
  Pod& pod;
  UpstreamShard upstream;
  http::HttpDate date;
  http::RequestIds request_ids;
  std::minstd_rand random;
  std::string log_line;
};

}  // namespace holysheep::proxy
