#pragma once

#include <holysheep/http/header_block.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace holysheep::http {

/// `text` in the place of `size` bytes of a body, which begin `offset` bytes behind its beginning.
struct BodyEdit {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;   ///< 0: nothing is taken out
  std::string_view text{};  ///< must outlive what is made of it

  friend bool operator==(const BodyEdit&, const BodyEdit&) = default;
};

/// May a request's body be edited? Not one whose bytes are not what they stand for (`Content-Encoding`), nor
/// one that its head binds to its bytes: by a digest (RFC 9530 §2 and §3, RFC 3230, RFC 1864) or a signature,
/// which may cover one (RFC 9421).
bool may_edit_body(const HeaderBlock& request) noexcept;

/// A body that lies in `pieces`, with the edits in it: views of the pieces and of the edits' texts, none of
/// them empty. The edits stand in the body's order, do not overlap, and begin within it.
std::vector<std::string_view> edited(std::span<const std::string_view> pieces,
                                     std::span<const BodyEdit> edits);

}  // namespace holysheep::http
