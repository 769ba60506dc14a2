#pragma once

#include <holysheep/core/clock.hpp>

#include <string>
#include <string_view>

namespace holysheep::http {

/// Where a request's time went, as far as it is known when the head is written.
struct ServerTiming {
  Duration queue{};     ///< waiting for admission
  Duration upstream{};  ///< from the attempt's start to the first byte of its answer
  Duration proxy{};     ///< the rest: this proxy's own work
  unsigned attempts = 0;
  std::string_view cache = "bypass";  ///< hit, miss, bypass or coalesced
};

/// Appends one `Server-Timing` line: milliseconds to the microsecond, negative ones as 0.
void append_server_timing(std::string& out, const ServerTiming& timing);

}  // namespace holysheep::http
