#pragma once

#include <holysheep/http/header_block.hpp>

namespace holysheep::http {

/// Nothing in a request's fields says that its body is anything but JSON as it stands: no other
/// `Content-Type` (a form's reader would find other things in the same bytes), no charset but UTF-8 (nor a
/// parameter in quotes, which may hide one), no `Content-Encoding`. Of several lines of one name each counts.
bool told_as_json(const HeaderBlock& fields) noexcept;

}  // namespace holysheep::http
