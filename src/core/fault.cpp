#include <holysheep/core/fault.hpp>

#include <array>

namespace holysheep {
namespace {

constexpr auto none = BreakerFed::none;
constexpr auto upstream = BreakerFed::upstream;
constexpr auto model = BreakerFed::model;

// In the order of the enumeration.           code                      status retry  feeds     closes
constexpr std::array<FaultTraits, 32> table{{
    {"", 0, false, none, false},
    {"bad_request", 400, false, none, true},
    {"invalid_api_key", 401, false, none, false},
    {"model_not_allowed", 403, false, none, false},
    {"insufficient_quota", 429, false, none, false},
    {"not_found", 404, false, none, false},
    {"method_not_allowed", 405, false, none, false},
    {"request_timeout", 408, false, none, true},
    {"request_too_large", 413, false, none, true},
    {"headers_too_large", 431, false, none, true},
    {"uri_too_long", 414, false, none, true},
    {"not_implemented", 501, false, none, true},
    {"rate_limit_exceeded", 429, false, none, false},
    {"queue_full", 503, false, none, false},
    {"queue_timeout", 503, false, none, false},
    {"circuit_open", 503, false, none, false},
    {"memory_pressure", 503, false, none, false},
    {"draining", 503, false, none, true},
    {"upstream_dns_error", 502, true, upstream, false},
    {"upstream_connect_error", 502, true, upstream, false},
    {"upstream_connect_error", 502, true, none, false},
    {"upstream_timeout", 504, true, upstream, false},
    {"upstream_tls_error", 502, true, upstream, false},
    {"upstream_tls_error", 502, false, upstream, false},
    {"upstream_protocol_error", 502, true, model, false},
    {"upstream_protocol_error", 502, false, model, false},
    {"upstream_protocol_error", 502, false, model, false},
    {"response_too_large", 502, false, none, false},
    {"upstream_timeout", 504, false, model, false},
    {"upstream_timeout", 504, false, model, false},
    {"upstream_timeout", 504, false, none, false},
    {"", 0, false, none, true},
}};
static_assert(table.size() == static_cast<std::size_t>(Fault::client_gone) + 1);

}  // namespace

const FaultTraits& traits(Fault fault) noexcept {
  return table[static_cast<std::size_t>(fault)];
}

}  // namespace holysheep
