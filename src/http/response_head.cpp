#include "characters.hpp"
#include "field_section.hpp"
#include <holysheep/http/response_head.hpp>

#include <utility>

namespace holysheep::http {
namespace {

constexpr int no_content = 204;
constexpr int not_modified = 304;

void clear(ResponseHead& head) {
  head.fields.clear();
  HeaderBlock fields = std::move(head.fields);
  head = ResponseHead{};
  head.fields = std::move(fields);
}

// RFC 9112 §4: `HTTP/1.x SP 3DIGIT SP reason`, where many leave out the last space with an empty reason.
bool parse_status_line(std::string_view line, ResponseHead& head) noexcept {
  constexpr std::size_t shortest = 12;
  if (line.size() < shortest || !line.starts_with("HTTP/1.") || !is_digit(line[7]) || line[8] != ' ')
    return false;
  head.version_minor = line[7] == '0' ? 0 : 1;
  for (const char c : line.substr(9, 3)) {
    if (!is_digit(c)) return false;
    head.status = head.status * 10 + (c - '0');
  }
  if (head.status < 100) return false;
  if (line.size() == shortest) return true;
  head.reason = line.substr(shortest + 1);
  const char* const end = line.data() + line.size();
  return line[shortest] == ' ' && skip_value(head.reason.data(), end) == end;
}

// What RFC 9112 §6.1 and §6.2 forbid a sender, and what two readers could delimit in two ways.
bool ambiguous(const MessageFacts& facts, const ResponseHead& head) noexcept {
  if (facts.lengths > 1 || !facts.length_valid) return true;
  const bool never_has_body = head.interim() || head.status == no_content;
  if (never_has_body && (facts.codings > 0 || facts.length > 0)) return true;
  if (facts.codings == 0) return false;
  return facts.codings > 1 || !facts.coding_known || facts.lengths > 0 || head.version_minor == 0;
}

// RFC 9112 §6.3, in its order.
Framing framing_of(const MessageFacts& facts, const ResponseHead& head, Method to) noexcept {
  if (to == Method::head || head.interim() || head.status == no_content || head.status == not_modified)
    return Framing::none;
  if (facts.codings > 0) return Framing::chunked;
  return facts.lengths > 0 ? Framing::length : Framing::until_close;
}

bool is_event_stream(std::string_view content_type) noexcept {
  return same_ignoring_case(trimmed(content_type.substr(0, content_type.find(';'))), "text/event-stream");
}

ContentCoding coding_of(std::string_view encoding) noexcept {
  if (encoding.empty() || same_ignoring_case(encoding, "identity")) return ContentCoding::identity;
  if (same_ignoring_case(encoding, "gzip") || same_ignoring_case(encoding, "x-gzip"))
    return ContentCoding::gzip;
  return same_ignoring_case(encoding, "deflate") ? ContentCoding::deflate : ContentCoding::other;
}

}  // namespace

bool parse_response_head(std::string_view bytes, Method to, ResponseHead& head) {
  clear(head);
  const std::size_t line_end = bytes.find("\r\n");
  if (line_end == std::string_view::npos || !parse_status_line(bytes.substr(0, line_end), head)) return false;
  MessageFacts facts;
  if (parse_fields(bytes.substr(line_end + 2), head.fields, facts).fault != Fault::none) return false;
  if (ambiguous(facts, head)) return false;
  head.framing = framing_of(facts, head, to);
  head.content_length = facts.length;
  head.keep_alive =
      head.framing != Framing::until_close && !facts.close && (head.version_minor == 1 || facts.keep_alive);
  head.event_stream = is_event_stream(head.fields.value(FieldName::content_type));
  head.coding = coding_of(head.fields.value(FieldName::content_encoding));
  head.encoded = head.coding != ContentCoding::identity;
  return true;
}

}  // namespace holysheep::http
