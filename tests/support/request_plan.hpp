#pragma once

#include "support/http_client.hpp"
#include "support/ledger.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace holysheep::testing {

/// What becomes of a planned request.
enum class Fate {
  answered,
  cached,         ///< one of many that are the same: asked upstream, coalesced or answered by the cache
  retried,        ///< its first attempts fail
  refused,        ///< by upstream, for good
  cut,            ///< by upstream, in mid-stream
  leaves_before,  ///< the client, once it knows that upstream has the request
  leaves_where_it_stalls,  ///< the client, in a stream that upstream stalls there
  leaves_anywhere,         ///< the client, in a stream that goes on
};
std::string_view name_of(Fate fate);

/// One request of a crowd, all of it decided beforehand.
struct PlannedRequest {
  std::string id;
  Fate fate = Fate::answered;
  const PriceClass* price = nullptr;
  bool streamed = false;
  bool hides_usage = false;    ///< the client did not ask for the usage of its chat stream
  int status = 200;            ///< that the client gets, where it gets one
  int events = 0;              ///< that a client reads before it leaves
  bool resets = false;         ///< it leaves with RST
  bool marks_partial = false;  ///< its ledger line says so, whatever the timing
  Request request;
};

/// `count` requests in all dialects, the same for the same seed. Ids are `PREFIX-0`, `PREFIX-1`, …
std::vector<PlannedRequest> plan_of_requests(std::size_t count, std::uint64_t seed,
                                             const std::string& prefix);

}  // namespace holysheep::testing
