#include "cache_control.hpp"

#include "lines.hpp"

#include <utility>

namespace holysheep::http {
namespace {

/// Where the first element of a list ends: at a comma that is in no quoted string (RFC 9110 §5.6.1).
std::size_t element_end(std::string_view list) noexcept {
  bool quoted = false;
  for (std::size_t at = 0; at < list.size(); ++at) {
    if (list[at] == '"') quoted = !quoted;
    if (quoted && list[at] == '\\') ++at;
    if (!quoted && at < list.size() && list[at] == ',') return at;
  }
  return list.size();
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes the first element off a list.
std::string_view next_element(std::string_view& list) noexcept {
  const std::size_t end = element_end(list);
  const std::string_view element = trimmed(list.substr(0, end));
  list.remove_prefix(end == list.size() ? end : end + 1);
  return element;
}

}  // namespace

bool has_cache_directive(const HeaderBlock& fields, std::string_view directive) noexcept {
  for (const Field& field : fields) {
    if (field.id != FieldName::cache_control) continue;
    for (std::string_view list = field.value; !list.empty();) {
      if (equal_ignoring_case(next_element(list), directive)) return true;
    }
  }
  return false;
}

void append_cache_control_no_transform(std::string& out, std::string_view name, const HeaderBlock& fields) {
  out.append(name).append(": ", 2);
  bool forbidden = false;
  for (const Field& field : fields) {
    if (field.id != FieldName::cache_control || field.nominated) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const std::string_view directive = next_element(list);
      if (directive.empty()) continue;
      if (equal_ignoring_case(directive, "no-transform") && std::exchange(forbidden, true)) continue;
      out.append(directive).append(", ", 2);
    }
  }
  if (forbidden) {
    out.resize(out.size() - 2);
  } else {
    out.append("no-transform");
  }
  out.append("\r\n", 2);
}

}  // namespace holysheep::http
