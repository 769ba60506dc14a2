#include "usage_names.hpp"
#include <holysheep/core/text.hpp>
#include <holysheep/http/event_lines.hpp>
#include <holysheep/http/usage_scan.hpp>

#include <algorithm>
#include <cstring>

namespace holysheep::http {
namespace {

constexpr std::string_view data_field = "data:";

}  // namespace

void UsageScan::feed(std::string_view payload) noexcept {
  for (; marked_ < byte_order_mark.size() && !payload.empty(); payload.remove_prefix(1)) {
    if (payload.front() != byte_order_mark[marked_]) {
      marked_ = byte_order_mark.size();
      break;
    }
    ++marked_;
  }
  if (event_stream_) {
    feed_lines(payload);
  } else {
    document_.feed(payload);
  }
}

Usage UsageScan::usage() const noexcept {
  const auto count = [this](UsageCount kind) { return document_.count(kind); };
  Usage usage;
  usage.known = document_.known();
  usage.cached_input = std::max(
      {count(UsageCount::cached), count(UsageCount::prompt_cached), count(UsageCount::prompt_cache_hit)});
  usage.cache_write = std::max(count(UsageCount::cache_write), count(UsageCount::prompt_cache_write));
  usage.reasoning = std::max(count(UsageCount::reasoning), count(UsageCount::completion_reasoning));
  usage.input = std::max(count(UsageCount::input), count(UsageCount::prompt)) + count(UsageCount::tool_input);
  usage.output = std::max(count(UsageCount::output), count(UsageCount::completion));
  if (dialect_ == Dialect::anthropic) usage.input += usage.cached_input + usage.cache_write;
  if (dialect_ == Dialect::gemini) usage.output += usage.reasoning;
  return usage;
}

void UsageScan::feed_lines(std::string_view bytes) noexcept {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  if (after_cr_ && p < end) {
    after_cr_ = false;
    if (*p == '\n') ++p;
  }
  const char* lf = find_or_end(p, end, '\n');
  while (p < end) {
    if (lf < p) lf = find_or_end(p, end, '\n');
    const char* const stop = find_or_end(p, lf, '\r');
    take_line({p, static_cast<std::size_t>(stop - p)});
    if (stop == end) return;
    end_line();
    p = stop + 1;
    if (*stop == '\n') continue;
    if (p == end) {
      after_cr_ = true;
    } else if (*p == '\n') {
      ++p;
    }
  }
}

void UsageScan::take_line(std::string_view piece) noexcept {
  if (line_ == Line::name) {
    const std::string_view expected = data_field.substr(line_matched_, piece.size());
    if (!piece.starts_with(expected)) {
      line_ = Line::other;
      return;
    }
    line_matched_ += static_cast<std::uint8_t>(expected.size());
    if (line_matched_ < data_field.size()) return;
    piece.remove_prefix(expected.size());
    line_ = Line::data;
    // Some end an event with one line end only: what was whole by then stays so.
    if (document_.over()) document_.begin();
  }
  if (line_ == Line::data) document_.feed(piece);
}

void UsageScan::end_line() noexcept {
  if (line_ == Line::name && line_matched_ == 0) {
    document_.begin();
  } else if (line_ == Line::data) {
    document_.feed("\n");
  }
  line_ = Line::name;
  line_matched_ = 0;
}

}  // namespace holysheep::http
