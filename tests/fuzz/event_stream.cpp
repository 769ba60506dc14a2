// Event streams: followed, held back to whole events, looked into for errors.
#include "fuzz.hpp"
#include "sse_reader.hpp"
#include <holysheep/http/error_event_scan.hpp>
#include <holysheep/http/first_event.hpp>
#include <holysheep/http/whole_events.hpp>

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

namespace holysheep::fuzz {
namespace {

using http::Dialect;
using http::SseTracker;
using http::WholeEvents;

/// A byte order mark is one at the stream's beginning only.
bool counts(Dialect dialect, const SseEvent& event, bool first) {
  SseTracker alone(dialect);
  if (!first) alone.feed("\n");
  alone.feed(event.bytes);
  return alone.events() > 0;
}

bool says_end(const SseEvent& event) {
  return event.name == "response.completed" || event.name == "response.failed" ||
         event.name == "response.incomplete" || std::ranges::count(event.data, "[DONE]") > 0;
}

void expect_tracker_reads_it(Dialect dialect, std::string_view input, const SseStream& stream,
                             Chance& chance) {
  SseTracker whole(dialect);
  whole.feed(input);
  SseTracker cut(dialect);
  in_pieces(input, chance, [&](std::string_view piece) {
    expect(cut.feed(piece) <= piece.size(), "a boundary is within what was fed");
  });
  expect(cut.events() == whole.events() && cut.ended() == whole.ended() &&
             cut.at_event_boundary() == whole.at_event_boundary(),
         "a stream that is cut is the same");
  std::uint64_t events = 0;
  bool ended = false;
  for (const SseEvent& event : stream.events) {
    events += !event.data.empty() && counts(dialect, event, event.bytes.data() == input.data()) ? 1 : 0;
    ended = ended || says_end(event);
  }
  expect(whole.events() == events, "it counts the events that there are");
  if (dialect == Dialect::openai) expect(whole.ended() == ended, "it knows the stream's end");
  if (dialect == Dialect::gemini) expect(!whole.ended(), "Gemini has no end mark");
  expect(whole.at_event_boundary() != stream.rest_is_event, "it knows where an event may be put in");
}

/// At most `most_pieces` at a time, as the relay does.
void expect_whole_events_pass(Dialect dialect, std::string_view input, Chance& chance) {
  constexpr std::size_t held[] = {1, 16, 512, 65536};
  const std::size_t most_held = held[chance.below(4)];
  WholeEvents gate(dialect, most_held);
  SseTracker reader(dialect);
  std::string passed;
  std::size_t fed = 0;
  while (fed < input.size()) {
    WholeEvents::Pieces pieces;
    for (std::size_t n = chance.below(WholeEvents::most_pieces) + 1; n > 0 && fed < input.size(); --n) {
      pieces.push_back(input.substr(fed, chance.below(64)));
      fed += pieces.back().size();
    }
    const bool last = fed == input.size();
    gate.pass(pieces, last);
    for (const auto piece : pieces) passed += piece, reader.feed(piece);
    expect(input.starts_with(passed), "what passes is what came");
    expect(last || fed - passed.size() <= most_held, "no more waits than may");
    expect(last || gate.inside_event() || reader.at_event_boundary(), "no part of an event passes");
  }
  expect(passed == input, "at the end everything has passed");
}

void expect_errors_are_found(std::string_view input, const SseStream& stream, Chance& chance) {
  http::ErrorEventScan whole;
  whole.feed(input);
  http::ErrorEventScan cut;
  in_pieces(input, chance, [&](std::string_view piece) { cut.feed(piece); });
  expect(cut.found() == whole.found(), "an error that is cut is one");
  for (const SseEvent& event : stream.events) {
    const auto error = http::error_of_event(event.bytes);
    if (!error) continue;
    expect(error->status >= 400 && error->status <= 599, "an error has an error's status");
    const auto body = nlohmann::json::parse(error->body, nullptr, false);
    expect(body.is_object() && body.contains("error"), "an error's body is one");
    if (event.data.size() == 1 && event.data[0].find('\\') == std::string_view::npos)
      expect(whole.found(), "an error event is noticed on its way");
  }
}

struct First {
  http::FirstEvent::State state = http::FirstEvent::State::need_more;
  std::optional<http::EventError> error;
};

template <class Feed>
First first_event(const http::ResponseHead& head, Dialect dialect, Feed feed) {
  http::FirstEvent first(head, dialect);
  First found;
  feed([&](std::string_view piece) {
    if (found.state == http::FirstEvent::State::need_more) found.state = first.feed(piece);
  });
  if (found.state == http::FirstEvent::State::known) found.error = first.error();
  return found;
}

void expect_first_event_is_found(Dialect dialect, std::string_view input, const SseStream& stream,
                                 Chance& chance) {
  http::ResponseHead head;
  head.framing = http::Framing::until_close;
  const First whole = first_event(head, dialect, [&](auto take) { take(input); });
  const First cut = first_event(head, dialect, [&](auto take) { in_pieces(input, chance, take); });
  expect(whole.state == cut.state, "the first event is there however it is cut");
  const auto event = std::ranges::find_if(stream.events, [&](const SseEvent& one) {
    return counts(dialect, one, one.bytes.data() == input.data());
  });
  expect((whole.state == http::FirstEvent::State::known) == (event != stream.events.end()),
         "the first event is known when it is there");
  if (event == stream.events.end()) return;
  const auto error = http::error_of_event(event->bytes);
  for (const First* found : {&whole, &cut}) {
    expect(found->error.has_value() == error.has_value(),
           "the first event's error is seen however it is cut");
    if (error)
      expect(found->error->status == error->status && found->error->body == error->body,
             "the first event's error is the same however it is cut");
  }
}

}  // namespace

void event_stream(std::string_view input) {
  const auto dialect = static_cast<Dialect>(take_choice(input, 3));
  Chance chance(input);
  const SseStream stream = read_events(input);
  expect_tracker_reads_it(dialect, input, stream, chance);
  expect_whole_events_pass(dialect, input, chance);
  expect_errors_are_found(input, stream, chance);
  expect_first_event_is_found(dialect, input, stream, chance);
}

}  // namespace holysheep::fuzz
