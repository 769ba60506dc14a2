#include <holysheep/core/text.hpp>
#include <holysheep/http/event_lines.hpp>
#include <holysheep/http/model_name.hpp>
#include <holysheep/http/sse_tracker.hpp>

#include <algorithm>
#include <cstring>
#include <string>

namespace holysheep::http {
namespace {

constexpr std::string_view message_stop = "message_stop";
constexpr std::size_t longest_ping = 64;  // bytes of its data line

bool is_end_name(Dialect dialect, std::string_view name) noexcept {
  switch (dialect) {
    case Dialect::openai:
      return name == "response.completed" || name == "response.failed" || name == "response.incomplete";
    case Dialect::anthropic:
      return name == message_stop;
    case Dialect::gemini:
      return false;
  }
  return false;
}

// `data` may be the beginning of a long line.
bool is_end_data(Dialect dialect, std::string_view data) noexcept {
  if (dialect == Dialect::openai) return data == "[DONE]";
  // Looked for first, since it is cheap and nearly no event has it.
  if (dialect != Dialect::anthropic || data.find(message_stop) == std::string_view::npos) return false;
  std::string unescaped;
  const auto type = top_level_string(data, "type", unescaped, message_stop.size());
  return type == message_stop;
}

/// `{"type": "ping"}`, where the event bears no name.
bool is_ping_data(std::string_view data) noexcept {
  if (data.size() > longest_ping || data.find("\"ping\"") == std::string_view::npos) return false;
  std::string unescaped;
  return top_level_string(data, "type", unescaped, longest_ping) == "ping";
}

}  // namespace

std::size_t SseTracker::feed(std::string_view bytes) noexcept {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  const char* boundary = p;
  if (after_cr_ && p < end) {
    after_cr_ = false;
    if (*p == '\n') ++p;
    if (at_event_boundary()) boundary = p;
  }
  const char* lf = find_or_end(p, end, '\n');
  while (p < end) {
    if (lf < p) lf = find_or_end(p, end, '\n');
    const char* const stop = find_or_end(p, lf, '\r');
    take({p, static_cast<std::size_t>(stop - p)});
    if (stop == end) {
      // Long enough to be no ping's data: it carries the stream on although its end is not there.
      if (length_ > longest_ping && line_[0] == 'd' && !is_ping_) ++progress_;
      break;
    }
    end_line();
    p = stop + 1;
    if (*stop == '\r') {
      if (p == end) {
        after_cr_ = true;
      } else if (*p == '\n') {
        ++p;
      }
    }
    if (at_event_boundary()) boundary = p;
  }
  return static_cast<std::size_t>(boundary - bytes.data());
}

void SseTracker::take(std::string_view piece) noexcept {
  if (length_ < line_.size())
    std::copy_n(piece.data(), std::min(piece.size(), line_.size() - length_), line_.data() + length_);
  length_ += piece.size();
}

void SseTracker::end_line() noexcept {
  std::string_view line(line_.data(), std::min(length_, line_.size()));
  if (first_line_ && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  first_line_ = false;
  length_ = 0;
  if (line.empty()) {
    end_event();
  } else if (line.front() != ':') {
    pending_ = true;
    note_field(line);
  }
}

void SseTracker::note_field(std::string_view line) noexcept {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") {
    name_ends_ = is_end_name(dialect_, value);
    is_ping_ = value == "ping";
  } else if (name == "data") {
    data_ends_ = data_ends_ || is_end_data(dialect_, value);
    if (is_ping_ || is_ping_data(value)) return;
    has_data_ = true;
    ++progress_;
  }
}

void SseTracker::end_event() noexcept {
  if (has_data_) ++events_;
  ended_ = ended_ || name_ends_ || data_ends_;
  pending_ = has_data_ = name_ends_ = data_ends_ = is_ping_ = false;
}

}  // namespace holysheep::http
