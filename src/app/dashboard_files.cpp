#include <holysheep/app/dashboard_files.hpp>

#include <embedded/dashboard.hpp>

namespace holysheep::app {

namespace {

std::string_view dashboard_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  return "text/javascript; charset=utf-8";
}

}  // namespace

DashboardFile dashboard_file(std::string_view path) {
  constexpr std::string_view folder = "/dashboard/";
  std::string_view name = "index.html";
  if (path != "/") {
    if (!path.starts_with(folder)) return {};
    name = path.substr(folder.size());
  }
  for (const auto& entry : embedded::dashboard) {
    if (entry.name == name) return {*entry.body, dashboard_type(name)};
  }
  return {};
}

}  // namespace holysheep::app
