#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/core/fault.hpp>
#include <holysheep/core/histogram.hpp>
#include <holysheep/core/own_count.hpp>
#include <holysheep/core/tally.hpp>
#include <holysheep/proxy/attempt_label.hpp>
#include <holysheep/proxy/route_label.hpp>
#include <holysheep/proxy/status_label.hpp>
#include <holysheep/proxy/timed_models.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holysheep::proxy {

/// Upper bounds in nanoseconds, and of the last in tokens (docs/metrics.md "Buckets").
inline constexpr Bounds<17> duration_bounds{
    500'000,       1'000'000,      2'500'000,      5'000'000,      10'000'000,     25'000'000,
    50'000'000,    100'000'000,    250'000'000,    500'000'000,    1'000'000'000,  2'500'000'000,
    5'000'000'000, 10'000'000'000, 30'000'000'000, 60'000'000'000, 120'000'000'000};
inline constexpr Bounds<9> first_token_bounds{50'000'000,    100'000'000,    250'000'000,
                                              500'000'000,   1'000'000'000,  2'500'000'000,
                                              5'000'000'000, 10'000'000'000, 30'000'000'000};
inline constexpr Bounds<11> overhead_bounds{50'000,     100'000,     250'000,    500'000,
                                            1'000'000,  2'500'000,   5'000'000,  10'000'000,
                                            50'000'000, 100'000'000, 500'000'000};
inline constexpr Bounds<11> token_bounds{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576};

enum class CacheResult : std::uint8_t { hit, miss, coalesced, bypass, none };
inline constexpr std::size_t cache_result_count = 4;  ///< `none` is not counted

enum class FallbackTo : std::uint8_t { second_upstream, model };
inline constexpr std::size_t fallback_to_count = 2;

enum class UpstreamRole : std::uint8_t { primary, fallback };
inline constexpr std::size_t upstream_role_count = 2;

/// Refusals of admission that are counted: `rate_limited`, `queue_full`, `queue_timeout`.
inline constexpr std::array queue_refusal_faults{Fault::rate_limited, Fault::queue_full,
                                                 Fault::queue_timeout};

/// A request that has ended, the probes' among them.
struct Ended {
  RouteLabel route = RouteLabel::other;
  unsigned status = 0;               ///< 499: the client left before an answer
  Fault fault = Fault::none;         ///< of a gateway error, or what broke the stream off
  bool broken = false;               ///< the answer was broken off, by upstream or by us
  bool partial = false;              ///< the answer ended before its end, the client's leaving included
  Duration total{};                  ///< from the request's first byte to the answer's last
  std::optional<Duration> queued{};  ///< of forwarded requests
  std::optional<Duration> upstream_first_byte{};  ///< where upstream answered
  std::optional<Duration> overhead{};             ///< of plain answers
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  CacheResult cache = CacheResult::none;  ///< of forwarded requests
};

/// What one event loop counts for `/metrics`. Its own thread adds, without read-modify-write, lock or
/// allocation (but for a new name at TimedModels); any thread reads the cells.
class LoopMetrics {
 public:
  explicit LoopMetrics(TimedModels& models) noexcept : models_(models) {}
  LoopMetrics(const LoopMetrics&) = delete;
  LoopMetrics& operator=(const LoopMetrics&) = delete;

  /// The last phase of every request, once.
  void ended(const Ended& request) noexcept;
  /// What an answer's usage said. A side without tokens counts for nothing: an embedding has no output.
  void used_tokens(std::uint64_t input, std::uint64_t output) noexcept;
  /// Of a stream that upstream answered with 200, no other: see TimedModels.
  void first_token(std::string_view model, Duration after_request);

  /// An attempt has ended; `fault` none: upstream answered with `status`.
  void attempted(bool second_upstream, Fault fault, unsigned status) noexcept;
  /// A further attempt begins, because of what the last one ended in.
  void retried(Fault fault, unsigned status) noexcept;
  /// The retry budget had none left.
  void retry_refused() noexcept { cells_.retries_refused.add(1); }
  void fell_back(FallbackTo to) noexcept { cells_.fallbacks[static_cast<std::size_t>(to)].add(1); }
  /// One of `queue_refusal_faults`; others are not counted.
  void queue_refused(Fault fault) noexcept;
  /// How late a task that was posted to this loop ran.
  void lagged(Duration late) noexcept;

  /// Counted as long as the guard lives; on this loop's thread.
  [[nodiscard]] Counted request_in_flight() noexcept { return Counted(cells_.in_flight); }
  [[nodiscard]] Counted open_stream() noexcept { return Counted(cells_.streams_open); }

  using Durations = Histogram<duration_bounds>;
  struct Cells {
    std::array<std::array<Tally, status_label_count>, route_label_count> requests;
    std::array<Tally, static_cast<std::size_t>(Fault::client_gone) + 1> gateway_errors;  ///< by Fault
    Tally partial_answers;
    Tally request_bytes;
    Tally response_bytes;
    std::array<Durations, route_label_count> durations;
    Durations queued;
    Durations upstream_first_byte;
    Histogram<overhead_bounds> overhead;
    std::array<Histogram<first_token_bounds>, TimedModels::most + 1> first_token;  ///< by TimedModels' places
    Histogram<token_bounds> input_tokens;
    Histogram<token_bounds> output_tokens;
    std::array<std::array<Tally, attempt_outcome_count>, upstream_role_count> attempts;
    std::array<Tally, retry_reason_count> retries;
    Tally retries_refused;
    std::array<Tally, fallback_to_count> fallbacks;
    std::array<Tally, queue_refusal_faults.size()> queue_refusals;
    std::array<Tally, cache_result_count> cache;
    Histogram<overhead_bounds> lag;
    OwnCount in_flight;
    OwnCount streams_open;
  };
  [[nodiscard]] const Cells& cells() const noexcept { return cells_; }

 private:
  TimedModels& models_;
  alignas(64) Cells cells_;
};

}  // namespace holysheep::proxy
