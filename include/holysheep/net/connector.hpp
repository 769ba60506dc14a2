#pragma once

#include <holysheep/core/fault.hpp>
#include <holysheep/core/published.hpp>
#include <holysheep/core/result.hpp>
#include <holysheep/core/task.hpp>
#include <holysheep/net/resolver.hpp>
#include <holysheep/net/upstream_connection.hpp>

#include <memory>
#include <string>

namespace holysheep::net {

/// Why there is no connection, with what to tell the one who must mend it.
struct ConnectFailure {
  Fault fault;
  std::string detail;
};

/// Where an upstream is and how it is trusted. Shared by all event loops, lives as long as the process.
struct UpstreamAddress {
  std::string host;
  std::uint16_t port;
  bool tls;
  Resolver resolver;
  const Published<TlsContext>& trust;
  Duration connect_timeout;  ///< DNS, TCP and TLS together
};

/// Makes one connection: waits for the resolver where it has no answer yet, races TCP over the addresses
/// (RFC 8305: families alternate, the next starts 250 ms after the one before, or at once when that fails),
/// then the TLS handshake. Ends by `deadline` or the connect timeout, and with `client_gone` when that, or
/// `shutdown`, is raised at `wakeup` meanwhile; nothing is left behind then.
Task<Result<std::unique_ptr<UpstreamConnection>, ConnectFailure>> connect(
    EventLoop& loop, Wakeup& wakeup, UpstreamAddress& address, std::shared_ptr<const TlsContext> trust,
    TlsSessions& sessions, TimePoint deadline);

/// Addresses in the order of RFC 8305 §4: the families alternate, starting with the first one's.
Endpoints interleaved(const Endpoints& found);

}  // namespace holysheep::net
