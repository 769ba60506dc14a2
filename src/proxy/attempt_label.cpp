#include <holysheep/proxy/attempt_label.hpp>

#include <algorithm>
#include <array>

namespace holysheep::proxy {
namespace {

// Each in the order of its enumeration.
constexpr std::array<std::string_view, attempt_outcome_count> outcome_names{"1xx",
                                                                            "2xx",
                                                                            "3xx",
                                                                            "4xx",
                                                                            "429",
                                                                            "5xx",
                                                                            "upstream_dns_error",
                                                                            "upstream_connect_error",
                                                                            "upstream_timeout",
                                                                            "upstream_tls_error",
                                                                            "upstream_protocol_error",
                                                                            "response_too_large",
                                                                            "client_gone"};
static_assert(attempt_outcome_count == static_cast<std::size_t>(AttemptOutcome::client_gone) + 1);

constexpr std::array<std::string_view, retry_reason_count> reason_names{"408",
                                                                        "429",
                                                                        "500",
                                                                        "502",
                                                                        "503",
                                                                        "504",
                                                                        "529",
                                                                        "upstream_dns_error",
                                                                        "upstream_connect_error",
                                                                        "upstream_timeout",
                                                                        "upstream_tls_error",
                                                                        "upstream_protocol_error",
                                                                        "other"};
static_assert(retry_reason_count == static_cast<std::size_t>(RetryReason::other) + 1);

AttemptOutcome outcome_of_status(unsigned status) noexcept {
  if (status == 429) return AttemptOutcome::status_429;
  if (status >= 500) return AttemptOutcome::status_5xx;
  if (status >= 400) return AttemptOutcome::status_4xx;
  if (status >= 300) return AttemptOutcome::status_3xx;
  return status >= 200 ? AttemptOutcome::status_2xx : AttemptOutcome::status_1xx;
}

}  // namespace

AttemptOutcome attempt_outcome(Fault fault, unsigned status) noexcept {
  if (fault == Fault::none) return outcome_of_status(status);
  const auto found = std::find(outcome_names.begin(), outcome_names.end(), traits(fault).code);
  return found == outcome_names.end() ? AttemptOutcome::client_gone
                                      : static_cast<AttemptOutcome>(found - outcome_names.begin());
}

std::string_view name(AttemptOutcome outcome) noexcept {
  return outcome_names[static_cast<std::size_t>(outcome)];
}

RetryReason retry_reason(Fault fault, unsigned status) noexcept {
  switch (status * static_cast<unsigned>(fault == Fault::none)) {
    case 408:
      return RetryReason::status_408;
    case 429:
      return RetryReason::status_429;
    case 500:
      return RetryReason::status_500;
    case 502:
      return RetryReason::status_502;
    case 503:
      return RetryReason::status_503;
    case 504:
      return RetryReason::status_504;
    case 529:
      return RetryReason::status_529;
    default:
      break;
  }
  const auto found = std::find(reason_names.begin(), reason_names.end(), traits(fault).code);
  return found == reason_names.end() ? RetryReason::other
                                     : static_cast<RetryReason>(found - reason_names.begin());
}

std::string_view name(RetryReason reason) noexcept {
  return reason_names[static_cast<std::size_t>(reason)];
}

}  // namespace holysheep::proxy
