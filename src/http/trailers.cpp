#include <holysheep/http/compressible.hpp>
#include <holysheep/http/header_block.hpp>
#include <holysheep/http/trailers.hpp>

namespace holysheep::http {

std::string forwardable_trailers(std::string_view lines, bool other_bytes) {
  std::string kept;
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    if (end == std::string_view::npos) break;
    const auto line = lines.substr(0, end + 2);
    lines.remove_prefix(line.size());
    const auto name = line.substr(0, line.find(':'));
    if (field_name(name) != FieldName::other || (other_bytes && binds_plain_bytes(name))) continue;
    kept += line;
  }
  return kept;
}

}  // namespace holysheep::http
