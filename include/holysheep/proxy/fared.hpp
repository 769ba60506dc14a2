#pragma once

#include <holysheep/core/clock.hpp>

#include <optional>
#include <string>

namespace holysheep::proxy {

/// How a request fared upstream, besides its answer: for the log, for Server-Timing, and for the error where
/// there is no answer.
struct Fared {
  unsigned attempts = 0;
  Duration queued{};         ///< waiting for admission and between attempts
  Duration upstream_time{};  ///< the last attempt's start to its first byte, or to its end
  bool answered = false;     ///< that attempt had a first byte
  std::string detail;        ///< of a fault, for the one who must mend it
  std::optional<Duration> retry_after;
  /// The budget refused a retry: where it ends in an error, the SDK behind the client should not try again
  /// either.
  bool refused_by_budget = false;
};

}  // namespace holysheep::proxy
