#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace holysheep::proxy {

/// What a name without a place is counted under, and what no name is.
inline constexpr std::string_view other_label = "other";
inline constexpr std::string_view no_label = "none";
inline constexpr std::size_t longest_label = 128;  ///< bytes

/// The names that metrics and usage may tell apart: the first `most` that come, so that what clients invent
/// cannot make them grow. One per pod and kind of name; any thread, under a short lock.
class LabelBound {
 public:
  explicit LabelBound(std::size_t most = 200) : most_(most) {}
  LabelBound(const LabelBound&) = delete;
  LabelBound& operator=(const LabelBound&) = delete;

  /// The name, as a view that lives as long as this; it takes a place if it has none. `other_label` where
  /// none is left, or the name is longer than `longest_label`, not UTF-8, or has control characters;
  /// `no_label` where it is empty. Allocates for a name that is new.
  std::string_view bound(std::string_view name);

  /// The same, but a name that has no place takes none.
  [[nodiscard]] std::string_view placed(std::string_view name) const;

  [[nodiscard]] std::size_t most() const noexcept { return most_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>()(name);
    }
  };
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_set<std::string, Hash, std::equal_to<>> names_;
};

}  // namespace holysheep::proxy
