#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holysheep {

/// Overwrites a text where it lies, its unused capacity included, and empties it. For what held a credential
/// on its way; what a string has left behind when it grew is out of reach.
void wipe(std::string& text) noexcept;

/// A credential. Never printable by accident: it has no stream operator and no conversion; only `reveal()`
/// shows it, at the one place where it goes onto the wire.
///
/// Its bytes have pages of their own, which no core dump holds and which are not swapped out as far as
/// RLIMIT_MEMLOCK goes; they are overwritten and unmapped when it goes. A copy costs system calls, so it is
/// shared instead.
class Secret {
 public:
  Secret() = default;
  /// Takes the text over, and wipes it. Throws std::bad_alloc.
  explicit Secret(std::string&& text);
  Secret(const Secret& other);
  Secret(Secret&& other) noexcept { swap(other); }
  Secret& operator=(Secret other) noexcept {
    swap(other);
    return *this;
  }
  ~Secret();

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::string_view reveal() const noexcept { return {bytes_, size_}; }

 private:
  void keep(std::string_view text);
  void swap(Secret& other) noexcept;

  char* bytes_ = nullptr;  // pages of its own
  std::size_t size_ = 0;
};

}  // namespace holysheep
