#include "characters.hpp"
#include "json_string.hpp"
#include <holysheep/core/text.hpp>
#include <holysheep/http/event_lines.hpp>
#include <holysheep/http/usage_removal.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace holysheep::http {
namespace {

constexpr std::string_view data_field = "data:";
constexpr std::string_view usage = "usage";
constexpr std::string_view choices = "choices";
constexpr std::string_view null = "null";
constexpr CharacterClass literal_characters = characters("+-.");
constexpr CharacterClass nesting_characters = [] {
  CharacterClass set{};
  for (const char c : {'"', '{', '}', '[', ']'}) set[static_cast<unsigned char>(c)] = true;
  return set;
}();

std::size_t distance(const char* from, const char* to) noexcept {
  return static_cast<std::size_t>(to - from);
}

}  // namespace

void UsageRemoval::pass(WholeEvents::Pieces& pieces, bool last) {
  pieces_ = &pieces;
  event_here_ = false;
  show_what_waited();
  for (std::size_t i = waiting_ > 0 ? 1 : 0; i < pieces.size(); ++i) {
    begin_piece(i);
    const char* const end = pieces[i].data() + pieces[i].size();
    take(pieces[i].data(), end);
    keep_up_to(end);
    pieces[i] = {begin_, distance(begin_, end_of_kept_)};
  }
  if (last && event_here_) {  // its blank line is often forgotten
    end_event(kept_);
    pieces[index_] = {begin_, distance(begin_, end_of_kept_)};
  }
  waiting_ = 0;
  if (candidate_) let_wait();
  pieces.erase(std::remove_if(pieces.begin(), pieces.end(), [](auto piece) { return piece.empty(); }),
               pieces.end());
}

void UsageRemoval::begin_piece(std::size_t index) noexcept {
  index_ = index;
  begin_ = end_of_kept_ = const_cast<char*>((*pieces_)[index].data());
  kept_ = begin_;
}

void UsageRemoval::keep_up_to(const char* p) noexcept {
  const std::size_t size = distance(kept_, p);
  if (end_of_kept_ != kept_ && size > 0) std::memmove(end_of_kept_, kept_, size);
  end_of_kept_ += size;
  kept_ = p;
}

UsageRemoval::Mark UsageRemoval::here(const char* p) const noexcept {
  return {index_, distance(begin_, end_of_kept_) + distance(kept_, p)};
}

void UsageRemoval::drop(Mark from, const char* to) noexcept {
  if (from.piece == index_) {
    const std::size_t there = distance(begin_, end_of_kept_);
    if (from.offset > there) keep_up_to(kept_ + (from.offset - there));
    end_of_kept_ = begin_ + from.offset;
  } else {
    auto& pieces = *pieces_;
    pieces[from.piece] = pieces[from.piece].substr(0, from.offset);
    for (std::size_t i = from.piece + 1; i < index_; ++i) pieces[i] = {};
    end_of_kept_ = begin_;
  }
  kept_ = to;
}

/// There is room: where something waits, an event is under way of which `WholeEvents` holds nothing.
void UsageRemoval::show_what_waited() {
  if (waiting_ == 0) return;
  std::copy_n(wait_.data(), waiting_, shown_.data());
  pieces_->insert(pieces_->begin(), std::string_view(shown_.data(), waiting_));
  member_ = {};
}

/// What may still become the member goes off the end of the pieces.
void UsageRemoval::let_wait() noexcept {
  auto& pieces = *pieces_;
  std::size_t size = 0;
  for (std::size_t i = member_.piece; i < pieces.size(); ++i) size += pieces[i].size();
  size -= member_.offset;
  if (size > longest_member) {
    candidate_ = false;
    if (place_ == Place::null) place_ = Place::literal;  // what member_ marks is gone: a value like any other
    return;
  }
  std::size_t from = member_.offset;
  for (std::size_t i = member_.piece; i < pieces.size(); ++i) {
    waiting_ += pieces[i].copy(wait_.data() + waiting_, pieces[i].size() - from, from);
    pieces[i] = pieces[i].substr(0, from);
    from = 0;
  }
}

void UsageRemoval::take(const char* p, const char* end) noexcept {
  for (; marked_ < byte_order_mark.size() && p < end; ++p) {
    if (*p != byte_order_mark[marked_]) {
      marked_ = byte_order_mark.size();
      break;
    }
    ++marked_;
  }
  const char* lf = find_or_end(p, end, '\n');
  while (p < end) {
    if (std::exchange(after_cr_, false) && *p == '\n') {
      if (drops_lf_) drop(here(p), p + 1);
      ++p;
      continue;
    }
    if (lf < p) lf = find_or_end(p, end, '\n');
    const char* const stop = find_or_end(p, lf, '\r');
    take_line(p, stop);
    if (stop == end) return;
    p = stop + 1;
    after_cr_ = *stop == '\r';
    end_line(p);
  }
}

void UsageRemoval::take_line(const char* p, const char* end) noexcept {
  if (p == end) return;
  if (line_ == Line::name && line_size_ == 0) {
    if (*p == ':') {
      line_ = Line::other;
    } else if (!std::exchange(in_event_, true)) {
      event_here_ = true;
      event_ = here(p);
    }
  }
  if (line_ == Line::name) {
    for (; p < end && line_size_ < data_field.size(); ++p, ++line_size_) {
      if (*p == data_field[line_size_]) continue;
      line_ = Line::other;
      return;
    }
    if (line_size_ < data_field.size()) return;
    begin_data();
  }
  if (line_ == Line::data) take_json(p, end);
}

void UsageRemoval::begin_data() noexcept {
  line_ = Line::data;
  one_line_ = !std::exchange(has_data_, true);
  // Some end an event with one line end only: what was whole by then stays so.
  place_ = one_line_ || place_ == Place::over ? Place::before : Place::foreign;
}

