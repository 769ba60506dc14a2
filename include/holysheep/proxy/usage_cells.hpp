#pragma once

#include <holysheep/core/tally.hpp>
#include <holysheep/core/token_counts.hpp>
#include <holysheep/proxy/label_bound.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace holysheep::proxy {

/// Which client and model a request is counted under. The views live as long as the `UsageBounds`.
struct UsageLabels {
  std::string_view client;
  std::string_view model;

  friend bool operator==(const UsageLabels&, const UsageLabels&) = default;
};

/// What usage is told apart by: so many clients, models and pairs of them, however many there are. One per
/// pod, shared by its event loops; any thread, under short locks.
class UsageBounds {
 public:
  /// Of the pairs, room is kept for each client with the model `other`, so that what a client used is never
  /// counted as another's for want of a pair.
  explicit UsageBounds(std::size_t most_models = 200, std::size_t most_clients = 200,
                       std::size_t most_pairs = 600)
      : models_(most_models),
        clients_(most_clients),
        most_exact_pairs_(most_pairs - std::min(most_pairs, most_clients + 2)) {}
  UsageBounds(const UsageBounds&) = delete;
  UsageBounds& operator=(const UsageBounds&) = delete;

  /// Both as `LabelBound` says; a model that has no place takes one only if it `may_take_place`. Where no
  /// pair is left the model is `other`.
  UsageLabels bound(std::string_view client, std::string_view model, bool may_take_place);

 private:
  LabelBound models_;
  LabelBound clients_;
  const std::size_t most_exact_pairs_;
  std::mutex mutex_;
  std::set<std::pair<std::string_view, std::string_view>> exact_pairs_;  // whose model is not `other`
};

/// What was used, by client and model, as one event loop has seen it. The loop's thread counts; any thread
/// reads. Lives no longer than its `UsageBounds`.
class UsageCells {
 public:
  class Cell {
   public:
    /// Once a request, when it has ended. The owner's thread only, as the next.
    void count_request(bool error, bool partial) noexcept;
    /// Once an answer. Tokens without a cost are counted as unpriced.
    void count_tokens(const TokenCounts& tokens, const std::optional<Cost>& cost) noexcept;

    [[nodiscard]] std::uint64_t requests() const noexcept { return requests_.get(); }
    [[nodiscard]] std::uint64_t errors() const noexcept { return errors_.get(); }
    [[nodiscard]] std::uint64_t partial() const noexcept { return partial_.get(); }
    /// Answers with tokens and without a price.
    [[nodiscard]] std::uint64_t unpriced() const noexcept { return unpriced_.get(); }
    [[nodiscard]] TokenCounts tokens() const noexcept;
    [[nodiscard]] Cost cost() const noexcept { return {nano_usd_.get(), direct_nano_usd_.get()}; }

   private:
    Tally requests_;
    Tally errors_;
    Tally partial_;
    Tally unpriced_;
    Tally input_;
    Tally cached_input_;
    Tally output_;
    Tally reasoning_;
    Tally nano_usd_;
    Tally direct_nano_usd_;
  };

  explicit UsageCells(UsageBounds& bounds) : bounds_(bounds) {}
  UsageCells(const UsageCells&) = delete;
  UsageCells& operator=(const UsageCells&) = delete;

  /// Where a request of that client for that model is counted; as good as this object. Empty names are
  /// counted under `none`. `may_take_place`: the model has a price, or a request for it was answered with a
  /// status below 400; a name that a client made up must take no place. The owner's thread only. A hash and
  /// two comparisons where the pair has a cell of its own; where it has none, the pod's locks as well.
  Cell& cell(std::string_view client, std::string_view model, bool may_take_place);

  /// Calls `use(client, model, const Cell&)` for each, in the order they came. Any thread; the owner waits
  /// for it only when it needs a new cell.
  template <class Use>
  void each(Use&& use) const {
    const std::scoped_lock lock(mutex_);
    for (const auto& entry : entries_) use(entry.labels.client, entry.labels.model, entry.cell);
  }

 private:
  struct Entry {
    explicit Entry(const UsageLabels& its_labels) : labels(its_labels) {}
    const UsageLabels labels;
    Cell cell;
  };
  struct Hash {
    std::size_t operator()(const UsageLabels& labels) const noexcept {
      const std::hash<std::string_view> hash;
      return hash(labels.client) * 31 + hash(labels.model);
    }
  };

  UsageBounds& bounds_;
  mutable std::mutex mutex_;                            // guards the list, not what is counted
  std::deque<Entry> entries_;                           // stays where it is when it grows
  std::unordered_map<UsageLabels, Cell*, Hash> known_;  // the owner's
};

}  // namespace holysheep::proxy
