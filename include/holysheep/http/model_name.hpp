#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holysheep::http {

/// A model's name is no longer than this; a longer one counts as none.
inline constexpr std::size_t longest_model_name = 128;

/// The string that the member `key` of the JSON object `json` holds, found without building the document
/// (RFC 8259): members of nested objects and text inside strings are passed over, and the search stops at the
/// first such member. `json` may be the beginning of a body: nothing until the member's whole value is there.
/// Nothing either for a value that is not a string, is longer than `cap` bytes, holds control characters or
/// malformed escapes. The view points into `json`, or into `decoded` where the string holds escapes. Costs a
/// memchr over long strings and about a nanosecond a byte over the rest. Not a validator.
std::optional<std::string_view> top_level_string(std::string_view json, std::string_view key,
                                                 std::string& decoded, std::size_t cap = longest_model_name);

/// The model that a request body asks for.
inline std::optional<std::string_view> model_name(std::string_view json, std::string& decoded) {
  return top_level_string(json, "model", decoded);
}

/// How often the top level of `json` has a member `key`, through to its end. Most readers take the last of
/// two, where `top_level_string` takes the first: whoever allows or refuses by such a member must see 1.
std::size_t top_level_count(std::string_view json, std::string_view key);

}  // namespace holysheep::http
