#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holysheep::sim {

/// Where and how an answer stops before its end.
struct Cut {
  enum class Act { close, reset, stall };
  enum class Where { before, header, body, event, mid_event, after_done };
  Act act = Act::close;
  Where where = Where::before;
  /// Payload bytes (body) or whole events (event, mid_event) that are sent first.
  std::uint64_t count = 0;
};

/// A silence in the middle of an answer.
struct Pause {
  std::uint64_t events = 0;  ///< whole ones that are sent first; 0: the header alone
  std::chrono::milliseconds time{0};
};

/// The first `times` requests with one script text get `status`.
struct Failures {
  std::uint64_t times = 0;
  unsigned status = 503;
};

/// An answer that does not wait for the request's body.
struct Early {
  unsigned status = 413;
  bool closes = false;
};

/// What `usage` blocks say.
struct TokenCounts {
  std::uint64_t input = 21;
  std::uint64_t output = 0;  ///< 0: one per text delta
  std::uint64_t cached = 8;
  std::uint64_t reasoning = 0;
  std::uint64_t written = 0;  ///< to a cache: what Anthropic tells
};

/// How one request is to be answered: the directives of a `sim:` model name or an `X-Sim` header,
/// parsed. Plain data; the defaults give the ordinary answer.
struct Script {
  std::string text;  ///< as written: the key under which `fail` counts
  std::string model;
  std::optional<unsigned> status;
  std::optional<std::string> body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds chunk_delay{0};
  std::uint64_t chunks = 8;
  std::uint64_t chunk_size = 0;  ///< bytes of text in a delta; 0: a word
  std::uint64_t big = 0;
  std::uint64_t header_flood = 0;
  std::optional<Cut> cut;
  std::optional<Pause> pause;
  std::optional<std::uint64_t> bad_chunk;
  std::optional<std::uint64_t> error_event;
  std::optional<std::uint64_t> invalid_json_event;
  std::string error_type;
  std::string error_code;
  std::optional<unsigned> interim;
  std::optional<Failures> fail;
  std::optional<Early> early;
  TokenCounts usage;
  bool interim_flood = false;
  bool silent = false;
  bool garbage = false;
  bool no_done = false;
  bool no_close_notify = false;
  bool usage_first = false;
  bool usage_each = false;
  bool usage_varied = false;
  bool billed = false;
  bool linger = false;
  bool trailers = false;
  bool gzip = false;
  bool upgrade = false;
  bool http10 = false;

  bool is_default() const { return text.empty(); }
};

/// A script, or what is wrong with it (`unknown directive "x"`).
struct ParsedScript {
  Script script;
  std::string problem;
};

/// Parses `name[=value][;…]`, with or without the leading `sim:`. `body=` takes all that follows.
ParsedScript parse_script(std::string_view text);

}  // namespace holysheep::sim
