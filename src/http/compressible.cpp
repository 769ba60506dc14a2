#include "cache_control.hpp"
#include "characters.hpp"
#include <holysheep/http/accept_encoding.hpp>
#include <holysheep/http/compressible.hpp>

#include <algorithm>
#include <array>

namespace holysheep::http {
namespace {

constexpr std::size_t longest_type = 128;

bool compressible_status(int status) noexcept {
  if (status >= 400 && status < 600) return true;
  return status >= 200 && status < 300 && status != 204 && status != 205 && status != 206;
}

bool compressible_type(std::string_view content_type) noexcept {
  const auto type = trimmed(content_type.substr(0, content_type.find(';')));
  std::array<char, longest_type> buffer;
  if (type.size() > buffer.size()) return false;
  std::transform(type.begin(), type.end(), buffer.begin(), to_lower);
  const std::string_view lower(buffer.data(), type.size());
  if (lower.starts_with("text/")) return lower != "text/event-stream";
  if (lower.ends_with("+json") || lower.ends_with("+xml")) return true;
  constexpr std::array<std::string_view, 7> others{"json",       "x-ndjson",     "jsonl", "json-seq",
                                                   "javascript", "x-javascript", "xml"};
  constexpr std::string_view application = "application/";
  return lower.starts_with(application) &&
         std::ranges::find(others, lower.substr(application.size())) != others.end();
}

/// What the head tells of the body's length; for HEAD, of the body that GET would get.
std::optional<std::uint64_t> told_length(const RequestHead& request, const ResponseHead& answer) noexcept {
  const bool told =
      answer.framing == Framing::length ||
      (request.method == Method::head && answer.fields.find(FieldName::content_length) != nullptr);
  return told ? std::optional(answer.content_length) : std::nullopt;
}

}  // namespace

CodingChoice choose_coding(const RequestHead& request, const ResponseHead& answer,
                           std::optional<std::uint64_t> length) noexcept {
  if (answer.event_stream || !compressible_status(answer.status)) return {};
  if (!compressible_type(answer.fields.value(FieldName::content_type))) return {};
  if (!length) length = told_length(request, answer);
  if (length && *length < least_compressed) return {};
  if (answer.fields.find(FieldName::content_encoding) != nullptr) return {};
  if (has_cache_directive(answer.fields, "no-transform")) return {};
  const bool compress = request.version_minor >= 1 && request.method != Method::head &&
                        accepts_gzip(request.fields) && !has_cache_directive(request.fields, "no-transform");
  return {.varies = true, .compress = compress};
}

bool binds_plain_bytes(std::string_view field_name) noexcept {
  constexpr std::array<std::string_view, 4> bound{"digest", "content-md5", "repr-digest", "content-digest"};
  return std::ranges::any_of(bound, [&](auto name) { return same_ignoring_case(field_name, name); });
}

}  // namespace holysheep::http
