#include "characters.hpp"
#include <holysheep/http/json_body.hpp>

namespace holysheep::http {
namespace {

bool json_type(std::string_view content_type) noexcept {
  const std::string_view type = trimmed(content_type.substr(0, content_type.find(';')));
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