void UsageRemoval::end_line(const char* p) noexcept {
  candidate_ = false;
  drops_lf_ = false;
  if (line_ == Line::name && line_size_ == 0) end_event(p);
  line_ = Line::name;
  line_size_ = 0;
}

void UsageRemoval::end_event(const char* p) noexcept {
  if (in_event_ && event_here_ && one_line_ && place_ == Place::over && no_choices_ && has_usage_) {
    drop(event_, p);
    drops_lf_ = after_cr_;
  }
  in_event_ = event_here_ = one_line_ = has_data_ = no_choices_ = has_usage_ = false;
}

void UsageRemoval::take_json(const char* p, const char* end) noexcept {
  while (p != end && place_ < Place::over) p = step(p, end);
}

const char* UsageRemoval::step(const char* p, const char* end) noexcept {
  switch (place_) {
    case Place::in_key:
      return in_key(p, end);
    case Place::string:
    case Place::nested_string:
      return in_string(p, end);
    case Place::null:
      return in_null(p, end);
    case Place::nested:
      return in_nested(p, end);
    case Place::literal:
      while (p != end && is_in(literal_characters, *p)) ++p;
      if (p != end) place_ = Place::behind_value;
      return p;
    default:
      break;
  }
  const char* const space = p;
  while (p != end && is_json_space(*p)) ++p;
  const bool taken = place_ == Place::behind_taken || place_ == Place::behind_taken_comma;
  if (taken && p != space) drop(here(space), p);
  if (p == end) return end;
  at_mark(p);
  return place_ == Place::literal || place_ == Place::nested ? p : p + 1;
}

// The one character that may stand between keys and values here says what comes next.
void UsageRemoval::at_mark(const char* p) noexcept {
  const char c = *p;
  switch (place_) {
    case Place::before:
      place_ = c == '{' ? Place::first_key : Place::foreign;
      return;
    case Place::first_key:
    case Place::behind_taken_comma:
      place_ = c == '"' ? Place::in_key : c == '}' ? Place::over : Place::foreign;
      if (place_ == Place::in_key) begin_member(p, true);
      return;
    case Place::key:
      place_ = c == '"' ? Place::in_key : Place::foreign;
      break;
    case Place::colon:
      place_ = c == ':' ? Place::value : Place::foreign;
      break;
    case Place::value:
      begin_value(c);
      return;
    case Place::choices:
      no_choices_ = c == ']';
      depth_ = 1;
      place_ = no_choices_ ? Place::behind_value : Place::nested;
      return;
    case Place::behind_taken:
      place_ = c == ',' ? Place::behind_taken_comma : c == '}' ? Place::over : Place::foreign;
      if (c == ',') drop(here(p), p + 1);
      return;
    default:
      place_ = c == ',' ? Place::key : c == '}' ? Place::over : Place::foreign;
      if (c == ',') begin_member(p, false);
      return;
  }
  if (place_ == Place::foreign) candidate_ = false;
}

void UsageRemoval::begin_member(const char* p, bool first) noexcept {
  member_ = here(p);
  candidate_ = true;
  is_first_ = first;
  key_size_ = 0;
}

void UsageRemoval::begin_value(char c) noexcept {
  const std::string_view key(key_.data(), key_size_);
  place_ = c == '"' ? Place::string : c == '{' || c == '[' ? Place::nested : Place::literal;
  depth_ = 0;
  if (candidate_ && c == null.front()) {
    place_ = Place::null;
    matched_ = 1;
    return;
  }
  candidate_ = false;
  if (key == usage && c == '{') has_usage_ = true;
  if (key == choices && c == '[') place_ = Place::choices;
}

const char* UsageRemoval::in_key(const char* p, const char* end) noexcept {
  const char* const stop = in_string(p, end);
  const char* const inside = place_ == Place::in_key ? stop : stop - 1;
  const std::size_t size = std::min(distance(p, inside), key_.size() - key_size_);
  std::copy_n(p, size, key_.data() + key_size_);
  key_size_ += static_cast<std::uint8_t>(size);
  const std::string_view key(key_.data(), key_size_);
  candidate_ = candidate_ && (place_ == Place::in_key ? usage.starts_with(key) : usage == key);
  return stop;
}

const char* UsageRemoval::in_string(const char* p, const char* end) noexcept {
  if (std::exchange(escaped_, false)) ++p;
  const char* const quote = find_closing_quote(p, end);
  if (quote == nullptr) {
    escaped_ = ends_in_escape({p, end});
    return end;
  }
  place_ = place_ == Place::in_key          ? Place::colon
           : place_ == Place::nested_string ? Place::nested
                                            : Place::behind_value;
  return quote + 1;
}

const char* UsageRemoval::in_null(const char* p, const char* end) noexcept {
  while (p != end && matched_ < null.size() && *p == null[matched_]) ++p, ++matched_;
  if (matched_ == null.size()) {
    assert(candidate_);  // else member_ is of a call that is over
    drop(member_, p);
    candidate_ = false;
    place_ = is_first_ ? Place::behind_taken : Place::behind_value;
  } else if (p != end) {
    candidate_ = false;
    place_ = Place::literal;
  }
  return p;
}

const char* UsageRemoval::in_nested(const char* p, const char* end) noexcept {
  for (;;) {
    while (p != end && !is_in(nesting_characters, *p)) ++p;
    if (p == end) return end;
    const char c = *p++;
    if (c == '"') {
      place_ = Place::nested_string;
      p = in_string(p, end);
      if (place_ == Place::nested_string) return end;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (--depth_ == 0) {
      place_ = Place::behind_value;
      return p;
    }
  }
}

}  // namespace holysheep::http
