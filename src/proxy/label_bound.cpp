#include <holysheep/core/text.hpp>
#include <holysheep/proxy/label_bound.hpp>

namespace holysheep::proxy {
namespace {

/// Renders as itself: no control characters, and well-formed.
bool is_printable_label(std::string_view name) {
  std::string rendered;
  append_printable(rendered, name);
  return rendered == name;
}

}  // namespace

std::string_view LabelBound::bound(std::string_view name) {
  const auto label = placed(name);
  if (label != other_label || name.size() > longest_label || name == other_label ||
      !is_printable_label(name)) {
    return label;
  }
  const std::scoped_lock lock(mutex_);
  if (names_.size() < most_) return *names_.emplace(name).first;
  const auto found = names_.find(name);
  return found == names_.end() ? other_label : std::string_view(*found);
}

std::string_view LabelBound::placed(std::string_view name) const {
  if (name.empty() || name == no_label) return no_label;
  if (name.size() > longest_label) return other_label;
  const std::scoped_lock lock(mutex_);
  const auto found = names_.find(name);
  return found == names_.end() ? other_label : std::string_view(*found);
}

}  // namespace holysheep::proxy
