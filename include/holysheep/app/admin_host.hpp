#pragma once

#include <string_view>

namespace holysheep::app {

/// May the admin port answer a request for this `Host`, as the field has it? A page in somebody's browser may
/// let a name of its own resolve to 127.0.0.1 or a pod's address (DNS rebinding): the browser then takes the
/// admin port for that page's origin, and sends neither `Origin` nor `Sec-Fetch-Site`; only `Host` tells.
///
/// True for what nobody can have in the public DNS: an address, with or without a port (Prometheus, port
/// forwards); a name without a dot (`localhost`, a service's); one that ends in `.localhost` (RFC 6761 §6.3),
/// `.svc` or `.cluster.local` (Kubernetes) or `.internal` (which ICANN keeps for private use). Case and one
/// dot at the end do not matter. Any thread.
[[nodiscard]] bool is_local_host(std::string_view host);

}  // namespace holysheep::app
