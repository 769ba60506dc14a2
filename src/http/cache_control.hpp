#pragma once

#include <holysheep/http/header_block.hpp>

#include <string>

namespace holysheep::http {

/// Appends one `Cache-Control` line named `name`, with all directives of the block's own Cache-Control lines
/// in their order, and `no-transform` among them once.
void append_cache_control_no_transform(std::string& out, std::string_view name, const HeaderBlock& fields);

}  // namespace holysheep::http
