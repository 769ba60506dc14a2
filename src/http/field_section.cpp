#include "field_section.hpp"

#include "characters.hpp"

#include <limits>

namespace holysheep::http {
namespace {

template <class Visit>
void for_each_member(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (const auto member = trimmed(list.substr(0, comma)); !member.empty()) visit(member);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

// A field name, its colon, its value and the white space around it (RFC 9112 §5): what follows the value in
// [p, end) is returned, nullptr where there is no such thing. A line that begins with white space (obs-fold)
// has no name.
const char* parse_line(const char* p, const char* end, Field& field) noexcept {
  const char* const name = p;
  while (p < end && is_in(token_characters, *p)) ++p;
  if (p == name || p == end || *p != ':') return nullptr;
  field.name = {name, static_cast<std::size_t>(p - name)};
  ++p;
  while (p < end && is_blank(*p)) ++p;
  const char* const value = p;
  const char* const rest = skip_value(p, end);
  p = rest;
  while (p > value && is_blank(p[-1])) --p;
  field.value = {value, static_cast<std::size_t>(p - value)};
  return rest;
}

void note_connection(std::string_view value, MessageFacts& facts) {
  for_each_member(value, [&](std::string_view option) {
    if (same_ignoring_case(option, "close")) {
      facts.close = true;
    } else if (same_ignoring_case(option, "keep-alive")) {
      facts.keep_alive = true;
    } else {
      ++facts.nominations;
    }
  });
}

void note(const Field& field, MessageFacts& facts) {
  switch (field.id) {
    case FieldName::host:
      ++facts.hosts;
      break;
    case FieldName::content_length:
      ++facts.lengths;
      if (!parse_length(field.value, facts.length)) facts.length_valid = false;
      break;
    case FieldName::transfer_encoding:
      ++facts.codings;
      if (!same_ignoring_case(field.value, "chunked")) facts.coding_known = false;
      break;
    case FieldName::connection:
      note_connection(field.value, facts);
      break;
    case FieldName::expect:
      for_each_member(field.value, [&](std::string_view expectation) {
        if (same_ignoring_case(expectation, "100-continue")) facts.expects_continue = true;
      });
      break;
    default:
      break;
  }
}

// Fields meant for everyone on the way are no connection options (RFC 9110 §7.6.1), and naming one is a known
// way to make a proxy forget it. So these are never nominated: what delimits and describes the body, what
// says who asks and where from, what a cache and a log go by.
bool may_be_nominated(FieldName id) noexcept {
  switch (id) {
    case FieldName::host:
    case FieldName::content_length:
    case FieldName::transfer_encoding:
    case FieldName::content_type:
    case FieldName::content_encoding:
    case FieldName::authorization:
    case FieldName::x_api_key:
    case FieldName::x_goog_api_key:
    case FieldName::x_forwarded_for:
    case FieldName::x_forwarded_host:
    case FieldName::x_forwarded_proto:
    case FieldName::x_request_id:
    case FieldName::cache_control:
    case FieldName::date:
    case FieldName::expect:
    case FieldName::max_forwards:
    case FieldName::via:
      return false;
    default:
      return true;
  }
}

void mark_nominated(HeaderBlock& fields) {
  for (const Field& connection : fields) {
    if (connection.id != FieldName::connection) continue;
    for_each_member(connection.value, [&](std::string_view option) {
      for (Field& field : fields) {
        if (same_ignoring_case(field.name, option) && may_be_nominated(field.id)) field.nominated = true;
      }
    });
  }
}

}  // namespace

bool parse_length(std::string_view text, std::uint64_t& length) noexcept {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  length = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > (most - digit) / 10) return false;
    length = length * 10 + digit;
  }
  return !text.empty();
}

bool parse_field_line(std::string_view line, Field& field) noexcept {
  const char* const end = line.data() + line.size();
  return parse_line(line.data(), end, field) == end;
}

Refused parse_fields(std::string_view bytes, HeaderBlock& fields, MessageFacts& facts) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  while (end - p > 2) {
    Field field;
    p = parse_line(p, end, field);
    if (p == nullptr) return {Fault::bad_request, "malformed header field name"};
    if (end - p < 2 || p[0] != '\r' || p[1] != '\n')
      return {Fault::bad_request, "a header field value holds a control character"};
    p += 2;
    if (fields.size() == most_fields) return {Fault::headers_too_large, "too many header fields"};
    field.id = field_name(field.name);
    note(field, facts);
    fields.add(field);
  }
  if (std::string_view(p, static_cast<std::size_t>(end - p)) != "\r\n")
    return {Fault::bad_request, "the header does not end with an empty line"};
  if (facts.nominations > most_nominations) return {Fault::headers_too_large, "too many connection options"};
  if (facts.nominations > 0) mark_nominated(fields);
  return {Fault::none, {}};
}

}  // namespace holysheep::http
