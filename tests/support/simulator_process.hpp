#pragma once

#include "support/http_client.hpp"
#include "support/process.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace holysheep::testing {

/// The scriptable TLS upstream as a program, with what its control port tells.
class SimulatorProcess {
 public:
  /// `arguments` beyond port and certificates; with `--http` or `--cert` among them those are theirs to say.
  explicit SimulatorProcess(std::vector<std::string> arguments = {});

  std::uint16_t port() const { return port_; }
  /// `https://localhost:PORT/v1`, which its certificate covers.
  std::string base_url() const { return scheme_ + "://localhost:" + std::to_string(port_) + "/v1"; }
  std::string ca_file() const { return certificate("ca.pem"); }
  /// One of the files that it made: `expired.pem`, `wronghost.key`, ...
  std::string certificate(std::string_view name) const;

  /// Settings with which a proxy uses this upstream.
  Environment as_upstream() const;

  nlohmann::json requests() const;
  /// Those whose header `x-request-id` has this value.
  std::vector<nlohmann::json> requests_of(std::string_view request_id) const;
  /// What it told of usage: the lines of its `GET /usage`.
  std::vector<nlohmann::json> told_usage() const;
  nlohmann::json stats() const;
  std::size_t request_count() const;
  void reset() const;
  /// The script of every request that brings none; empty ends it.
  void script(const std::string& directives) const;
  /// What its `POST /connections` takes.
  void connections(const std::string& settings) const;
  void close_connections() const;

  Process& process() { return process_; }

 private:
  TempDirectory directory_;
  Process process_;
  std::string scheme_;
  std::uint16_t port_ = 0;
  std::uint16_t control_port_ = 0;
};

/// The value of a header in one of requests(), whatever its case; empty where there is none.
std::string recorded_header(const nlohmann::json& request, std::string_view name);

}  // namespace holysheep::testing
