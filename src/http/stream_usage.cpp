#include "json_members.hpp"
#include "json_string.hpp"
#include <holysheep/http/stream_usage.hpp>

namespace holysheep::http {
namespace {

constexpr std::string_view options_member = R"("stream_options":{"include_usage":true},)";
constexpr std::string_view options_object = R"({"include_usage":true})";
constexpr std::string_view usage_member = R"("include_usage":true,)";
constexpr std::string_view only_member = R"("include_usage":true)";

/// In `options`, an object that stands `offset` bytes behind the body's beginning.
std::optional<BodyEdit> edit_options(std::string_view options, std::uint64_t offset) {
  JsonMembers members(options);
  unsigned all = 0;
  unsigned asking = 0;
  std::string_view asked;
  while (members.next()) {
    std::string_view value;
    if (!members.take_value(value)) return std::nullopt;
    ++all;
    if (!spells(members.key(), "include_usage")) continue;
    ++asking;
    asked = value;
  }
  if (!members.take_end() || asking > 1) return std::nullopt;
  if (asking == 0) return BodyEdit{offset + 1, 0, all == 0 ? only_member : usage_member};
  if (asked != "false" && asked != "null") return std::nullopt;
  const auto at = static_cast<std::uint64_t>(asked.data() - options.data());
  return BodyEdit{offset + at, asked.size(), "true"};
}

}  // namespace

bool may_stream_usage(Method method, const Route& route) noexcept {
  return method == Method::post &&
         (route.label == "/v1/chat/completions" || route.label == "/v1/completions");
}

std::optional<BodyEdit> usage_edit(const RequestScan& scan, std::string_view options) {
  if (!scan.closed() || !scan.stream() || scan.streams() != 1) return std::nullopt;
  if (scan.stream_options() == 0) return BodyEdit{scan.first_member(), 0, options_member};
  const auto span = scan.stream_options_span();
  if (!span || span->size != options.size() || options.size() > longest_stream_options) return std::nullopt;
  if (options == "null") return BodyEdit{span->offset, span->size, options_object};
  return edit_options(options, span->offset);
}

}  // namespace holysheep::http
