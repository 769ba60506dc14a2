#pragma once

#include <string_view>

namespace holysheep::app {

/// What every answer for the dashboard says in `Content-Security-Policy`: nothing from elsewhere, nothing
/// inline, in nobody's frame. Whatever a client put into a model's name, the page cannot run it.
inline constexpr std::string_view dashboard_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct DashboardFile {
  std::string_view body;  ///< lives as long as the program; empty: there is no such file
  std::string_view type;  ///< its `Content-Type`
};

/// The dashboard as it was when the program was built: the page at `/`, what it loads below `/dashboard/`.
/// `path` is without its query. On any thread.
DashboardFile dashboard_file(std::string_view path);

}  // namespace holysheep::app
