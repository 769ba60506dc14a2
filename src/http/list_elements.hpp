#pragma once

#include "characters.hpp"

#include <string_view>

namespace holysheep::http {

/// Where the first element of a list ends: at a comma that is in no quoted string (RFC 9110 §5.6.1).
inline std::size_t element_end(std::string_view list) noexcept {
  bool quoted = false;
  for (std::size_t at = 0; at < list.size(); ++at) {
    if (list[at] == '"') quoted = !quoted;
    if (quoted && list[at] == '\\') ++at;
    if (!quoted && at < list.size() && list[at] == ',') return at;
  }
  return list.size();
}

/// Takes the first element off `list`, without the white space around it; may be empty.
inline std::string_view take_element(std::string_view& list) noexcept {
  const std::size_t end = element_end(list);
  const std::string_view element = trimmed(list.substr(0, end));
  list.remove_prefix(end == list.size() ? end : end + 1);
  return element;
}

}  // namespace holysheep::http
