#include "lines.hpp"
#include <holysheep/http/credentials.hpp>

namespace holysheep::http {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Takes one character off the front, percent-decoded where it is encoded well.
char take_decoded(std::string_view& text) noexcept {
  char c = text.front();
  std::size_t taken = 1;
  if (c == '%' && text.size() >= 3 && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0) {
    c = static_cast<char>(hex_digit(text[1]) * 16 + hex_digit(text[2]));
    taken = 3;
  }
  text.remove_prefix(taken);
  return c;
}

bool named_key(std::string_view parameter) noexcept {
  std::string_view name = parameter.substr(0, parameter.find('='));
  for (const char expected : {'k', 'e', 'y'}) {
    if (name.empty() || take_decoded(name) != expected) return false;
  }
  return name.empty();
}

}  // namespace

bool is_credential(FieldName id) noexcept {
  return id == FieldName::authorization || id == FieldName::x_api_key || id == FieldName::x_goog_api_key;
}

void append_credentials(std::string& out, std::string_view key, Dialect dialect) {
  out.append("Authorization: Bearer ").append(key).append("\r\n");
  if (dialect == Dialect::anthropic) append_line(out, "x-api-key", key);
  if (dialect == Dialect::gemini) append_line(out, "x-goog-api-key", key);
}

void append_query_without_key(std::string& out, std::string_view query) {
  char separator = '?';
  for (bool more = true; more;) {
    const std::size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    more = end != query.npos;
    if (more) query.remove_prefix(end + 1);
    if (named_key(parameter)) continue;
    out.push_back(separator);
    out.append(parameter);
    separator = '&';
  }
}

}  // namespace holysheep::http
