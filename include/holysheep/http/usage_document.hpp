#pragma once

#include <holysheep/http/dialect.hpp>
#include <holysheep/http/request_scan.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holysheep::http {

enum class UsagePlace : std::uint8_t;
enum class UsageCount : std::uint8_t;
struct UsageName;

/// `UsageScan`'s view of one JSON document after the other: follows strings, nesting and the keys that lead
/// to counts, in any cutting, and keeps what was counted last. What the counts mean is for `UsageScan`.
class UsageDocument {
 public:
  explicit UsageDocument(Dialect dialect) noexcept : dialect_(dialect) {}

  /// Another document comes. Counts and model stay.
  void begin() noexcept;
  void feed(std::string_view json) noexcept;

  /// The document has come to its end, or was none.
  [[nodiscard]] bool over() const noexcept { return over_; }

  /// As the provider says it; 0 where it did not.
  [[nodiscard]] std::uint64_t count(UsageCount kind) const noexcept {
    return counts_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] bool known() const noexcept { return known_; }
  [[nodiscard]] std::string_view model() const noexcept { return {model_.data(), model_size_}; }

 private:
  void begin_with(char c) noexcept;
  void open(char c) noexcept;
  void close() noexcept;
  void end_member() noexcept;
  bool counting() const noexcept;
  void take_number(char c) noexcept;
  void settle_number() noexcept;
  bool wants_string() const noexcept;
  void take_string(std::string_view raw) noexcept;
  void end_string(std::string_view piece) noexcept;
  void hold(std::string_view piece) noexcept;
  void take_model(std::string_view raw) noexcept;
  const char* pass_string(const char* p, const char* end) noexcept;
  const char* pass_members(const char* p, const char* end) noexcept;
  const char* pass_nested(const char* p, const char* end) noexcept;

  Dialect dialect_;

  // Where the document is. `name_` is the member's whose key has passed, where it means something.
  bool over_ = false;
  bool in_string_ = false;
  bool escaped_ = false;   // the string's next byte stands behind a backslash
  bool wanted_ = false;    // the string is a key, or the model's name
  bool in_value_ = false;  // behind a member's colon
  bool has_digits_ = false;
  std::uint8_t depth_ = 0;
  std::array<UsagePlace, 5> places_{};  // the open objects that are of interest
  std::size_t skipped_ = 0;             // objects and arrays open within one that is not
  const UsageName* name_ = nullptr;
  std::uint64_t number_ = 0;

  std::size_t held_size_ = 0;
  std::size_t model_size_ = 0;
  std::array<char, longest_model_name> held_;  // a wanted string's beginning that came without its end
  std::array<char, longest_model_name> model_;
  std::array<std::uint64_t, 13> counts_{};
  bool known_ = false;
};

}  // namespace holysheep::http
