#pragma once

#include <string>
#include <string_view>

namespace holysheep {

/// A credential. Overwritten when it goes, and never printable by accident: it has no stream operator and
/// no conversion; only `reveal()` shows it, at the one place where it goes onto the wire.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(other.value_) { other.wipe(); }
  Secret& operator=(Secret other) noexcept {
    value_.swap(other.value_);
    return *this;
  }
  ~Secret() { wipe(); }

  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }
  [[nodiscard]] std::string_view reveal() const noexcept { return value_; }

 private:
  void wipe() noexcept;
  std::string value_;
};

}  // namespace holysheep
