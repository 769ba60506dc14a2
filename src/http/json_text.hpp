#pragma once

#include <string>
#include <string_view>

namespace holysheep::http {

/// Appends `text` as a JSON string, quotes included. What is not UTF-8 becomes U+FFFD, byte by byte, so that
/// the result always parses.
void append_json_string(std::string& out, std::string_view text);

}  // namespace holysheep::http
