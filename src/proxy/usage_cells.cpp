#include <holysheep/proxy/usage_cells.hpp>

namespace holysheep::proxy {

UsageLabels UsageBounds::bound(std::string_view client, std::string_view model, bool may_take_place) {
  UsageLabels labels{clients_.bound(client), may_take_place ? models_.bound(model) : models_.placed(model)};
  if (labels.model == other_label) return labels;
  const std::scoped_lock lock(mutex_);
  const std::pair pair(labels.client, labels.model);
  if (exact_pairs_.contains(pair)) return labels;
  if (exact_pairs_.size() < most_exact_pairs_) {
    exact_pairs_.insert(pair);
  } else {
    labels.model = other_label;
  }
  return labels;
}

UsageCells::Cell& UsageCells::cell(std::string_view client, std::string_view model, bool may_take_place) {
  const UsageLabels named{client.empty() ? no_label : client, model.empty() ? no_label : model};
  if (const auto found = known_.find(named); found != known_.end()) return *found->second;
  const auto labels = bounds_.bound(client, model, may_take_place);
  if (const auto found = known_.find(labels); found != known_.end()) return *found->second;
  Cell* made = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    made = &entries_.emplace_back(labels).cell;
  }
  known_.emplace(labels, made);
  return *made;
}

void UsageCells::Cell::count_request(bool error, bool partial) noexcept {
  requests_.add(1);
  if (error) errors_.add(1);
  if (partial) partial_.add(1);
}

void UsageCells::Cell::count_tokens(const TokenCounts& tokens, const std::optional<Cost>& cost) noexcept {
  if (!tokens.any()) return;
  input_.add(tokens.input);
  cached_input_.add(tokens.cached_input);
  output_.add(tokens.output);
  reasoning_.add(tokens.reasoning);
  if (cost) {
    nano_usd_.add(cost->nano_usd);
    direct_nano_usd_.add(cost->direct_nano_usd);
  } else {
    unpriced_.add(1);
  }
}

TokenCounts UsageCells::Cell::tokens() const noexcept {
  return {input_.get(), cached_input_.get(), output_.get(), reasoning_.get()};
}

}  // namespace holysheep::proxy
