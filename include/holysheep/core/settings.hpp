#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/core/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holysheep {

/// An upstream's origin and base path, as `API_BASE_URL` gives it.
struct BaseUrl {
  bool tls = true;
  std::string host;  ///< name or address, IPv6 without its brackets
  std::uint16_t port = 443;
  std::string path;  ///< base path without a trailing slash: "/v1"; may be empty

  [[nodiscard]] std::string authority() const;  ///< for `Host`: brackets for IPv6, the port unless default
  [[nodiscard]] std::string text() const;       ///< "https://api.holysheep.ai/v1"
};

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, critical, off };
enum class LogFormat : std::uint8_t { json, text };
enum class CacheCompletions : std::uint8_t { opt_in, deterministic, off };
enum class MemoryAction : std::uint8_t { evict_oldest, reject, none };

/// What the daemon runs with. Immutable once read. Each member is the setting of the same name in upper
/// case (spec.md "Settings"); defaults, forms and descriptions stand in the one table of settings.cpp.
/// A duration of zero where "off" is allowed means off.
struct Settings {
  Secret holysheep_api_key;
  std::string holysheep_api_key_file;
  BaseUrl api_base_url;
  std::string listen_address;
  std::uint16_t listen_port = 0;
  std::string admin_address;
  std::uint16_t admin_port = 0;
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::json;
  Duration request_timeout{};
  unsigned max_retries = 0;
  unsigned retry_budget_percent = 0;
  unsigned replay_buffer_mb = 0;
  unsigned circuit_breaker_threshold = 0;
  Duration circuit_breaker_reset{};
  unsigned worker_processes = 0;  ///< resolved: `auto` is already a number
  unsigned worker_connections = 0;
  Duration keepalive_timeout{};
  Duration client_header_timeout{};
  Duration client_body_timeout{};
  std::size_t client_max_header_size = 0;
  std::size_t client_max_body_size = 0;
  unsigned upstream_keepalive = 0;
  unsigned upstream_max_connections = 0;
  Duration upstream_idle_timeout{};
  Duration upstream_connect_timeout{};
  Duration upstream_send_timeout{};
  Duration upstream_read_timeout{};
  Duration first_token_timeout{};
  double rate_limit_per_second = 0;  ///< 0: no limit
  double rate_limit_burst = 0;       ///< resolved: one second's worth (at least 1) when unset
  unsigned queue_size = 0;
  bool backpressure_enabled = true;
  std::size_t max_response_size = 0;
  std::size_t stream_chunk_size = 0;
  bool enable_gzip = true;
  unsigned cache_size_mb = 0;
  CacheCompletions cache_completions = CacheCompletions::opt_in;
  Duration cache_ttl{};
  Duration stream_ping_interval{};
  bool meter_stream_usage = true;
  std::optional<std::uint64_t> memory_threshold_mb;  ///< resolved from the cgroup when unset; empty: off
  MemoryAction action = MemoryAction::evict_oldest;
  std::string ssl_cert_file;
  std::string client_keys_file;
  std::string models_file;
  Duration shutdown_grace{};
  Duration shutdown_delay{};
  std::optional<BaseUrl> fallback_base_url;
  Secret fallback_api_key;
  std::string fallback_api_key_file;
  std::map<std::string, std::vector<std::string>> model_fallbacks;
  std::string usage_file;
  Secret redis_url;
  double log_sample = 1;
  std::string otel_exporter_otlp_endpoint;
  std::string otel_service_name;
};

}  // namespace holysheep
