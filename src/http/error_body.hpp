#pragma once

#include <holysheep/core/fault.hpp>
#include <holysheep/http/dialect.hpp>

#include <string>
#include <string_view>

namespace holysheep::http {

/// Appends the JSON object that a client of `dialect` expects for an error.
void append_error_body(std::string& out, Dialect dialect, Fault fault, std::string_view message,
                       std::string_view request_id);

}  // namespace holysheep::http
