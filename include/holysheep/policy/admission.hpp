#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/core/fault.hpp>
#include <holysheep/policy/client_share.hpp>
#include <holysheep/policy/token_bucket.hpp>
#include <holysheep/policy/upstream_pause.hpp>
#include <holysheep/policy/waiting_room.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace holysheep {

class Admission;

struct AdmissionLimits {
  double rate_per_second;  ///< 0: no limit
  double burst;
  std::int64_t places;  ///< `UPSTREAM_MAX_CONNECTIONS`
  std::size_t queue_size;
  bool backpressure;  ///< false: nobody waits
};

struct AdmissionRequest {
  std::string_view model;  ///< empty where the request names none
  TimePoint now;
  TimePoint deadline;
  ClientShare* client = nullptr;  ///< null: of none. To outlive the permit and the place
  bool first = true;              ///< the request's first attempt: only that one takes of its client's rate
};

/// A place upstream, the pod's and the client's, for one attempt. Given back when it goes: between the
/// attempts of a request neither is held.
class Permit {
 public:
  Permit() = default;
  Permit(Permit&& other) noexcept
      : admission_(std::exchange(other.admission_, nullptr)), client_(other.client_) {}
  Permit& operator=(Permit&& other) noexcept {
    std::swap(admission_, other.admission_);
    std::swap(client_, other.client_);
    return *this;
  }
  ~Permit();
  explicit operator bool() const noexcept { return admission_ != nullptr; }

 private:
  friend class Admission;
  friend class Place;
  Permit(Admission& admission, ClientShare* client) noexcept : admission_(&admission), client_(client) {}
  Admission* admission_ = nullptr;
  ClientShare* client_ = nullptr;
};

/// Nobody may wait, or waiting would be in vain; `wait` is the estimate for `Retry-After`.
struct Refusal {
  Fault fault;  ///< rate_limited, queue_full or queue_timeout
  Duration wait;
};

/// A place in the waiting room, left when it goes; a permit that came and was not taken is given back then.
class Place {
 public:
  Place(Place&& other) noexcept
      : admission_(std::exchange(other.admission_, nullptr)), waiter_(std::move(other.waiter_)) {}
  Place& operator=(Place&&) = delete;
  ~Place();

  /// The permit, once it was granted; once.
  std::optional<Permit> take();
  /// Why there will be no permit: he was put out of a full room for somebody whose client has fewer waiting.
  [[nodiscard]] std::optional<Refusal> refused() const;

 private:
  friend class Admission;
  Place(Admission& admission, std::shared_ptr<Waiter> waiter) noexcept
      : admission_(&admission), waiter_(std::move(waiter)) {}
  Admission* admission_;
  std::shared_ptr<Waiter> waiter_;
};

/// The pod's gate: every attempt takes a token and a place upstream, past the pauses that upstream asked for;
/// who has none of it now waits in the bounded waiting room. So does who is over his client's own rate or
/// requests in flight. Whose turn it is there, the WaitingRoom says: of one client first come, first served,
/// but past those whose model is paused; between clients whoever had least. A newcomer overtakes nobody whose
/// turn comes before his. Shared by all event loops: while nothing is paused, and nobody waits but for limits
/// of his own client, admission of the other clients is a few atomics and no lock.
///
/// It has no clock: whoever drives it calls `pump` at the times it asks for.
class Admission {
 public:
  Admission(const AdmissionLimits& limits, const UpstreamPauses& pauses);
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  /// The common path: a permit now, without a lock, or nothing: then `admit` decides.
  std::optional<Permit> try_admit(const AdmissionRequest& request);
  /// A permit, a place in the waiting room, or a refusal. `on_decided` is called once, from whichever thread
  /// decides, with no lock held, when the place's permit can be taken or its refusal is known.
  std::variant<Permit, Place, Refusal> admit(const AdmissionRequest& request,
                                             std::function<void()> on_decided);

  /// Lets in whose turn has come. The time at which it is to be called next, `never` when nobody waits on
  /// time alone.
  TimePoint pump(TimePoint now);
  /// `wake` is called, from any thread, when `pump` is to be called at a time (or, `TimePoint::min()`, at
  /// once) that may be earlier than the one it asked for. To be set before the first request.
  void on_wake(std::function<void(TimePoint)> wake) { wake_ = std::move(wake); }

  /// How long this request would wait at least if it came now.
  [[nodiscard]] Duration estimated_wait(const AdmissionRequest& request);

  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t in_flight() const noexcept { return taken_.load(std::memory_order_relaxed); }
  [[nodiscard]] const TokenBucket& bucket() const noexcept { return bucket_; }

 private:
  friend class Permit;
  friend class Place;

  bool take_all(ClientShare* client, bool first, TimePoint now) noexcept;
  bool take_tokens(ClientShare* client, bool first, TimePoint now) noexcept;
  void release(ClientShare* client) noexcept;
  [[nodiscard]] bool of_its_own_wait(const ClientShare* client) const noexcept;
  void wake_who_waits(const ClientShare* client) noexcept;
  void count_who_waits() noexcept;
  Duration expected_wait(const AdmissionRequest& request, const WaitingRoom::Ahead& ahead) const;
  TimePoint let_in(TimePoint now, std::vector<std::shared_ptr<Waiter>>& decided);
  std::optional<Refusal> find_room(const AdmissionRequest& request, const Waiter& newcomer,
                                   std::vector<std::shared_ptr<Waiter>>& decided);
  std::optional<Permit> take(Waiter& waiter);
  std::optional<Refusal> refused(const Waiter& waiter);
  void leave(Waiter& waiter);

  const AdmissionLimits limits_;
  const UpstreamPauses& pauses_;
  TokenBucket bucket_;
  std::atomic<std::int64_t> taken_{0};
  std::atomic<std::size_t> waiting_{0};
  std::atomic<bool> line_{
      false};  // somebody may wait for what the pod lacks, not for his own client's limits
  std::function<void(TimePoint)> wake_;
  std::mutex mutex_;  // guards the room and the waiters in it
  WaitingRoom room_;
};

}  // namespace holysheep
