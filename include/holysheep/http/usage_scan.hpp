#pragma once

#include <holysheep/http/dialect.hpp>
#include <holysheep/http/usage_document.hpp>

#include <cstdint>
#include <string_view>

namespace holysheep::http {

/// The tokens of one answer, in one meaning for all dialects: the providers' own differ. What the answer
/// does not say is 0. A provider's counts are taken as they are: the parts of a total may be more than it.
struct Usage {
  std::uint64_t input = 0;         ///< all of them, those read from and written to a cache among them
  std::uint64_t cached_input = 0;  ///< of `input`: read from a cache
  std::uint64_t cache_write = 0;   ///< of `input`: written to a cache
  std::uint64_t output = 0;        ///< all of them, reasoning among them
  std::uint64_t reasoning = 0;     ///< of `output`. Anthropic does not tell it apart
  bool known = false;              ///< the answer has said at least one of them

  friend bool operator==(const Usage&, const Usage&) = default;
};

/// Reads the tokens an answer has cost, and its model's name, out of the body's bytes as they pass, in any
/// cutting, without delaying them: an event stream's `data` lines (WHATWG HTML §9.2.6, an event's joined by
/// newlines), or a whole JSON document (RFC 8259; also an array of answers, which Gemini streams without
/// `alt=sse`). Follows the documents' structure, so that only the providers' own members count, and no text
/// that looks like them. A count said again replaces the one before. Only non-negative integers up to 2^53
/// are counts, and they are known once the byte behind them has passed. Keys spelt with escapes are other
/// keys: no provider writes any. Not a validator.
///
/// The bytes come without transfer coding and without content coding: compressed ones say nothing. Constant
/// memory, no allocation but for a model's name with escapes. Long strings cost about 0.1 ns a byte, the
/// rest about 1. Not thread-safe.
class UsageScan {
 public:
  UsageScan(Dialect dialect, bool event_stream) noexcept
      : dialect_(dialect), event_stream_(event_stream), document_(dialect) {}

  void feed(std::string_view payload) noexcept;

  [[nodiscard]] Usage usage() const noexcept;

  /// The first that the answer names: not empty, at most `longest_model_name` bytes. Empty: none so far. A
  /// view into this object.
  [[nodiscard]] std::string_view model() const noexcept { return document_.model(); }

 private:
  enum class Line : std::uint8_t { name, data, other };

  void feed_lines(std::string_view bytes) noexcept;
  void take_line(std::string_view piece) noexcept;
  void end_line() noexcept;

  Dialect dialect_;
  bool event_stream_;
  std::uint8_t marked_ = 0;  // bytes of a byte order mark passed, or all of them without one
  bool after_cr_ = false;    // an LF that comes next belongs to the line that has ended
  Line line_ = Line::name;
  std::uint8_t line_matched_ = 0;  // bytes of `data:` so far, while line_ is name
  UsageDocument document_;
};

}  // namespace holysheep::http
