#pragma once

#include "support/request_plan.hpp"

#include <string>
#include <vector>

namespace holysheep::testing {

/// How a client asks, whatever becomes of its request.
enum class Manner {
  prompt,
  dawdles,        ///< looks at its answer late
  abandons_body,  ///< sends half of its request, and leaves
};

/// A request of a soak. A plan of requests says what it would come to in peace; here almost anything the
/// contract allows may come of it.
struct SoakRequest {
  PlannedRequest planned;
  Manner manner = Manner::prompt;
  std::string fault = {};   ///< upstream's, as a script; empty: none
  std::string client = {};  ///< whose key it brings; empty: nobody's

  const std::string& id() const { return planned.id; }
  bool leaves() const { return manner == Manner::abandons_body || planned.fate >= Fate::leaves_before; }
};

/// A client's key, which is told nowhere but in requests.
std::string soak_key(const std::string& client);
/// CLIENT_KEYS_FILE: one client without limits, one with a rate, one with a limit of requests in flight, one
/// that may use a single model, and a guest that comes and goes.
std::string soak_clients_file(bool with_guest);

/// What upstream's faults are drawn from: each kind that the simulator has.
const std::vector<std::string>& upstream_faults();

/// `count` requests, the same for the same seed: every dialect, streams and not; a third of them meet a fault
/// of upstream.
std::vector<SoakRequest> plan_of_soak(std::size_t count, std::uint64_t seed, const std::string& prefix);

}  // namespace holysheep::testing
