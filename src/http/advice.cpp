#include <holysheep/http/gateway_error.hpp>

#include <array>

namespace holysheep::http {
namespace {

struct Words {
  std::string_view what;   ///< a sentence without its full stop; the detail goes after it
  std::string_view check;  ///< whole sentences, or nothing
};

// In the order of the enumeration. Whoever reads only this must know where to look.
constexpr std::array<Words, 32> table{{
    {"Nothing went wrong", ""},
    {"The request is not HTTP/1.1 as RFC 9112 has it, or could be read in two ways", ""},
    {"The client key is missing or unknown to this proxy",
     "Check the API key that your client sends, and its entry in CLIENT_KEYS_FILE."},
    {"The client key may not use this model", "Check the key's models in CLIENT_KEYS_FILE."},
    {"The client key's budget is spent", "Check its budget in CLIENT_KEYS_FILE; retrying does not help."},
    {"There is nothing under this path",
     "This proxy serves /v1/..., /v1beta/..., /health and /ready: check your client's base_url."},
    {"This endpoint does not take this method", ""},
    {"The client took too long to send its request", "See CLIENT_HEADER_TIMEOUT and CLIENT_BODY_TIMEOUT."},
    {"The request's body is larger than this proxy takes", "The limit is CLIENT_MAX_BODY_SIZE."},
    {"The request's header or trailer is larger than this proxy takes",
     "The limit is CLIENT_MAX_HEADER_SIZE."},
    {"The request's target is longer than this proxy takes", "The limit is CLIENT_MAX_HEADER_SIZE."},
    {"The request uses a transfer coding that this proxy does not know", "Only chunked is supported."},
    {"Over the rate limit of this proxy, not of upstream",
     "Retry after the time that Retry-After names; see RATE_LIMIT_PER_SECOND and RATE_LIMIT_BURST (for this "
     "pod), "
     "CLIENT_KEYS_FILE (for this client) and BACKPRESSURE_ENABLED, or run more pods."},
    {"This pod's queue is full",
     "Requests come in faster than RATE_LIMIT_PER_SECOND and UPSTREAM_MAX_CONNECTIONS let them out: see "
     "these "
     "and QUEUE_SIZE, or run more pods."},
    {"The wait in this pod's queue would outlast or has outlasted the request's deadline",
     "Requests come in faster than RATE_LIMIT_PER_SECOND and UPSTREAM_MAX_CONNECTIONS let them out: see "
     "these "
     "and REQUEST_TIMEOUT, or run more pods."},
    {"The circuit breaker is open: upstream failed too many times in a row, so it is not asked for now",
     "Retry after the time that Retry-After names; see this proxy's log for the failures, and "
     "CIRCUIT_BREAKER_THRESHOLD and CIRCUIT_BREAKER_RESET."},
    {"This pod is short of memory, and takes no new requests so that it is not killed (OOMKilled)",
     "Check MEMORY_THRESHOLD_MB against the pod's memory limit, and what may fill it: CACHE_SIZE_MB, "
     "REPLAY_BUFFER_MB, MAX_RESPONSE_SIZE."},
    {"This pod is shutting down", "Retry: another pod will answer."},
    {"Upstream's name could not be resolved",
     "Check the host name in API_BASE_URL, and that the pod's egress to DNS is allowed: UDP and TCP port 53 "
     "(NetworkPolicy)."},
    {"No connection to upstream: refused or unreachable",
     "Check that egress to TCP port 443 is allowed (a NetworkPolicy, a firewall), and API_BASE_URL."},
    {"This pod has no descriptor, memory or port left for a connection to upstream",
     "Check its limit of open files (ulimit -n) against WORKER_CONNECTIONS and UPSTREAM_MAX_CONNECTIONS, or "
     "run more "
     "pods."},
    {"Connecting to upstream took longer than UPSTREAM_CONNECT_TIMEOUT",
     "Check that egress to TCP port 443 and to DNS (UDP and TCP port 53) is allowed: a NetworkPolicy or "
     "firewall "
     "that drops packets looks like this."},
    {"The TLS handshake with upstream was broken off",
     "Check whether a firewall or proxy between this pod and upstream interferes with TLS; where it has a CA "
     "of its own, name its certificate in SSL_CERT_FILE."},
    {"Upstream's TLS was refused, its certificate or its version",
     "If a corporate proxy intercepts TLS, add its CA certificate (PEM) to the file named by SSL_CERT_FILE; "
     "check the pod's clock and API_BASE_URL too."},
    {"The connection to upstream was lost before it answered", ""},
    {"Upstream's answer ended early", ""},
    {"Upstream's answer is not valid HTTP", "Check that API_BASE_URL names an HTTP/1.1 API."},
    {"Upstream's answer is larger than this proxy passes on", "The limit is MAX_RESPONSE_SIZE."},
    {"Sending the request to upstream stalled for longer than UPSTREAM_SEND_TIMEOUT", ""},
    {"Upstream took the request and then was silent for longer than UPSTREAM_READ_TIMEOUT",
     "A model that thinks for long needs a longer UPSTREAM_READ_TIMEOUT, or a streamed answer; for a stream "
     "FIRST_TOKEN_TIMEOUT may have been the limit."},
    {"No answer came before the request's deadline",
     "The deadline is REQUEST_TIMEOUT, or what the client itself allowed (X-Stainless-Timeout)."},
    {"The client has left", ""},
}};
static_assert(table.size() == static_cast<std::size_t>(Fault::client_gone) + 1);

}  // namespace

std::string advice(Fault fault, std::string_view detail) {
  const Words& words = table[static_cast<std::size_t>(fault)];
  while (detail.ends_with('.')) detail.remove_suffix(1);
  std::string text(words.what);
  if (!detail.empty()) text.append(" (").append(detail).append(")");
  text.push_back('.');
  if (!words.check.empty()) text.append(" ").append(words.check);
  return text;
}

}  // namespace holysheep::http
