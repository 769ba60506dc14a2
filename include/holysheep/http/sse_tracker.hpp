#pragma once

#include <holysheep/http/dialect.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holysheep::http {

/// Follows an event stream's bytes as they pass, in any cutting (WHATWG HTML §9.2.6: lines end with CR, LF or
/// CRLF; a byte order mark may come first), to know where another event may be put in and whether the stream
/// came to its own end. Constant memory, no allocation; long lines cost a memchr. Not thread-safe.
class SseTracker {
 public:
  explicit SseTracker(Dialect dialect) noexcept : dialect_(dialect) {}

  /// How many of these bytes lie before the last event boundary among them; 0 where there is none.
  std::size_t feed(std::string_view bytes) noexcept;

  /// No part of an event has passed since the last blank line (or at all): another one may be put in here.
  /// Whole comment lines leave nothing pending. True between the CR and the LF that end a blank line: the
  /// LF then only makes one more.
  [[nodiscard]] bool at_event_boundary() const noexcept { return length_ == 0 && !pending_; }

  /// The event that is the stream's own end is complete, its blank line included. OpenAI: `[DONE]`, or
  /// `response.completed`, `response.failed`, `response.incomplete`; Anthropic: `message_stop`, as the
  /// event's name or as its data's type; Gemini has no such mark, so never.
  [[nodiscard]] bool ended() const noexcept { return ended_; }

  /// Complete events that carried data, pings aside.
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }

  /// Grows with everything that carries the stream on: data, of a line that is not complete yet too. Comments
  /// and pings do not: they only say that somebody is there.
  [[nodiscard]] std::uint64_t progress() const noexcept { return progress_; }

 private:
  void take(std::string_view piece) noexcept;
  void end_line() noexcept;
  void end_event() noexcept;
  void note_field(std::string_view line) noexcept;

  Dialect dialect_;
  bool first_line_ = true;
  bool after_cr_ = false;  // an LF that comes next belongs to the line that has ended
  bool pending_ = false;   // lines of an event since the last blank one
  bool has_data_ = false;
  bool name_ends_ = false;  // the event's name, or its data, is the dialect's end mark
  bool data_ends_ = false;
  bool is_ping_ = false;  // the event's name says so
  bool ended_ = false;
  std::uint64_t events_ = 0;
  std::uint64_t progress_ = 0;
  std::size_t length_ = 0;  // of the current line so far
  // The current line's beginning. An end mark stands in it: those that are data are short, or (a provider
  // that adds numbers to `message_stop`) begin with their type.
  std::array<char, 128> line_;
};

}  // namespace holysheep::http
