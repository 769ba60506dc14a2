#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <simulator/json_probe.hpp>
#include <simulator/request.hpp>
#include <simulator/script.hpp>
#include <simulator/told_usage.hpp>

namespace holysheep::sim {

/// What the path and body ask for, before any directive bends it.
struct Content {
  enum class Framing { length, chunked, close };

  unsigned status = 200;
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  Framing framing = Framing::length;

  std::string body;  ///< where there are no pieces

  /// An event stream, or a body too large to hold: `piece(i)` for i below `pieces`, then `end_mark`.
  std::function<std::string(std::uint64_t)> piece;
  std::uint64_t pieces = 0;
  std::string end_mark;
  std::uint64_t length = 0;  ///< of all pieces, under Framing::length
  std::chrono::nanoseconds interval{0};
  std::string error_event;
  /// The usage that the i-th piece tells (`pieces`: the end mark, 0: a body without pieces), if any.
  std::function<std::optional<ToldUsage>(std::uint64_t)> told;
  bool is_events = false;
};

/// The dialects' paths and the simulator's own, by method and path.
Content content_of(const Request& request, const JsonProbe& json, const Script& script);

/// Which of the dialects a path speaks, as in `Telling`.
std::string_view dialect_of(std::string_view path);
/// The model that a request names, in its path or body.
std::string model_of(const Request& request, const JsonProbe& json);

/// The script that a request brings (`X-Sim`, else a `sim:` model in body or path); empty: none.
std::string script_text_of(const Request& request, const JsonProbe& json);

/// An error in the dialect of the request's path, with `status` as that dialect's API would say it.
Content error_content(std::string_view path, unsigned status, std::string_view message,
                      std::string_view type = {}, std::string_view code = {});

}  // namespace holysheep::sim
