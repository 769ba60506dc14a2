#pragma once

#include "json_string.hpp"

#include <cstddef>
#include <string_view>

namespace holysheep::http {

/// Walks over the members of one JSON object (RFC 8259) without going into their values. Not a validator:
/// what is malformed ends the walk where that shows. Views point into the text given.
class JsonMembers {
 public:
  explicit JsonMembers(std::string_view json) noexcept : p_(json.data()), end_(p_ + json.size()) {
    open_ = take('{');
  }

  /// To the next member, whose `key()` is known then. False: no more, malformed, or not all there yet.
  bool next() noexcept {
    skip_space();
    if (!open_ || (p_ < end_ && *p_ == '}')) return false;
    open_ = (first_ || take(',')) && take('"') && take_string(key_) && take(':');
    first_ = false;
    return open_;
  }

  /// The inside of the string that the member holds. False: it holds no string, or half of one; then
  /// `skip_value` still can.
  bool take_string_value(std::string_view& raw) noexcept {
    const char* const before = p_;
    if (take('"') && take_string(raw)) return true;
    p_ = before;
    return false;
  }

  bool skip_value() noexcept {
    skip_space();
    if (p_ == end_) return false;
    if (*p_ == '{' || *p_ == '[') return skip_nested();
    std::string_view ignored;
    if (*p_ == '"') return take_string_value(ignored);
    while (p_ < end_ && *p_ != ',' && *p_ != '}') ++p_;
    return p_ < end_;
  }

  /// Passes over the value, which is then in `value` without the space around it.
  bool take_value(std::string_view& value) noexcept {
    skip_space();
    const char* const from = p_;
    if (!skip_value()) return false;
    const char* to = p_;
    while (to > from && is_json_space(to[-1])) --to;
    value = {from, static_cast<std::size_t>(to - from)};
    return true;
  }

  /// After `next` gave false: does the object end here as it should, and the text with it?
  bool take_end() noexcept {
    if (!open_ || !take('}')) return false;
    skip_space();
    return p_ == end_;
  }

  [[nodiscard]] std::string_view key() const noexcept { return key_; }

 private:
  void skip_space() noexcept {
    while (p_ < end_ && is_json_space(*p_)) ++p_;
  }

  bool take(char c) noexcept {
    skip_space();
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }

  bool take_string(std::string_view& raw) noexcept {
    const char* const quote = find_closing_quote(p_, end_);
    if (quote == nullptr) return false;
    raw = {p_, static_cast<std::size_t>(quote - p_)};
    p_ = quote + 1;
    return true;
  }

  bool skip_nested() noexcept {
    std::size_t depth = 0;
    while (p_ < end_) {
      const char c = *p_++;
      std::string_view ignored;
      if (c == '"' && !take_string(ignored)) return false;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return true;
    }
    return false;
  }

  const char* p_;
  const char* end_;
  std::string_view key_;
  bool open_ = false;
  bool first_ = true;
};

}  // namespace holysheep::http
