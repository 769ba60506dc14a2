#include <holysheep/policy/admission.hpp>

#include <algorithm>
#include <iterator>
#include <vector>

namespace holysheep {

Permit::~Permit() {
  if (admission_) admission_->release();
}

Place::~Place() {
  if (admission_) admission_->leave(*waiter_);
}

std::optional<Permit> Place::take() {
  return admission_->take(*waiter_);
}

Admission::Admission(const AdmissionLimits& limits, const UpstreamPauses& pauses)
    : limits_(limits), pauses_(pauses), bucket_(limits.rate_per_second, limits.burst) {}

std::optional<Permit> Admission::try_admit(const AdmissionRequest& request) {
  if (waiting_.load() > 0) return std::nullopt;
  if (pauses_.any(request.now) && pauses_.paused_until(request.model, request.now) > request.now)
    return std::nullopt;
  if (!take_place()) return std::nullopt;
  if (bucket_.try_take(request.now)) return Permit(*this);
  release();
  return std::nullopt;
}

std::variant<Permit, Place, Refusal> Admission::admit(const AdmissionRequest& request,
                                                      std::function<void()> on_granted) {
  if (!limits_.backpressure) return Refusal{Fault::rate_limited, expected_wait(request, waiting_.load())};
  auto waiter = std::make_shared<Waiter>();
  waiter->model = request.model;
  waiter->on_granted = std::move(on_granted);
  std::vector<std::shared_ptr<Waiter>> granted;
  std::optional<Refusal> refused;
  TimePoint next = never;
  bool at_once = false;
  {
    const std::scoped_lock lock(mutex_);
    // In line before anything is decided: what has come free since `try_admit` looked goes to whose turn it
    // is, and a request that may go past all who wait needs no room and no estimate.
    room_.enter(waiter);
    waiting_.store(room_.size());
    next = let_in(request.now, granted);
    at_once = waiter->state == Waiter::State::granted;
    if (!at_once) refused = refusal(request);
    if (refused) room_.leave(*waiter);
    if (at_once || refused) waiter->state = Waiter::State::done;
    waiting_.store(room_.size());
  }
  for (const auto& one : granted) {
    if (one != waiter) one->on_granted();
  }
  if (next != never && wake_) wake_(next);
  if (at_once) return Permit(*this);
  if (refused) return *refused;
  return Place(*this, std::move(waiter));
}

/// For the last in line.
std::optional<Refusal> Admission::refusal(const AdmissionRequest& request) {
  const Duration wait = expected_wait(request, turns_ahead(request));
  if (after(request.now, wait) >= request.deadline) return Refusal{Fault::queue_timeout, wait};
  if (room_.size() > limits_.queue_size) return Refusal{Fault::queue_full, wait};
  return std::nullopt;
}

/// How many are sure to be served before the last in line: not those whose model is paused, unless it is the
/// same one.
std::size_t Admission::turns_ahead(const AdmissionRequest& request) {
  const std::size_t others = room_.size() - 1;
  if (!pauses_.any(request.now)) return others;
  const auto& line = room_.line();
  return static_cast<std::size_t>(
      std::count_if(line.begin(), std::prev(line.end()), [&](const std::shared_ptr<Waiter>& one) {
        return one->model == request.model || pauses_.paused_until(one->model, request.now) <= request.now;
      }));
}

Duration Admission::expected_wait(const AdmissionRequest& request, std::size_t ahead) const {
  const TimePoint paused = pauses_.paused_until(request.model, request.now);
  const Duration pause = paused > request.now ? paused - request.now : Duration::zero();
  return std::max(bucket_.time_until(request.now, ahead), pause);
}

Duration Admission::estimated_wait(TimePoint now) const {
  return bucket_.time_until(now, waiting_.load());
}

TimePoint Admission::pump(TimePoint now) {
  std::vector<std::shared_ptr<Waiter>> granted;
  TimePoint next = never;
  {
    const std::scoped_lock lock(mutex_);
    next = let_in(now, granted);
  }
  for (const auto& one : granted) one->on_granted();
  return next;
}

/// Walks the line once. Stops at the first that has its turn and finds no token or no place.
TimePoint Admission::let_in(TimePoint now, std::vector<std::shared_ptr<Waiter>>& granted) {
  TimePoint next = never;
  const bool some_paused = pauses_.any(now);
  auto& line = room_.line();
  for (auto at = line.begin(); at != line.end();) {
    const auto waiter = *at++;
    if (some_paused) {
      const TimePoint until = pauses_.paused_until(waiter->model, now);
      if (until > now) {
        next = std::min(next, until);
        continue;
      }
    }
    if (!take_place()) break;  // the next release wakes
    if (!bucket_.try_take(now)) {
      taken_.fetch_sub(1);
      next =
          std::min(next, now + std::max(bucket_.time_until(now), Duration(std::chrono::microseconds(100))));
      break;
    }
    room_.leave(*waiter);
    waiter->state = Waiter::State::granted;
    granted.push_back(waiter);
  }
  waiting_.store(room_.size());
  return next;
}

// Never takes more than there are, not even to give it back: somebody else's turn would find no place by it,
// and nobody would call him again.
bool Admission::take_place() noexcept {
  std::int64_t taken = taken_.load();
  do {
    if (taken >= limits_.places) return false;
  } while (!taken_.compare_exchange_weak(taken, taken + 1));
  return true;
}

void Admission::release() noexcept {
  taken_.fetch_sub(1);
  if (waiting_.load() > 0 && wake_) wake_(TimePoint::min());
}

std::optional<Permit> Admission::take(Waiter& waiter) {
  const std::scoped_lock lock(mutex_);
  if (waiter.state != Waiter::State::granted) return std::nullopt;
  waiter.state = Waiter::State::done;
  return Permit(*this);
}

void Admission::leave(Waiter& waiter) {
  bool had_permit = false;
  {
    const std::scoped_lock lock(mutex_);
    if (waiter.state == Waiter::State::waiting) {
      room_.leave(waiter);
      waiting_.store(room_.size());
    }
    had_permit = waiter.state == Waiter::State::granted;
    waiter.state = Waiter::State::done;
  }
  if (had_permit) release();
}

}  // namespace holysheep
