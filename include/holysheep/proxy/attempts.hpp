#pragma once

#include <holysheep/http/route.hpp>
#include <holysheep/policy/fallback.hpp>
#include <holysheep/policy/retry_policy.hpp>
#include <holysheep/proxy/caller.hpp>
#include <holysheep/proxy/fared.hpp>
#include <holysheep/proxy/loop_context.hpp>
#include <holysheep/proxy/upstream_call.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep::proxy {

/// What one request asks of upstream: everything that its attempts need, none of it changing between them.
struct Ask {
  const http::RequestHead& head;
  const http::Route& route;
  const Caller& caller;
  std::string_view request_id;
  std::string_view model;  ///< empty where the request names none
  TimePoint deadline;
  Duration patience;            ///< from the request's last byte to that deadline
  bool stream = false;          ///< it asks for a stream
  unsigned client_retries = 0;  ///< `X-Stainless-Retry-Count`
};

/// Tries a request until there is an answer to give or nothing more to try: past the breakers, through
/// admission, to upstream; again, as the retry policy and the budget allow; and then at the second upstream
/// and with other models, as far as there are any. Holds what the request has taken (a place upstream, a
/// connection, a retry) until it goes. One event loop.
class Attempts {
 public:
  Attempts(LoopContext& context, ClientConnection& client, RequestBody& body, const Ask& ask);
  Attempts(const Attempts&) = delete;
  Attempts& operator=(const Attempts&) = delete;
  ~Attempts();

  /// `none`: `answer()` is to be relayed: the last attempt's, or an earlier one's where that is the last
  /// word upstream had. Else there is no answer, and `fared()` says more.
  Task<Fault> run();

  [[nodiscard]] UpstreamCall& answer() noexcept { return *calls_[current_]; }
  [[nodiscard]] const Fared& fared() const noexcept { return fared_; }

 private:
  /// What one attempt asks.
  struct Target {
    UpstreamShard* upstream = nullptr;
    std::string_view model;
    std::string lane;  ///< the model's name among pauses, where that is not its own
    CircuitBreaker* upstream_breaker = nullptr;
    CircuitBreaker* model_breaker = nullptr;

    [[nodiscard]] std::string_view pause() const noexcept { return lane.empty() ? model : lane; }
  };

  Task<Fault> attempt();
  [[nodiscard]] AdmissionRequest place_wanted(TimePoint deadline) const;
  Task<Fault> admission();
  Task<Fault> wait_in_room(Place place);
  Task<Fault> call_upstream();
  Task<Fault> pause(Duration wait);
  Task<Fault> look_into(AttemptEnd& end);
  std::optional<Duration> open_circuit(TimePoint now);
  AttemptEnd end_of_attempt(Fault fault);
  NextStep next_step(const AttemptEnd& end, unsigned retries, Duration& wait);
  void aim(UpstreamShard& upstream, std::string_view model);
  bool aim_at_next_model();
  void put_aside(Fault fault);
  void drop(unsigned index);
  http::Onward onward(std::string_view key) const;
  [[nodiscard]] bool may_go_elsewhere() const noexcept;

  LoopContext& context_;
  ClientConnection& client_;
  RequestBody& body_;
  const Ask ask_;
  Target target_;
  FallbackState fallback_;
  const std::vector<std::string>* other_models_ = nullptr;
  std::size_t next_model_ = 0;
  RequestInFlight in_flight_;
  std::optional<RetryPermit> retry_;
  Permit permit_;
  std::array<std::optional<UpstreamCall>, 2> calls_;  // the one under way, and the last answer put aside
  unsigned current_ = 0;
  Fared fared_;
  bool paused_too_long_ = false;
  bool admitted_ = false;  // once: the client's own rate counts requests, not attempts
};

}  // namespace holysheep::proxy
