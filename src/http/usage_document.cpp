#include "characters.hpp"
#include "json_string.hpp"
#include "usage_names.hpp"
#include <holysheep/http/usage_document.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <string>

namespace holysheep::http {
namespace {

constexpr std::uint64_t largest_count = std::uint64_t{1} << 53;

constexpr bool is_space(char c) noexcept {
  return is_blank(c) || c == '\n' || c == '\r';
}

constexpr CharacterClass only(std::string_view all) {
  CharacterClass set{};
  for (const char c : all) set[static_cast<unsigned char>(c)] = true;
  return set;
}
constexpr CharacterClass structural = only("\"{}[],:");
constexpr CharacterClass nesting = only("\"{}[]");

// Bytes of `word` that are `c` have their top bit set in the result; so may bytes above the lowest of them.
constexpr std::uint64_t matches(std::uint64_t word, char c) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  const std::uint64_t difference = word ^ (ones * static_cast<unsigned char>(c));
  return (difference - ones) & ~difference & (ones * 0x80);
}

// The first quote or backslash in [p, end), or `end`. Most strings are too short for two calls of memchr.
const char* find_quote_or_backslash(const char* p, const char* end) noexcept {
  for (; end - p >= 8; p += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, sizeof word);
    const std::uint64_t hits = matches(word, '"') | matches(word, '\\');
    if (hits == 0) continue;
    if constexpr (std::endian::native == std::endian::little) return p + std::countr_zero(hits) / 8;
    break;
  }
  while (p < end && *p != '"' && *p != '\\') ++p;
  return p;
}

const UsageName* find_name(std::span<const UsageName> names, std::string_view key) noexcept {
  for (const UsageName& name : names) {
    if (name.key == key) return &name;
  }
  return nullptr;
}

}  // namespace

void UsageDocument::begin() noexcept {
  static_assert(std::tuple_size_v<decltype(counts_)> == usage_counts);
  static_assert(std::tuple_size_v<decltype(places_)> == deepest_usage_place);
  over_ = in_string_ = escaped_ = wanted_ = in_value_ = has_digits_ = false;
  depth_ = 0;
  skipped_ = held_size_ = 0;
  name_ = nullptr;
  number_ = 0;
}

void UsageDocument::feed(std::string_view json) noexcept {
  const char* p = json.data();
  const char* const end = p + json.size();
  while (p < end && !over_) {
    if (in_string_) {
      p = pass_string(p, end);
    } else if (skipped_ > 0) {
      p = pass_nested(p, end);
    } else if (depth_ == 0) {
      begin_with(*p++);
    } else {
      p = pass_members(p, end);
    }
  }
}

// Within an object of interest: to the next string, or object or array that opens or closes.
const char* UsageDocument::pass_members(const char* p, const char* end) noexcept {
  while (p < end) {
    const char c = *p++;
    switch (c) {
      case '"': {
        const char* const stop = find_quote_or_backslash(p, end);
        if (stop == end || *stop != '"') {
          in_string_ = true;
          wanted_ = wants_string();
          return p;
        }
        if (wants_string()) take_string({p, static_cast<std::size_t>(stop - p)});
        p = stop + 1;
        break;
      }
      case '{':
      case '[':
        open(c);
        return p;
      case '}':
      case ']':
        close();
        return p;
      case ',':
        end_member();
        break;
      case ':':
        in_value_ = true;
        break;
      default:
        if (counting()) {
          take_number(c);
        } else {
          while (p < end && !is_in(structural, *p)) ++p;
        }
    }
  }
  return p;
}

void UsageDocument::begin_with(char c) noexcept {
  if (c == '{' || c == '[') {
    places_[depth_++] = c == '{' ? UsagePlace::answer : UsagePlace::list;
  } else {
    over_ = !is_space(c);
  }
}

