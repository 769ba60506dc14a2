#pragma once

#include <holysheep/core/clock.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace holysheep {

class CircuitBreaker;

struct BreakerLimits {
  unsigned threshold;  ///< consecutive failures that open it; 0: never
  Duration reset;      ///< open for so long before one probe is let through
};

/// An attempt that a breaker has let begin. Its verdict is given once; without one it counts for nothing,
/// and a probe's place is free again.
class Trial {
 public:
  Trial(Trial&& other) noexcept
      : breaker_(std::exchange(other.breaker_, nullptr)),
        generation_(other.generation_),
        probe_(other.probe_) {}
  Trial& operator=(Trial&&) = delete;
  ~Trial();

  void succeeded() noexcept;
  void failed(TimePoint now) noexcept;

 private:
  friend class CircuitBreaker;
  Trial(CircuitBreaker& breaker, std::uint64_t generation, std::uint64_t probe) noexcept
      : breaker_(&breaker), generation_(generation), probe_(probe) {}

  CircuitBreaker* breaker_;
  std::uint64_t generation_;
  std::uint64_t probe_;  // its number; 0: it is none
};

/// Closed until `threshold` attempts have failed one after the other; then open, and nothing passes for
/// `reset`; then half-open, and one probe passes: its success closes it, its failure opens it again. One that
/// takes longer than `reset` has had its time: another passes, and the first verdict of them counts. Verdicts
/// of attempts that began before it last changed are too old to count. Shared by all event loops; while all
/// is well, two atomic loads and no lock.
class CircuitBreaker {
 public:
  enum class State : unsigned char { closed, open, half_open };

  explicit CircuitBreaker(BreakerLimits limits) noexcept : limits_(limits) {}

  /// Lets an attempt begin, or does not: then `refusal` says for how long.
  std::optional<Trial> begin(TimePoint now) noexcept;
  /// How long until the next probe is due, where an attempt would be refused now; at least a millisecond.
  [[nodiscard]] std::optional<Duration> refusal(TimePoint now) const noexcept;

  [[nodiscard]] State state() const noexcept { return state_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint64_t openings() const noexcept { return openings_.load(std::memory_order_relaxed); }

 private:
  friend class Trial;
  void success(std::uint64_t generation) noexcept;
  void failure(std::uint64_t generation, TimePoint now) noexcept;
  void abandon_probe(std::uint64_t probe) noexcept;
  [[nodiscard]] TimePoint next_probe() const noexcept;
  void open(TimePoint now) noexcept;

  const BreakerLimits limits_;
  std::atomic<State> state_{State::closed};
  std::atomic<unsigned> failures_{0};
  std::atomic<std::uint64_t> openings_{0};  // also the generation of verdicts
  mutable std::mutex mutex_;                // guards what follows, and every change of state
  TimePoint opened_;
  TimePoint probe_began_;
  std::uint64_t probe_ = 0;  // the number of the one that is under way; 0: none is
  std::uint64_t probes_ = 0;
};

/// closed, open, half_open
std::string_view state_name(CircuitBreaker::State state) noexcept;

/// One upstream's breakers: one fed by what says that it cannot be reached, and one for each model, fed by
/// what says that this model is sick. The first 200 models have their own, all others share one, and names
/// that are longer than any model's.
class BreakerSet {
 public:
  static constexpr std::size_t most_models = 200;
  static constexpr std::size_t longest_name = 128;  // bytes

  explicit BreakerSet(BreakerLimits limits) : limits_(limits), upstream_(limits), others_(limits) {}

  CircuitBreaker& upstream() noexcept { return upstream_; }
  [[nodiscard]] const CircuitBreaker& upstream() const noexcept { return upstream_; }
  /// Stays where it is for the life of the set. Any thread; takes a lock: see ModelBreakers.
  CircuitBreaker& model(std::string_view name);

  /// A model whose breaker is not closed; `other` are all past the first 200.
  struct Troubled {
    std::string name;
    CircuitBreaker::State state;
  };
  /// In no order. Any thread; takes the lock.
  [[nodiscard]] std::vector<Troubled> troubled() const;
  /// Times that any of them opened, the upstream's own included. As above.
  [[nodiscard]] std::uint64_t openings() const;

 private:
  friend class ModelBreakers;
  const BreakerLimits limits_;
  CircuitBreaker upstream_;
  CircuitBreaker others_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<CircuitBreaker>> models_;
};

/// One event loop's way to the models' breakers, which remembers where they are: no lock and no allocation
/// for a model that it has seen.
class ModelBreakers {
 public:
  explicit ModelBreakers(BreakerSet& set) noexcept : set_(set) {}
  CircuitBreaker& of(std::string_view model);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  BreakerSet& set_;
  std::unordered_map<std::string, CircuitBreaker*, Hash, std::equal_to<>> known_;
};

}  // namespace holysheep
