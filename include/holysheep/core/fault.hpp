#pragma once

#include <cstdint>
#include <string_view>

namespace holysheep {

/// Everything that can go wrong with a request, once and for all: what the proxy refuses and what happens to
/// it upstream. Finer than the codes of spec.md "Gateway errors", since retry and breakers must tell apart
/// what a client need not.
enum class Fault : std::uint8_t {
  none,
  // the client's request
  bad_request,
  invalid_api_key,
  model_not_allowed,
  insufficient_quota,
  not_found,
  method_not_allowed,
  request_timeout,
  request_too_large,
  headers_too_large,
  uri_too_long,
  not_implemented,
  // this pod's refusals
  rate_limited,
  queue_full,
  queue_timeout,
  circuit_open,
  memory_pressure,
  draining,
  // upstream
  dns,               // the name has no address
  connect,           // refused, unreachable
  no_socket,         // this pod has no descriptor, memory or port left for one: upstream has no part in it
  connect_timeout,   // DNS, TCP and TLS together took longer than UPSTREAM_CONNECT_TIMEOUT
  tls_handshake,     // lost or broken off in the handshake
  tls_verify,        // a certificate that does not verify, or a peer that offers no acceptable TLS
  connection_lost,   // before any byte of the response
  answer_cut,        // the response ended early: in its header or its body
  answer_malformed,  // not HTTP
  response_too_large,
  send_timeout,
  silence,   // took the request, then nothing for UPSTREAM_READ_TIMEOUT
  deadline,  // REQUEST_TIMEOUT, or the client's own
  // nobody is left to answer
  client_gone,
};

/// Which breaker a failed attempt feeds (spec.md "Retry and breaker").
enum class BreakerFed : std::uint8_t { none, upstream, model };

/// One row of the one table from Fault to what it means.
struct FaultTraits {
  std::string_view code;  ///< as in `X-HolySheep-Error`; empty for `none` and `client_gone`
  std::uint16_t status;   ///< HTTP status towards the client
  bool retryable;         ///< may be tried again while no response byte has gone to the client
  BreakerFed feeds;
  bool closes;  ///< the client connection ends with the answer
};

/// Constant, no allocation, any thread.
const FaultTraits& traits(Fault fault) noexcept;

}  // namespace holysheep
