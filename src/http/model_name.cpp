#include "json_members.hpp"
#include "json_string.hpp"
#include <holysheep/http/model_name.hpp>

namespace holysheep::http {

std::optional<std::string_view> top_level_string(std::string_view json, std::string_view key,
                                                 std::string& decoded, std::size_t cap) {
  JsonMembers members(json);
  while (members.next()) {
    std::string_view raw;
    if (spells(members.key(), key) && members.take_string_value(raw)) return text_of(raw, decoded, cap);
    if (!members.skip_value()) break;
  }
  return std::nullopt;
}

}  // namespace holysheep::http
