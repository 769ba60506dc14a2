// What is taken out of a chat stream whose usage the proxy asked for.
#include "fuzz.hpp"
#include "sse_reader.hpp"
#include <holysheep/core/text.hpp>
#include <holysheep/http/json_canonical.hpp>
#include <holysheep/http/usage_removal.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace holysheep::fuzz {
namespace {

using http::WholeEvents;
using nlohmann::json;

constexpr std::size_t holds_all = 1U << 20U;

/// In memory that is its own, as the relay's buffer is: bytes are moved together in it.
std::string received(std::string_view input, std::size_t most_held, std::size_t longest, Chance& chance) {
  WholeEvents whole(http::Dialect::openai, most_held);
  http::UsageRemoval removal;
  std::string out;
  bool last = false;
  while (!last) {
    std::vector<std::unique_ptr<char[]>> memory;
    WholeEvents::Pieces pieces;
    for (std::size_t n = chance.below(WholeEvents::most_pieces) + 1; n > 0 && !input.empty(); --n) {
      const auto piece = input.substr(0, longest == 0 ? input.size() : chance.below(longest + 1));
      memory.emplace_back(new char[piece.size()]);
      piece.copy(memory.back().get(), piece.size());
      pieces.emplace_back(memory.back().get(), piece.size());
      input.remove_prefix(piece.size());
    }
    last = input.empty();
    whole.pass(pieces, last);
    removal.pass(pieces, last);
    for (const auto piece : pieces) {
      expect(!piece.empty(), "no piece is empty");
      out += piece;
    }
  }
  return out;
}

/// The document of an event about which two readers cannot disagree: one data line, with JSON that has no
/// name twice and no escapes.
std::optional<json> document_of(const SseEvent& event) {
  if (event.data.size() != 1 || event.comment || event.data[0].find('\\') != std::string_view::npos)
    return {};
  if (event.data[0].starts_with(byte_order_mark)) return {};  // nlohmann's reader passes over it
  if (!http::canonical_json(event.data[0])) return {};
  return json::parse(event.data[0]);
}

bool is_usage_chunk(const json& document) {
  const auto choices = document.find("choices");
  const auto usage = document.find("usage");
  return choices != document.end() && choices->is_array() && choices->empty() && usage != document.end() &&
         usage->is_object();
}

/// Walks both streams, as far as it is clear what must become of each event.
void expect_only_usage_is_gone(std::string_view input, std::string_view out) {
  for (const SseEvent& event : read_events(input).events) {
    if (event.blank && !event.comment) {  // a blank line may go with the event before it
      if (!out.starts_with(event.bytes)) return;
      out.remove_prefix(event.bytes.size());
      continue;
    }
    if (!event.blank && event.data.empty()) return;
    if (!event.blank && event.bytes.front() == '\xef') return;
    std::optional<json> document;
    if (!event.blank) {
      document = document_of(event);
      if (!document) return;
    }
    if (document && document->is_object()) {
      if (is_usage_chunk(*document)) continue;
      if (const auto usage = document->find("usage"); usage != document->end() && usage->is_null()) {
        const SseStream rest = read_events(out);
        expect(!rest.events.empty() && rest.events[0].data.size() == 1, "an event stays one");
        document->erase("usage");
        expect(json::parse(rest.events[0].data[0], nullptr, false) == *document,
               "the member is gone, and nothing else");
        out.remove_prefix(rest.events[0].bytes.size());
        continue;
      }
    }
    expect(out.starts_with(event.bytes), "every other event is as it was");
    out.remove_prefix(event.bytes.size());
  }
}

/// However little is held.
void expect_json_stays_json(std::string_view input, std::string_view out) {
  const SseStream given = read_events(input);
  if (given.rest_is_event) return;
  for (const SseEvent& event : given.events) {
    if (!event.blank && (event.bytes.front() == '\xef' || !document_of(event))) return;
  }
  for (const SseEvent& event : read_events(out).events) {
    for (const auto data : event.data) expect(json::accept(data), "what was JSON stays JSON");
  }
}

bool is_subsequence(std::string_view part, std::string_view whole) {
  for (const char c : whole) {
    if (!part.empty() && part.front() == c) part.remove_prefix(1);
  }
  return part.empty();
}

}  // namespace

void usage_removal(std::string_view input) {
  Chance chance(input);
  const std::string whole = received(input, holds_all, 0, chance);
  constexpr std::size_t longest[] = {1, 7, 64, 512};
  const std::string cut = received(input, holds_all, longest[chance.below(4)], chance);
  expect(cut == whole, "a stream that is cut leaves the same");
  expect_only_usage_is_gone(input, whole);
  const std::string small = received(input, chance.below(48) + 1, longest[chance.below(4)], chance);
  expect(is_subsequence(small, input), "nothing is made up, whatever is held");
  expect_json_stays_json(input, small);
}

}  // namespace holysheep::fuzz
