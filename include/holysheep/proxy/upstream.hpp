#pragma once

#include <holysheep/core/published.hpp>
#include <holysheep/core/settings.hpp>
#include <holysheep/net/connection_pool.hpp>
#include <holysheep/policy/circuit_breaker.hpp>
#include <holysheep/policy/upstream_pause.hpp>

#include <string>
#include <string_view>

namespace holysheep::proxy {

/// One upstream as all event loops share it: where it is, the key for it, and what is known of its health.
struct Upstream {
  Upstream(std::string_view pause_prefix, const BaseUrl& base, const Published<net::TlsContext>& trust,
           const Published<Secret>& upstream_key, Duration connect_timeout, BreakerLimits limits,
           UpstreamPauses& pod_pauses)
      : prefix(pause_prefix),
        authority(base.authority()),
        base_path(base.path),
        address{base.host, base.port, base.tls, net::Resolver(base.host, base.port), trust, connect_timeout},
        key(upstream_key),
        breakers(limits),
        pauses(pod_pauses) {}

  const std::string prefix;  ///< of its models' names where pauses are kept: empty for the first upstream,
                             ///< else what no model's name can hold
  const std::string authority;
  const std::string base_path;
  net::UpstreamAddress address;
  const Published<Secret>& key;  ///< empty: the client's own credentials pass
  BreakerSet breakers;
  UpstreamPauses& pauses;
};

/// What one event loop has of it.
struct UpstreamShard {
  UpstreamShard(net::EventLoop& loop, Upstream& of, net::ConnectionPool::Limits limits)
      : shared(of), pool(loop, of.address, limits), key(of.key), models(of.breakers) {}

  Upstream& shared;
  net::ConnectionPool pool;
  Published<Secret>::Subscription key;
  ModelBreakers models;
};

}  // namespace holysheep::proxy
