#include <holysheep/policy/circuit_breaker.hpp>

#include <algorithm>

namespace holysheep {

Trial::~Trial() {
  if (breaker_ && probe_ != 0) breaker_->abandon_probe(probe_);
}

void Trial::succeeded() noexcept {
  if (auto* breaker = std::exchange(breaker_, nullptr)) breaker->success(generation_);
}

void Trial::failed(TimePoint now) noexcept {
  if (auto* breaker = std::exchange(breaker_, nullptr)) breaker->failure(generation_, now);
}

std::optional<Trial> CircuitBreaker::begin(TimePoint now) noexcept {
  if (limits_.threshold == 0) return Trial(*this, 0, 0);
  // In this order, the reverse of `open`: an opening meanwhile makes the verdict too old, and no attempt that
  // was let begin before one carries its number.
  const auto generation = openings_.load(std::memory_order_acquire);
  if (state() == State::closed) return Trial(*this, generation, 0);
  const std::scoped_lock lock(mutex_);
  if (state_ == State::closed) return Trial(*this, openings_, 0);
  if (now < next_probe()) return std::nullopt;
  state_.store(State::half_open, std::memory_order_release);
  probe_ = ++probes_;
  probe_began_ = now;
  return Trial(*this, openings_, probe_);
}

/// Under the lock, while it is not closed.
TimePoint CircuitBreaker::next_probe() const noexcept {
  return after(probe_ != 0 ? probe_began_ : opened_, limits_.reset);
}

std::optional<Duration> CircuitBreaker::refusal(TimePoint now) const noexcept {
  if (state() == State::closed) return std::nullopt;
  const std::scoped_lock lock(mutex_);
  if (state_ == State::closed) return std::nullopt;
  constexpr Duration least = std::chrono::milliseconds(1);
  const TimePoint due = next_probe();
  if (now >= due) return std::nullopt;
  if (probe_ != 0) return least;  // its verdict may come at any moment
  return std::max(least, due - now);
}

void CircuitBreaker::success(std::uint64_t generation) noexcept {
  if (state() == State::closed) {
    if (failures_.load(std::memory_order_relaxed) == 0) return;
    if (generation == openings_.load(std::memory_order_acquire))
      failures_.store(0, std::memory_order_relaxed);
    return;
  }
  const std::scoped_lock lock(mutex_);
  if (state_ != State::half_open || generation != openings_) return;
  probe_ = 0;
  failures_.store(0, std::memory_order_relaxed);
  state_.store(State::closed, std::memory_order_release);
}

void CircuitBreaker::failure(std::uint64_t generation, TimePoint now) noexcept {
  if (limits_.threshold == 0) return;
  const std::scoped_lock lock(mutex_);
  if (generation != openings_) return;
  if (state_ == State::half_open) return open(now);
  if (state_ != State::closed) return;
  if (failures_.fetch_add(1, std::memory_order_relaxed) + 1 >= limits_.threshold) open(now);
}

void CircuitBreaker::abandon_probe(std::uint64_t probe) noexcept {
  const std::scoped_lock lock(mutex_);
  if (probe == probe_) probe_ = 0;
}

void CircuitBreaker::open(TimePoint now) noexcept {
  opened_ = now;
  probe_ = 0;
  failures_.store(0, std::memory_order_relaxed);
  state_.store(State::open, std::memory_order_release);
  openings_.fetch_add(1, std::memory_order_release);
}

std::string_view state_name(CircuitBreaker::State state) noexcept {
  switch (state) {
    case CircuitBreaker::State::closed:
      return "closed";
    case CircuitBreaker::State::open:
      return "open";
    case CircuitBreaker::State::half_open:
      return "half_open";
  }
  return "closed";
}

CircuitBreaker& BreakerSet::model(std::string_view name) {
  if (name.size() > longest_name) return others_;
  const std::scoped_lock lock(mutex_);
  if (const auto known = models_.find(std::string(name)); known != models_.end()) return *known->second;
  if (models_.size() >= most_models) return others_;
  return *models_.emplace(name, std::make_unique<CircuitBreaker>(limits_)).first->second;
}

std::vector<BreakerSet::Troubled> BreakerSet::troubled() const {
  std::vector<Troubled> found;
  const auto look = [&](std::string_view name, const CircuitBreaker& breaker) {
    const auto state = breaker.state();
    if (state != CircuitBreaker::State::closed) found.push_back({std::string(name), state});
  };
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, breaker] : models_) look(name, *breaker);
  look("other", others_);
  return found;
}

std::uint64_t BreakerSet::openings() const {
  std::uint64_t all = upstream_.openings() + others_.openings();
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, breaker] : models_) all += breaker->openings();
  return all;
}

CircuitBreaker& ModelBreakers::of(std::string_view model) {
  if (const auto known = known_.find(model); known != known_.end()) return *known->second;
  CircuitBreaker& breaker = set_.model(model);
  if (&breaker != &set_.others_) known_.emplace(model, &breaker);  // else there is no end to the names
  return breaker;
}

}  // namespace holysheep
