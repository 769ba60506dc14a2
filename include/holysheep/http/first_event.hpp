#pragma once

#include <holysheep/http/chunk_decoder.hpp>
#include <holysheep/http/response_head.hpp>
#include <holysheep/http/sse_tracker.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holysheep::http {

/// An error that came as an event inside a 200: the status it stands for, and its object as an answer's body.
struct EventError {
  int status;
  std::string body;
};

/// The error in an event, where it is one: OpenAI `{"error":{…}}` and `{"type":"error",…}`, Anthropic
/// `{"type":"error","error":{…}}`, Gemini `{"error":{…}}`. The status is its numeric `code`, else its type as
/// the API documents it, else 502. `event` is the event's lines.
std::optional<EventError> error_of_event(std::string_view event);

/// Looks into the beginning of an event stream's body, in whatever pieces it comes, for its first event that
/// carries data: until that is known the stream's head is not sent on. Looks only; the caller keeps the
/// bytes.
class FirstEvent {
 public:
  enum class State : unsigned char {
    need_more,
    known,      ///< the first event is complete: `error()` tells whether it is one
    none,       ///< the body ended without one
    malformed,  ///< the chunked coding is
  };

  FirstEvent(const ResponseHead& head, Dialect dialect) noexcept
      : framing_(head.framing), remaining_(head.content_length), tracker_(dialect) {}

  /// `bytes`: what came since the last call, as it came.
  State feed(std::string_view bytes);
  /// See SseTracker::progress.
  [[nodiscard]] std::uint64_t progress() const noexcept { return tracker_.progress(); }
  [[nodiscard]] std::optional<EventError> error() const { return error_of_event(text_); }

 private:
  State take(std::string_view payload);

  Framing framing_;
  std::uint64_t remaining_;
  ChunkDecoder decoder_;
  SseTracker tracker_;
  std::string text_;
};

}  // namespace holysheep::http
