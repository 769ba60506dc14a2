# holysheep_embed_dashboard(<target>): the files of dashboard/ and Chart.js, from Debian, as part of the program;
# <embedded/dashboard.hpp> has the table of them.
function(holysheep_embed_dashboard target)
  find_file(HOLYSHEEP_CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js NO_DEFAULT_PATH
    DOC "Chart.js as one script")
  if(NOT HOLYSHEEP_CHART_JS)
    message(FATAL_ERROR "Chart.js is missing, the dashboard's charts: install libjs-chart.js (scripts/install-deps "
      "does), or set HOLYSHEEP_CHART_JS to a chart.min.js of version 3")
  endif()
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/dashboard/*.html ${PROJECT_SOURCE_DIR}/dashboard/*.css
    ${PROJECT_SOURCE_DIR}/dashboard/*.mjs)

  set(includes "")
  set(entries "")
  foreach(file ${files} ${HOLYSHEEP_CHART_JS})
    get_filename_component(name ${file} NAME)
    string(MAKE_C_IDENTIFIER dashboard_${name} symbol)
    holysheep_embed(${target} ${symbol} ${file})
    string(APPEND includes "#include <embedded/${symbol}.hpp>\n")
    string(APPEND entries "    {\"${name}\", &${symbol}},\n")
  endforeach()
  list(LENGTH files others)
  math(EXPR size "${others} + 1")

  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/embedded/embedded/dashboard.hpp @ONLY CONTENT [[
#pragma once

@includes@
#include <array>
#include <string_view>

namespace holysheep::embedded {

struct DashboardEntry {
  std::string_view name;
  const std::string_view* body;
};

inline constexpr std::array<DashboardEntry, @size@> dashboard{{
@entries@}};

}  // namespace holysheep::embedded
]])
endfunction()
