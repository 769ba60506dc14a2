#pragma once

#include <holysheep/http/header_block.hpp>

#include <string>

namespace holysheep::http {

/// Appends one `Cache-Control` line named `name`, with all directives of the block's own Cache-Control lines
/// in their order, and `no-transform` among them once.
void append_cache_control_no_transform(std::string& out, std::string_view name, const HeaderBlock& fields);

/// Has one of the block's Cache-Control lines this directive (in lower case here), without an argument?
bool has_cache_directive(const HeaderBlock& fields, std::string_view directive) noexcept;

}  // namespace holysheep::http
