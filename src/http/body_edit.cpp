#include "characters.hpp"
#include <holysheep/http/body_edit.hpp>
#include <holysheep/http/compressible.hpp>

#include <algorithm>
#include <cstddef>

namespace holysheep::http {

bool may_edit_body(const HeaderBlock& request) noexcept {
  return std::ranges::none_of(request, [](const Field& field) {
    if (field.id != FieldName::other) return field.id == FieldName::content_encoding;
    return binds_plain_bytes(field.name) || same_ignoring_case(field.name, "signature");
  });
}

std::vector<std::string_view> edited(std::span<const std::string_view> pieces,
                                     std::span<const BodyEdit> edits) {
  std::vector<std::string_view> out;
  out.reserve(pieces.size() + 2 * edits.size());
  const auto add = [&out](std::string_view bytes) {
    if (!bytes.empty()) out.push_back(bytes);
  };
  std::uint64_t begin = 0;  // of the piece, in the body
  for (const std::string_view piece : pieces) {
    const std::uint64_t end = begin + piece.size();
    std::uint64_t from = begin;
    while (!edits.empty() && edits.front().offset < end) {
      const BodyEdit& edit = edits.front();
      if (edit.offset >= begin) {  // else it began in an earlier one
        add(piece.substr(static_cast<std::size_t>(from - begin),
                         static_cast<std::size_t>(edit.offset - from)));
        add(edit.text);
      }
      from = std::min(edit.offset + edit.size, end);
      if (edit.offset + edit.size > end) break;
      edits = edits.subspan(1);
    }
    add(piece.substr(static_cast<std::size_t>(from - begin)));
    begin = end;
  }
  return out;
}

}  // namespace holysheep::http
