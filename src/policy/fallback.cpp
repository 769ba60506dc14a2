#include <holysheep/policy/fallback.hpp>

namespace holysheep {
namespace {

/// Another attempt at the same upstream would be in vain, or pay twice.
bool leaves_at_once(const AttemptEnd& end) noexcept {
  switch (end.fault) {
    case Fault::dns:
    case Fault::connect:
    case Fault::no_socket:
    case Fault::connect_timeout:
    case Fault::tls_handshake:
    case Fault::tls_verify:
    case Fault::circuit_open:
    case Fault::silence:
    case Fault::send_timeout:
      return true;
    default:
      return end.paused_too_long;
  }
}

/// The client's own mistake, whatever else the answer says of it.
bool stays_where_it_is(const AttemptEnd& end) noexcept {
  switch (end.fault == Fault::none ? end.status : 0) {
    case 400:
    case 401:
    case 403:
    case 404:
    case 413:
    case 422:
      return true;
    default:
      return false;
  }
}

bool may_be_repeated(RetryVerdict verdict) noexcept {
  return verdict == RetryVerdict::retry || verdict == RetryVerdict::attempts_spent ||
         verdict == RetryVerdict::no_time;
}

}  // namespace

NextStep next_step(const AttemptEnd& end, RetryVerdict retry, bool retry_granted,
                   const FallbackState& state) noexcept {
  if (!end.body_replayable || end.out_of_time) return NextStep::stop;
  if (end.context_too_long) return state.models ? NextStep::next_model : NextStep::stop;
  const bool at_once = leaves_at_once(end);
  if (!at_once && !may_be_repeated(retry)) return NextStep::stop;
  const bool first = state.stage == FallbackState::Stage::first_upstream;
  const bool retries = retry == RetryVerdict::retry && retry_granted && !state.once &&
                       state.stage != FallbackState::Stage::other_models;
  if (stays_where_it_is(end)) return retries ? NextStep::retry : NextStep::stop;
  if (first && state.second_upstream && at_once) return NextStep::second_upstream;
  if (first && state.second_upstream && !retries) return NextStep::second_upstream_once;
  if (retries) return NextStep::retry;
  return state.models ? NextStep::next_model : NextStep::stop;
}

}  // namespace holysheep