void UsageDocument::open(char c) noexcept {
  UsagePlace place = UsagePlace::elsewhere;
  if (places_[depth_ - 1] == UsagePlace::list) {
    place = UsagePlace::answer;
  } else if (in_value_ && name_ != nullptr) {
    place = name_->opens;
  }
  name_ = nullptr;
  in_value_ = has_digits_ = false;
  number_ = 0;
  if (c == '[' || place == UsagePlace::elsewhere) {
    skipped_ = 1;
  } else {
    places_[depth_++] = place;
  }
}

void UsageDocument::close() noexcept {
  end_member();
  over_ = --depth_ == 0;
}

void UsageDocument::end_member() noexcept {
  settle_number();
  name_ = nullptr;
  in_value_ = false;
}

bool UsageDocument::counting() const noexcept {
  return in_value_ && name_ != nullptr && name_->counts != UsageCount::none;
}

void UsageDocument::take_number(char c) noexcept {
  if (is_digit(c) && number_ <= largest_count) {
    number_ = number_ * 10 + static_cast<unsigned>(c - '0');
    has_digits_ = true;
  } else if (is_space(c)) {
    settle_number();
  } else {
    name_ = nullptr;
    has_digits_ = false;
    number_ = 0;
  }
}

void UsageDocument::settle_number() noexcept {
  if (!has_digits_) return;
  if (number_ <= largest_count) {
    counts_[static_cast<std::size_t>(name_->counts)] = number_;
    known_ = true;
  }
  name_ = nullptr;
  has_digits_ = false;
  number_ = 0;
}

// It is a key, or the model's name.
bool UsageDocument::wants_string() const noexcept {
  return !in_value_ || (name_ != nullptr && name_->is_model && model_size_ == 0);
}

void UsageDocument::take_string(std::string_view raw) noexcept {
  if (in_value_) {
    take_model(raw);
  } else {
    name_ = find_name(names_in(dialect_, places_[depth_ - 1]), raw);
  }
}

void UsageDocument::end_string(std::string_view piece) noexcept {
  in_string_ = false;
  if (held_size_ > 0) {
    hold(piece);
    piece = {held_.data(), held_size_};
    held_size_ = 0;
  }
  if (wanted_) take_string(piece);
  wanted_ = false;
}

void UsageDocument::hold(std::string_view piece) noexcept {
  if (!wanted_) return;
  if (piece.size() > held_.size() - held_size_) {  // too long for anything that is wanted
    if (!in_value_) name_ = nullptr;
    wanted_ = false;
    held_size_ = 0;
    return;
  }
  std::copy(piece.begin(), piece.end(), held_.data() + held_size_);
  held_size_ += piece.size();
}

void UsageDocument::take_model(std::string_view raw) noexcept {
  if (raw.size() > longest_model_name) return;
  std::string decoded;
  const auto name = text_of(raw, decoded, longest_model_name);
  if (!name) return;
  std::copy(name->begin(), name->end(), model_.data());
  model_size_ = name->size();
}

// From within a string to behind its closing quote.
const char* UsageDocument::pass_string(const char* p, const char* end) noexcept {
  const char* const from = p;
  while (p < end) {
    if (escaped_) {
      escaped_ = false;
      ++p;
      continue;
    }
    p = find_quote_or_backslash(p, end);
    if (p == end) break;
    if (*p == '"') {
      end_string({from, static_cast<std::size_t>(p - from)});
      return p + 1;
    }
    escaped_ = true;
    ++p;
  }
  hold({from, static_cast<std::size_t>(p - from)});
  return p;
}

// Behind what is of no interest, or into a string within it that ends elsewhere.
const char* UsageDocument::pass_nested(const char* p, const char* end) noexcept {
  std::size_t open = skipped_;
  while (p < end && open > 0 && !in_string_) {
    const char c = *p++;
    if (!is_in(nesting, c)) continue;
    if (c == '"') {
      p = find_quote_or_backslash(p, end);
      in_string_ = p == end || *p == '\\';
      if (!in_string_) ++p;
    } else if (c == '{' || c == '[') {
      ++open;
    } else {
      --open;
    }
  }
  skipped_ = open;
  return p;
}

}  // namespace holysheep::http
