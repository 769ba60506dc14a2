#include "request_target.hpp"

#include "characters.hpp"

#include <array>

namespace holysheep::http {
namespace {

constexpr Refused accepted{Fault::none, {}};

Refused bad(std::string_view why) {
  return {Fault::bad_request, why};
}

enum class Part : unsigned char { refused, plain, slash, dot, semicolon, percent, question };

// Visible ASCII but the backslash, which some take for a slash, and '#', which begins a fragment.
constexpr std::array<Part, 256> parts = [] {
  std::array<Part, 256> table{};
  for (unsigned c = 0x21; c <= 0x7e; ++c) table[c] = Part::plain;
  table['\\'] = table['#'] = Part::refused;
  table['/'] = Part::slash;
  table['.'] = Part::dot;
  table[';'] = Part::semicolon;
  table['%'] = Part::percent;
  table['?'] = Part::question;
  return table;
}();

Part part_of(char c) noexcept {
  return parts[static_cast<unsigned char>(c)];
}

// The byte that the `%xx` at `at` stands for, or -1.
int decoded(std::string_view text, std::size_t at) noexcept {
  if (text.size() - at < 3) return -1;
  const int high = hex_digit(text[at + 1]);
  const int low = hex_digit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// Tells a segment of dots alone, in whatever spelling: `.`, `..`, `%2e`, `.%2E`; and `..;a`, since some take
// the parameter off before they resolve what is left.
class Segment {
 public:
  void add_dot() noexcept { dots_ += in_parameter_ ? 0U : 1U; }
  void add_other() noexcept { other_ = other_ || !in_parameter_; }
  void add_semicolon() noexcept { in_parameter_ = true; }
  // True: what ends here is a dot segment. The next one begins.
  bool finish() noexcept {
    const bool is_dot_segment = !other_ && (dots_ == 1 || dots_ == 2);
    *this = {};
    return is_dot_segment;
  }

 private:
  unsigned dots_ = 0;
  bool other_ = false;
  bool in_parameter_ = false;
};

constexpr std::string_view stray_character = "a character in the target that must be percent-encoded";
constexpr std::string_view stray_percent = "malformed percent-encoding in the target";
constexpr std::string_view dot_segment = "a dot segment in the path";

// `%2F` delimits a segment too: who decodes before resolving sees `..` in `a%2F..%2Fb`.
Refused note_encoded(std::string_view target, std::size_t at, Segment& segment) {
  switch (decoded(target, at)) {
    case -1:
    case 0:
      return bad(stray_percent);
    case '\\':
      return bad("a backslash in the path");
    case '/':
      return segment.finish() ? bad(dot_segment) : accepted;
    case '.':
      segment.add_dot();
      return accepted;
    case ';':
      segment.add_semicolon();
      return accepted;
    default:
      segment.add_other();
      return accepted;
  }
}

// Checks the path that `target` begins with; `length` becomes the path's.
Refused check_path(std::string_view target, std::size_t& length) {
  Segment segment;
  std::size_t at = 0;
  for (bool in_path = true; in_path && at < target.size();) {
    switch (part_of(target[at])) {
      case Part::refused:
        return bad(stray_character);
      case Part::plain:
        segment.add_other();
        ++at;
        break;
      case Part::dot:
        segment.add_dot();
        ++at;
        break;
      case Part::semicolon:
        segment.add_semicolon();
        ++at;
        break;
      case Part::slash:
        if (segment.finish()) return bad(dot_segment);
        ++at;
        break;
      case Part::percent:
        if (auto no = note_encoded(target, at, segment); no.fault != Fault::none) return no;
        at += 3;
        break;
      case Part::question:
        in_path = false;
        break;
    }
  }
  length = at;
  return segment.finish() ? bad(dot_segment) : accepted;
}

Refused check_query(std::string_view query) {
  for (std::size_t at = 0; at < query.size(); ++at) {
    const Part part = part_of(query[at]);
    if (part == Part::refused) return bad(stray_character);
    if (part == Part::percent && decoded(query, at) <= 0) return bad(stray_percent);
  }
  return accepted;
}

Refused parse_origin_form(std::string_view target, RequestHead& head) {
  std::size_t length = 0;
  if (auto no = check_path(target, length); no.fault != Fault::none) return no;
  head.target = target;
  head.path = target.substr(0, length);
  head.has_query = length < target.size();
  if (!head.has_query) return accepted;
  head.query = target.substr(length + 1);
  return check_query(head.query);
}

bool take_scheme(std::string_view& target) noexcept {
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (!same_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    return true;
  }
  return false;
}

// RFC 9112 §3.2.2. The authority must be the one that Host names: whoever stands before us may go by either.
Refused parse_absolute_form(std::string_view target, RequestHead& head) {
  if (!take_scheme(target)) return bad("malformed request target");
  const std::string_view authority = target.substr(0, target.find_first_of("/?"));
  if (!is_authority(authority)) return bad("malformed authority in the target");
  if (head.host.empty()) {
    head.host = authority;
  } else if (!same_ignoring_case(authority, head.host)) {
    return bad("the target's authority differs from Host");
  }
  target.remove_prefix(authority.size());
  if (target.empty()) target = head.method == Method::options ? "*" : "/";
  if (target.front() == '?') return bad("a target without a path");
  if (target != "*") return parse_origin_form(target, head);
  head.target = head.path = target;
  return accepted;
}

// RFC 9112 §3.2.3: a host and its port, nothing else.
Refused parse_authority_form(std::string_view target, RequestHead& head) {
  if (!is_authority(target) || target.back() == ']' || target.find(':') == std::string_view::npos)
    return bad("malformed authority in the target");
  head.target = target;
  return accepted;
}

bool is_port(std::string_view text) noexcept {
  unsigned port = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
    if (port > 65535) return false;
  }
  return true;  // RFC 3986 §3.2.3 lets it be empty
}

bool is_registered_name(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_in(host_characters, text[at])) return false;
    if (text[at] == '%' && decoded(text, at) <= 0) return false;
  }
  return !text.empty();
}

bool is_bracketed_address(std::string_view text) noexcept {
  bool colon = false;
  for (const char c : text) {
    if (hex_digit(c) < 0 && c != ':' && c != '.') return false;
    colon = colon || c == ':';
  }
  return colon;
}

}  // namespace

bool is_authority(std::string_view text) noexcept {
  std::size_t host_end = 0;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_bracketed_address(text.substr(1, close - 1))) return false;
    host_end = close + 1;
  } else {
    host_end = text.find(':');
    if (!is_registered_name(text.substr(0, host_end))) return false;
    if (host_end == std::string_view::npos) return true;
  }
  const std::string_view port = text.substr(host_end);
  return port.empty() || (port.front() == ':' && is_port(port.substr(1)));
}

Refused parse_target(std::string_view target, RequestHead& head) {
  if (head.method == Method::connect) return parse_authority_form(target, head);
  if (target.starts_with('/')) return parse_origin_form(target, head);
  if (target != "*") return parse_absolute_form(target, head);
  if (head.method != Method::options) return bad("an asterisk as target is for OPTIONS");
  head.target = head.path = target;
  return accepted;
}

}  // namespace holysheep::http
