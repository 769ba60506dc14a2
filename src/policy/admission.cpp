#include <holysheep/policy/admission.hpp>

#include <algorithm>
#include <vector>

namespace holysheep {
namespace {

// Never takes more than there are, not even to give it back: somebody else's turn would find no place by it,
// and nobody would call him again.
bool take_one_of(std::atomic<std::int64_t>& taken, std::int64_t most) noexcept {
  std::int64_t before = taken.load();
  do {
    if (before >= most) return false;
  } while (!taken.compare_exchange_weak(before, before + 1));
  return true;
}

std::shared_ptr<Waiter> waiter_of(const AdmissionRequest& request) {
  auto waiter = std::make_shared<Waiter>();
  waiter->model = request.model;
  waiter->client = request.client;
  waiter->first = request.first;
  waiter->deadline = request.deadline;
  return waiter;
}

}  // namespace

Permit::~Permit() {
  if (admission_) admission_->release(client_);
}

Place::~Place() {
  if (admission_) admission_->leave(*waiter_);
}

std::optional<Permit> Place::take() {
  return admission_->take(*waiter_);
}

std::optional<Refusal> Place::refused() const {
  return admission_->refused(*waiter_);
}

Admission::Admission(const AdmissionLimits& limits, const UpstreamPauses& pauses)
    : limits_(limits), pauses_(pauses), bucket_(limits.rate_per_second, limits.burst) {}

std::optional<Permit> Admission::try_admit(const AdmissionRequest& request) {
  if (line_.load() || of_its_own_wait(request.client)) return std::nullopt;
  if (pauses_.any(request.now) && pauses_.paused_until(request.model, request.now) > request.now)
    return std::nullopt;
  if (take_all(request.client, request.first, request.now)) return Permit(*this, request.client);
  // What was held for a moment may have been somebody's turn.
  wake_who_waits(request.client);
  return std::nullopt;
}

std::variant<Permit, Place, Refusal> Admission::admit(const AdmissionRequest& request,
                                                      std::function<void()> on_decided) {
  if (!limits_.backpressure) return Refusal{Fault::rate_limited, expected_wait(request, {})};
  const auto waiter = waiter_of(request);
  waiter->on_decided = std::move(on_decided);
  std::vector<std::shared_ptr<Waiter>> decided;
  std::optional<Refusal> refused;
  TimePoint next = never;
  bool at_once = false;
  {
    const std::scoped_lock lock(mutex_);
    // In line before anything is decided: what has come free since `try_admit` looked goes to whose turn it
    // is, and a request that may go past all who wait needs no room and no estimate.
    room_.enter(waiter);
    count_who_waits();
    next = let_in(request.now, decided);
    at_once = waiter->state == Waiter::State::granted;
    if (!at_once) refused = find_room(request, *waiter, decided);
    if (refused) room_.leave(*waiter);
    if (at_once || refused) waiter->state = Waiter::State::done;
    count_who_waits();
  }
  for (const auto& one : decided) {
    if (one != waiter) one->on_decided();
  }
  if (next != never && wake_) wake_(next);
  if (at_once) return Permit(*this, request.client);
  if (refused) return *refused;
  return Place(*this, waiter);
}

/// For who just came, if need be at the cost of somebody else.
std::optional<Refusal> Admission::find_room(const AdmissionRequest& request, const Waiter& newcomer,
                                            std::vector<std::shared_ptr<Waiter>>& decided) {
  const Duration wait = expected_wait(request, room_.turns_ahead(newcomer, request.now));
  if (after(request.now, wait) >= request.deadline) return Refusal{Fault::queue_timeout, wait};
  if (room_.size() <= limits_.queue_size) return std::nullopt;
  const auto out = room_.whom_to_put_out(newcomer);
  if (!out) return Refusal{Fault::queue_full, wait};
  const AdmissionRequest his{.model = out->model,
                             .now = request.now,
                             .deadline = out->deadline,
                             .client = out->client,
                             .first = out->first};
  out->wait = expected_wait(his, room_.turns_ahead(*out, request.now));
  out->state = Waiter::State::put_out;
  room_.leave(*out);
  decided.push_back(out);
  return std::nullopt;
}

Duration Admission::expected_wait(const AdmissionRequest& request, const WaitingRoom::Ahead& ahead) const {
  const TimePoint paused = pauses_.paused_until(request.model, request.now);
  const Duration pause = paused > request.now ? paused - request.now : Duration::zero();
  const Duration own = request.client && request.first
                           ? request.client->bucket.time_until(request.now, ahead.own)
                           : Duration::zero();
  return std::max({bucket_.time_until(request.now, ahead.all), own, pause});
}

Duration Admission::estimated_wait(const AdmissionRequest& request) {
  const auto waiter = waiter_of(request);
  const std::scoped_lock lock(mutex_);
  room_.enter(waiter);  // as if
  if (pauses_.any(request.now)) room_.see_pauses(pauses_, request.now);
  const auto ahead = room_.turns_ahead(*waiter, request.now);
  room_.leave(*waiter);
  return expected_wait(request, ahead);
}

TimePoint Admission::pump(TimePoint now) {
  std::vector<std::shared_ptr<Waiter>> decided;
  TimePoint next = never;
  {
    const std::scoped_lock lock(mutex_);
    next = let_in(now, decided);
  }
  for (const auto& one : decided) one->on_decided();
  return next;
}

/// As many as there are places and tokens for.
TimePoint Admission::let_in(TimePoint now, std::vector<std::shared_ptr<Waiter>>& decided) {
  constexpr Duration soon = std::chrono::microseconds(100);
  TimePoint next = pauses_.any(now) ? room_.see_pauses(pauses_, now) : never;
  line_.store(true);  // before it looks: what is given back from here on wakes
  for (;;) {
    const auto waiter = room_.next(now);
    if (!waiter) {
      next = std::min(next, std::max(room_.next_token(now), now + soon));
      line_.store(false);
      break;
    }
    if (taken_.load() >= limits_.places) break;  // the next release wakes
    if (!take_all(waiter->client, waiter->first, now)) {
      next = std::min(next, now + std::max(bucket_.time_until(now), soon));
      break;
    }
    room_.serve(*waiter);
    waiter->state = Waiter::State::granted;
    decided.push_back(waiter);
  }
  count_who_waits();
  return next;
}

/// The places and tokens that an attempt needs, or nothing. Wakes nobody.
bool Admission::take_all(ClientShare* client, bool first, TimePoint now) noexcept {
  if (!take_one_of(taken_, limits_.places)) return false;
  if (take_tokens(client, first, now)) return true;
  taken_.fetch_sub(1);
  return false;
}

bool Admission::take_tokens(ClientShare* client, bool first, TimePoint now) noexcept {
  if (!client) return bucket_.try_take(now);
  if (bucket_.time_until(now) > Duration::zero()) return false;  // takes nothing of the client in vain
  const std::int64_t most = client->limits.max_in_flight > 0 ? client->limits.max_in_flight : INT64_MAX;
  if (!take_one_of(client->in_flight, most)) return false;
  const auto own = first ? client->bucket.take(now) : TokenBucket::Taken{};
  if (own && bucket_.try_take(now)) return true;
  if (own && first) client->bucket.give_back(*own);
  client->in_flight.fetch_sub(1);
  return false;
}

void Admission::release(ClientShare* client) noexcept {
  if (client) client->in_flight.fetch_sub(1);
  taken_.fetch_sub(1);
  wake_who_waits(client);
}

/// Somebody whom `client` must not overtake, whatever keeps him.
bool Admission::of_its_own_wait(const ClientShare* client) const noexcept {
  return (client ? client->waiting : waiting_).load() > 0;
}

/// What `client` gave back may be what they lacked.
void Admission::wake_who_waits(const ClientShare* client) noexcept {
  if ((line_.load() || (client && client->waiting.load() > 0)) && wake_) wake_(TimePoint::min());
}

void Admission::count_who_waits() noexcept {
  waiting_.store(room_.size());
  if (room_.size() == 0) line_.store(false);
}

std::optional<Permit> Admission::take(Waiter& waiter) {
  const std::scoped_lock lock(mutex_);
  if (waiter.state != Waiter::State::granted) return std::nullopt;
  waiter.state = Waiter::State::done;
  return Permit(*this, waiter.client);
}

std::optional<Refusal> Admission::refused(const Waiter& waiter) {
  const std::scoped_lock lock(mutex_);
  if (waiter.state != Waiter::State::put_out) return std::nullopt;
  return Refusal{Fault::queue_full, waiter.wait};
}

void Admission::leave(Waiter& waiter) {
  bool had_permit = false;
  {
    const std::scoped_lock lock(mutex_);
    if (waiter.state == Waiter::State::waiting) {
      room_.leave(waiter);
      count_who_waits();
    }
    had_permit = waiter.state == Waiter::State::granted;
    waiter.state = Waiter::State::done;
  }
  if (had_permit) release(waiter.client);
}

}  // namespace holysheep
