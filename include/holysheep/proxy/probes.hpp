#pragma once

#include <holysheep/proxy/lifecycle.hpp>
#include <holysheep/proxy/upstream.hpp>

#include <string>
#include <string_view>

namespace holysheep::proxy {

/// What a probe is told, on the client port and the admin port alike.
struct ProbeAnswer {
  int status;
  std::string body;
  std::string_view type = "application/json";
};

/// `/health`: the process serves; never depends on upstream.
ProbeAnswer health();

/// `/ready`: 503 with the reasons while starting, draining or refusing for memory. An open breaker shows in
/// the body and does not make it unready: every pod shares the upstream, and an empty Service would only hide
/// the error. Any thread. `second`: null where there is none.
ProbeAnswer readiness(const Lifecycle& lifecycle, bool memory_refuses, const Upstream& upstream,
                      const Upstream* second);

}  // namespace holysheep::proxy
