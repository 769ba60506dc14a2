#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace holysheep::proxy {

/// Models whose time to first token is told apart: the first 20 that are asked for; all further ones are one.
/// So ask only for a model that upstream has answered with 200: names that clients make up would take the
/// places. Shared by all event loops; a name that is known is found without a lock and without allocation.
class TimedModels {
 public:
  static constexpr std::size_t most = 20;
  static constexpr std::size_t other = most;  ///< the place of all others

  /// 0 to `most`, the same for a name for ever. An empty name is `none`, a model like the others.
  std::size_t place_of(std::string_view model);

  /// Places taken, `other` not among them.
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_acquire); }
  /// Of a place that is taken, or `other`.
  [[nodiscard]] std::string_view name(std::size_t place) const noexcept;

 private:
  [[nodiscard]] std::size_t find(std::string_view model) const noexcept;

  std::mutex mutex_;                     // for taking places
  std::array<std::string, most> names_;  // those before size_ change no more
  std::atomic<std::size_t> size_{0};
};

}  // namespace holysheep::proxy
