#include <holysheep/proxy/timed_models.hpp>

namespace holysheep::proxy {
namespace {

constexpr std::string_view unnamed_model = "none";
constexpr std::string_view further_models = "other";

}  // namespace

std::size_t TimedModels::place_of(std::string_view model) {
  if (model.empty()) model = unnamed_model;
  if (model == further_models) return other;  // a model of that name shares its series
  if (const auto place = find(model); place != other) return place;
  if (size() == most) return other;
  const std::scoped_lock lock(mutex_);
  if (const auto place = find(model); place != other) return place;  // another loop was here
  const auto place = size_.load(std::memory_order_relaxed);
  if (place == most) return other;
  names_[place] = model;
  size_.store(place + 1, std::memory_order_release);
  return place;
}

std::size_t TimedModels::find(std::string_view model) const noexcept {
  const auto taken = size();
  for (std::size_t place = 0; place < taken; ++place) {
    if (names_[place] == model) return place;
  }
  return other;
}

std::string_view TimedModels::name(std::size_t place) const noexcept {
  return place == other ? further_models : std::string_view(names_[place]);
}

}  // namespace holysheep::proxy
