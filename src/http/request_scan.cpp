#include "characters.hpp"
#include "json_string.hpp"
#include <holysheep/core/text.hpp>
#include <holysheep/http/request_scan.hpp>

#include <algorithm>
#include <utility>

namespace holysheep::http {
namespace {

constexpr std::string_view literal_true = "true";
constexpr std::size_t longest_model_key = std::string_view("model").size();
constexpr std::size_t not_true = literal_true.size() + 1;
constexpr CharacterClass literal_characters = characters("+-.");
// Between the brackets and strings of nested values. Comments and other quotes are none of them: a reader
// that takes those would read strings where this reads none.
constexpr CharacterClass nested_characters = characters("+-.,: \t\r\n");
// No byte takes more than six in its escaped form: what is longer is too long in any spelling.
constexpr std::size_t longest_raw_name = 6 * longest_model_name;

std::uint64_t distance(const char* p, const char* end) noexcept {
  return static_cast<std::uint64_t>(end - p);
}

}  // namespace

void RequestScan::feed(std::string_view bytes) {
  if (place_ == Place::over) return see_behind(bytes);
  fed_ += bytes.size();
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  while (p != end && place_ != Place::over) p = step(p, end);
  if (place_ == Place::over) see_behind({p, end});
}

void RequestScan::see_behind(std::string_view bytes) noexcept {
  followed_ = followed_ || !std::all_of(bytes.begin(), bytes.end(), is_json_space);
}

std::optional<RequestScan::Span> RequestScan::model_span() const noexcept {
  if (models_ != 1 || span_.size == 0) return std::nullopt;
  return span_;
}

std::optional<RequestScan::Span> RequestScan::stream_options_span() const noexcept {
  if (options_ != 1 || options_span_.size == 0) return std::nullopt;
  return options_span_;
}

const char* RequestScan::step(const char* p, const char* end) {
  switch (place_) {
    case Place::key:
    case Place::string:
    case Place::nested_string:
      return in_string(p, end);
    case Place::nested:
      return in_nested(p, end);
    case Place::literal:
      return in_literal(p, end);
    default:
      break;
  }
  while (p != end && is_json_space(*p)) ++p;
  if (p == end) return end;
  at_mark(*p, fed_ - distance(p, end));
  return place_ == Place::literal ? p : p + 1;
}

// The one character that may stand between keys and values here says what comes next.
void RequestScan::at_mark(char c, std::uint64_t offset) noexcept {
  const auto expect = [&](char wanted, Place next) { place_ = c == wanted ? next : Place::over; };
  switch (place_) {
    case Place::before_body:
      if (offset < byte_order_mark.size() && c == byte_order_mark[offset]) return;
      if (c == '{') first_member_ = offset + 1;
      return expect('{', Place::before_key);
    case Place::before_key:
      return expect('"', Place::key);
    case Place::before_colon:
      expect(':', Place::before_value);
      if (place_ == Place::before_value) begin_member();
      return;
    case Place::before_value:
      return begin_value(c, offset);
    default:
      closed_ = c == '}' && place_ == Place::behind_value;
      return expect(',', Place::before_key);
  }
}

void RequestScan::begin_member() noexcept {
  if (member_ == Member::stream) {
    ++streams_;
    stream_ = false;
  } else if (member_ == Member::options) {
    ++options_;
    options_span_ = {};
  }
  if (member_ == Member::nearly_model) ++models_;
  if (member_ != Member::model) return;
  ++models_;
  name_size_ = 0;
  span_ = {};
}

void RequestScan::begin_value(char c, std::uint64_t offset) noexcept {
  if (member_ == Member::model) span_.offset = offset;
  if (member_ == Member::options) options_span_.offset = offset;
  depth_ = 1;
  true_matched_ = 0;
  place_ = c == '"' ? Place::string : c == '{' || c == '[' ? Place::nested : Place::literal;
}

void RequestScan::end_value(std::uint64_t end) noexcept {
  place_ = Place::behind_value;
  if (member_ == Member::options) options_span_.size = end - options_span_.offset;
}

const char* RequestScan::in_string(const char* p, const char* end) {
  const char* const from = p;
  if (std::exchange(escaped_, false)) ++p;
  const char* const quote = find_closing_quote(p, end);
  if (quote == nullptr) {
    escaped_ = ends_in_escape({p, end});
    if (is_kept()) keep({from, end});
    return end;
  }
  if (is_kept()) {
    if (!cut_.empty()) keep({from, quote});
    take_text(cut_.empty() ? std::string_view(from, quote) : cut_, fed_ - distance(quote + 1, end));
    cut_.clear();
  }
  if (place_ == Place::string) {
    end_value(fed_ - distance(quote + 1, end));
  } else {
    place_ = place_ == Place::key ? Place::before_colon : Place::nested;
  }
  return quote + 1;
}

bool RequestScan::is_kept() const noexcept {
  return place_ == Place::key || (place_ == Place::string && member_ == Member::model);
}

void RequestScan::keep(std::string_view part) {
  cut_.append(part.substr(0, longest_raw_name + 1 - cut_.size()));
}

RequestScan::Member RequestScan::member_of(std::string_view raw) {
  if (spells(raw, "stream")) return Member::stream;
  if (spells(raw, "stream_options")) return Member::options;
  std::string decoded;
  const std::string_view key = text_of(raw, decoded, longest_model_key).value_or(std::string_view());
  if (key == "model") return Member::model;
  return same_ignoring_case(key, "model") ? Member::nearly_model : Member::other;
}

void RequestScan::take_text(std::string_view raw, std::uint64_t end) {
  if (place_ == Place::key) {
    member_ = member_of(raw);
    return;
  }
  span_.size = end - span_.offset;
  std::string decoded;
  const std::string_view name = text_of(raw, decoded, name_.size()).value_or(std::string_view());
  name_size_ = name.copy(name_.data(), name_.size());
}

const char* RequestScan::in_literal(const char* p, const char* end) noexcept {
  for (; p != end && is_in(literal_characters, *p); ++p) {
    const bool matches = true_matched_ < literal_true.size() && *p == literal_true[true_matched_];
    true_matched_ = matches ? true_matched_ + 1 : not_true;
  }
  if (p == end) return end;
  if (member_ == Member::stream) stream_ = true_matched_ == literal_true.size();
  end_value(fed_ - distance(p, end));
  return p;
}

const char* RequestScan::in_nested(const char* p, const char* end) noexcept {
  for (;;) {
    while (p != end && is_in(nested_characters, *p)) ++p;
    if (p == end) return end;
    const char c = *p++;
    if (c == '"') {
      const char* const quote = find_closing_quote(p, end);
      if (quote == nullptr) {
        escaped_ = ends_in_escape({p, end});
        place_ = Place::nested_string;
        return end;
      }
      p = quote + 1;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c != '}' && c != ']') {
      place_ = Place::over;
      return p;
    } else if (--depth_ == 0) {
      end_value(fed_ - distance(p, end));
      return p;
    }
  }
}

}  // namespace holysheep::http
