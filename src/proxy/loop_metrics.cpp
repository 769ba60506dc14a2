#include <holysheep/proxy/loop_metrics.hpp>

#include <algorithm>
#include <chrono>

namespace holysheep::proxy {
namespace {

std::uint64_t nanoseconds_of(Duration time) noexcept {
  const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0));
}

}  // namespace

void LoopMetrics::ended(const Ended& request) noexcept {
  const auto route = static_cast<std::size_t>(request.route);
  cells_.requests[route][status_label(request.status)].add(1);
  cells_.durations[route].add(nanoseconds_of(request.total));
  if (request.fault != Fault::none) cells_.gateway_errors[static_cast<std::size_t>(request.fault)].add(1);
  if (request.status == 200 && (request.partial || request.broken)) cells_.partial_answers.add(1);
  cells_.request_bytes.add(request.request_bytes);
  cells_.response_bytes.add(request.response_bytes);
  if (request.queued) cells_.queued.add(nanoseconds_of(*request.queued));
  if (request.upstream_first_byte)
    cells_.upstream_first_byte.add(nanoseconds_of(*request.upstream_first_byte));
  if (request.overhead) cells_.overhead.add(nanoseconds_of(*request.overhead));
  if (request.cache != CacheResult::none) cells_.cache[static_cast<std::size_t>(request.cache)].add(1);
}

void LoopMetrics::used_tokens(std::uint64_t input, std::uint64_t output) noexcept {
  if (input > 0) cells_.input_tokens.add(input);
  if (output > 0) cells_.output_tokens.add(output);
}

void LoopMetrics::first_token(std::string_view model, Duration after_request) {
  cells_.first_token[models_.place_of(model)].add(nanoseconds_of(after_request));
}

void LoopMetrics::attempted(bool second_upstream, Fault fault, unsigned status) noexcept {
  const auto role = second_upstream ? UpstreamRole::fallback : UpstreamRole::primary;
  const auto outcome = static_cast<std::size_t>(attempt_outcome(fault, status));
  cells_.attempts[static_cast<std::size_t>(role)][outcome].add(1);
}

void LoopMetrics::retried(Fault fault, unsigned status) noexcept {
  cells_.retries[static_cast<std::size_t>(retry_reason(fault, status))].add(1);
}

void LoopMetrics::queue_refused(Fault fault) noexcept {
  for (std::size_t i = 0; i < queue_refusal_faults.size(); ++i) {
    if (queue_refusal_faults[i] == fault) cells_.queue_refusals[i].add(1);
  }
}

void LoopMetrics::lagged(Duration late) noexcept {
  cells_.lag.add(nanoseconds_of(late));
}

}  // namespace holysheep::proxy
