#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/core/settings.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holysheep {

/// Everything the log says about one request. Never in it: bodies, keys, query strings. Views are read during
/// `append_access_line` only. What is empty is left out of the line, but for method and path.
struct AccessRecord {
  std::chrono::system_clock::time_point time;  ///< when the request ended
  std::string_view request_id;
  std::string_view trace_id;  ///< of `traceparent`
  std::string_view client;    ///< id from the keys file
  std::string_view method;
  std::string_view path;  ///< without the query
  std::string_view model;
  std::string_view used_model;       ///< the one of MODEL_FALLBACKS that answered in its place
  unsigned status = 0;               ///< as sent; 499 when the client left before an answer began
  std::string_view code;             ///< of the gateway error, where the proxy made one
  std::string_view detail;           ///< what the last attempt failed with
  bool broken = false;               ///< the answer was cut after its header had gone out
  unsigned attempts = 0;             ///< upstream attempts, retries included
  Duration queue{};                  ///< waiting for admission
  Duration upstream{};               ///< the last attempt's start to its first byte
  Duration total{};                  ///< the request's first byte to the answer's last
  std::uint64_t request_bytes = 0;   ///< of the body, as the client sent it
  std::uint64_t response_bytes = 0;  ///< of the body, as the client got it
  bool has_tokens = false;           ///< the answer told what it cost, as far as it went
  std::uint64_t input_tokens = 0;    ///< cached ones among them
  std::uint64_t cached_input_tokens = 0;
  std::uint64_t output_tokens = 0;  ///< reasoning ones among them
  std::uint64_t reasoning_tokens = 0;
  bool partial = false;    ///< the client left, or upstream broke off, with the answer under way
  std::string_view cache;  ///< hit, miss, bypass, coalesced
};

/// error: 5xx, or broken; warn: 4xx; else info.
LogLevel level_of(const AccessRecord& record) noexcept;

/// Whether a record gets a line at all: from `least` on, and of successful requests a share of them, 0 to 1
/// (`LOG_SAMPLE`). `random` is uniform in [0, 1).
bool wants_line(const AccessRecord& record, LogLevel least, double share, double random) noexcept;

/// Appends the record's one line, '\n' included, at most `max_log_line` bytes: values are escaped, cut where
/// too long, and valid UTF-8 whatever the client sent, so a json line is always valid JSON. Durations are
/// milliseconds with three decimals. Under a microsecond; allocates only where `out` has to grow. Any thread.
void append_access_line(std::string& out, const AccessRecord& record, LogFormat format);

}  // namespace holysheep
