#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holysheep::http {

/// The string that the member `key` of the JSON object `json` holds, found without building the document
/// (RFC 8259): members of nested objects and text inside strings are passed over, and the search stops at the
/// first such member. `json` may be the beginning of a body: nothing until the member's whole value is there.
/// Nothing either for a value that is not a string, is longer than `cap` bytes, holds control characters or
/// malformed escapes. The view points into `json`, or into `decoded` where the string holds escapes. Costs a
/// memchr over long strings and about a nanosecond a byte over the rest. Not a validator.
std::optional<std::string_view> top_level_string(std::string_view json, std::string_view key,
                                                 std::string& decoded, std::size_t cap);

}  // namespace holysheep::http
