#pragma once

#include "support/process.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace holysheep::testing {

/// A real Prometheus (Debian's package) that scrapes `/metrics` of one port four times a second. What it
/// stores goes with it.
class PrometheusProcess {
 public:
  explicit PrometheusProcess(std::uint16_t target);

  /// The value that a query, percent-encoded, gives now; nothing where it gives none.
  std::optional<double> value(const std::string& query) const;
  /// Waits for a query to give `wanted`; false where it does not, or Prometheus has ended.
  bool sees(const std::string& query, double wanted);

  std::string err() const { return process_.err(); }

 private:
  TempDirectory directory_;
  std::uint16_t port_;
  Process process_;
};

/// What `promtool check metrics` says of a page in the text format; empty: it has nothing against it.
std::string promtool_complaints(const std::string& page);

}  // namespace holysheep::testing
