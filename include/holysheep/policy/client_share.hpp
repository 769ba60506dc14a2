#pragma once

#include <holysheep/policy/token_bucket.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace holysheep {

/// As the keys file gives them; 0: no limit.
struct ClientLimits {
  double rate_per_second = 0;
  std::int64_t max_in_flight = 0;

  friend bool operator==(const ClientLimits&, const ClientLimits&) = default;
};

/// What one client of the keys file may take of this pod, and how much of it is taken. Held by all requests
/// of that client, so it outlives its entry in a file that is read again. Any thread, no lock,
/// but for `next_turn`.
struct ClientShare {
  ClientShare(std::string client, const ClientLimits& its_limits)
      : id(std::move(client)),
        limits(its_limits),
        bucket(its_limits.rate_per_second, std::max(1.0, its_limits.rate_per_second)) {}

  const std::string id;
  const ClientLimits limits;
  TokenBucket bucket;                      ///< of requests; burst: one second's worth
  std::atomic<std::int64_t> in_flight{0};  ///< attempts upstream, as the pod's places
  std::atomic<std::size_t> waiting{0};     ///< in the waiting room, which counts them
  double next_turn = 0;                    ///< the waiting room's alone, under its lock
};

}  // namespace holysheep
