#pragma once

#include <holysheep/http/dialect.hpp>

#include <string_view>

namespace holysheep::http {

/// What keeps an event stream alive that has nothing to say: an event of its own in the Anthropic dialect,
/// whose SDKs know it, and a comment elsewhere, which every reader of event streams passes over (WHATWG HTML
/// §9.2.6). To be put in at an event boundary only.
constexpr std::string_view ping_event(Dialect dialect) noexcept {
  return dialect == Dialect::anthropic ? "event: ping\ndata: {\"type\": \"ping\"}\n\n" : ": ping\n\n";
}

}  // namespace holysheep::http
