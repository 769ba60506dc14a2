#include "characters.hpp"
#include "field_section.hpp"
#include "request_target.hpp"
#include <holysheep/http/request_head.hpp>

#include <utility>

namespace holysheep::http {
namespace {

constexpr Refused accepted{Fault::none, {}};

Refused bad(std::string_view why) {
  return {Fault::bad_request, why};
}

// Case-sensitive (RFC 9110 §9.1): `get` is some other method.
Method method_of(std::string_view text) noexcept {
  switch (text.size()) {
    case 3:
      return text == "GET" ? Method::get : text == "PUT" ? Method::put : Method::other;
    case 4:
      return text == "POST" ? Method::post : text == "HEAD" ? Method::head : Method::other;
    case 5:
      return text == "PATCH" ? Method::patch : text == "TRACE" ? Method::trace : Method::other;
    case 6:
      return text == "DELETE" ? Method::delete_ : Method::other;
    case 7:
      return text == "OPTIONS" ? Method::options : text == "CONNECT" ? Method::connect : Method::other;
    default:
      return Method::other;
  }
}

bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_in(token_characters, c)) return false;
  }
  return !text.empty();
}

// RFC 9110 §2.5: a minor version that we do not know is taken as the highest that we do.
bool parse_version(std::string_view text, int& minor) noexcept {
  if (text.size() != 8 || !text.starts_with("HTTP/1.") || !is_digit(text[7])) return false;
  minor = text[7] == '0' ? 0 : 1;
  return true;
}

// RFC 9112 §3: exactly one space on each side of the target.
Refused parse_request_line(std::string_view line, RequestHead& head, std::string_view& target) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == last) return bad("malformed request line");
  head.method_text = line.substr(0, first);
  if (!is_token(head.method_text)) return bad("malformed method");
  head.method = method_of(head.method_text);
  if (!parse_version(line.substr(last + 1), head.version_minor)) return bad("unsupported HTTP version");
  target = line.substr(first + 1, last - first - 1);
  return accepted;
}

// RFC 9112 §3.2.
Refused check_host(const MessageFacts& facts, RequestHead& head) {
  if (facts.hosts > 1) return bad("Host is repeated");
  if (facts.hosts == 0) return head.version_minor == 0 ? accepted : bad("Host is missing");
  head.host = head.fields.value(FieldName::host);
  if (head.host.empty() && head.version_minor == 0) return accepted;
  return is_authority(head.host) ? accepted : bad("malformed Host");
}

// RFC 9112 §6.3.
Refused frame(const MessageFacts& facts, RequestHead& head) {
  if (facts.codings > 0) {
    if (facts.lengths > 0) return bad("Content-Length with Transfer-Encoding");
    if (head.version_minor == 0) return bad("Transfer-Encoding in an HTTP/1.0 request");
    if (facts.codings > 1 || !facts.coding_known)
      return {Fault::not_implemented, "a transfer coding other than chunked"};
    head.framing = Framing::chunked;
    return accepted;
  }
  if (facts.lengths > 1) return bad("Content-Length is repeated");
  if (facts.lengths == 0) return accepted;
  if (!facts.length_valid) return bad("malformed Content-Length");
  head.framing = Framing::length;
  head.content_length = facts.length;
  return accepted;
}

void clear(RequestHead& head) {
  head.fields.clear();
  HeaderBlock fields = std::move(head.fields);
  head = RequestHead{};
  head.fields = std::move(fields);
}

}  // namespace

Refused parse_request_head(std::string_view bytes, RequestHead& head) {
  clear(head);
  const std::size_t line_end = bytes.find("\r\n");
  if (line_end == std::string_view::npos) return bad("malformed request line");
  std::string_view target;
  MessageFacts facts;
  if (auto no = parse_request_line(bytes.substr(0, line_end), head, target); no.fault != Fault::none)
    return no;
  if (auto no = parse_fields(bytes.substr(line_end + 2), head.fields, facts); no.fault != Fault::none)
    return no;
  if (auto no = check_host(facts, head); no.fault != Fault::none) return no;
  if (auto no = parse_target(target, head); no.fault != Fault::none) return no;
  if (auto no = frame(facts, head); no.fault != Fault::none) return no;
  head.keep_alive = !facts.close && (head.version_minor == 1 || facts.keep_alive);
  // An HTTP/1.0 client cannot wait for an interim answer (RFC 9110 §10.1.1).
  head.expect_continue = head.version_minor == 1 && facts.expects_continue;
  return accepted;
}

}  // namespace holysheep::http
