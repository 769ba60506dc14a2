#include "characters.hpp"
#include <holysheep/http/json_body.hpp>

#include <algorithm>

namespace holysheep::http {
namespace {

constexpr std::string_view charset = "charset";

bool is_utf8(std::string_view behind_name) noexcept {
  std::string_view value = trimmed(behind_name);
  if (!value.starts_with('=')) return false;
  value = trimmed(value.substr(1));
  if (value.size() > 1 && value.starts_with('"') && value.ends_with('"'))
    value = value.substr(1, value.size() - 2);
  return same_ignoring_case(value, "utf-8") || same_ignoring_case(value, "utf8");
}

/// Of `parameters` (RFC 9110 §5.6.6) each that may be a charset is UTF-8: what stands in quotes may hide one.
bool told_as_utf8(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view one = trimmed(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    if (same_ignoring_case(one.substr(0, charset.size()), charset)) {
      if (!is_utf8(one.substr(charset.size()))) return false;
    } else if (one.find('"') != std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool json_type(std::string_view content_type) noexcept {
  const std::size_t semicolon = std::min(content_type.find(';'), content_type.size());
  const std::string_view type = trimmed(content_type.substr(0, semicolon));
  if (!told_as_utf8(content_type.substr(semicolon))) return false;
  constexpr std::string_view suffix = "+json";
  return same_ignoring_case(type, "application/json") ||
         (type.size() > suffix.size() &&
          same_ignoring_case(type.substr(type.size() - suffix.size()), suffix));
}

}  // namespace

bool told_as_json(const HeaderBlock& fields) noexcept {
  for (const Field& field : fields) {
    if (field.id == FieldName::content_type && !json_type(field.value)) return false;
    if (field.id == FieldName::content_encoding && !same_ignoring_case(field.value, "identity")) return false;
  }
  return true;
}

}  // namespace holysheep::http
