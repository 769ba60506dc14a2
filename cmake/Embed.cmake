# holysheep_embed(<target> <symbol> <file>): the file's bytes as part of the program.
#
#   holysheep_embed(holysheep models_json config/models.json)
#
#   #include <embedded/models_json.hpp>
#   std::string_view text = holysheep::embedded::models_json;
#
# <symbol> is a C++ name, <file> is relative to the folder of the caller's CMakeLists.txt and may be made by the
# build. The assembler reads it (.incbin), so that size costs no compile time, and the program is built anew when
# it changes. The bytes stay in read-only memory, with a '\0' behind them that the view leaves out; the view is
# ready before any other static object is.
function(holysheep_embed target symbol file)
  if(NOT symbol MATCHES "^[a-z_][a-z0-9_]*$")
    message(FATAL_ERROR "holysheep_embed: ${symbol} is not a name in lower case")
  endif()
  get_filename_component(file ${file} ABSOLUTE)
  set(folder ${CMAKE_BINARY_DIR}/embedded)
  set(label holysheep_embedded_${symbol})

  file(CONFIGURE OUTPUT ${folder}/embedded/${symbol}.hpp @ONLY CONTENT [[
#pragma once

#include <string_view>

namespace holysheep::embedded {

extern const std::string_view @symbol@;

}  // namespace holysheep::embedded
]])

  file(CONFIGURE OUTPUT ${folder}/${symbol}.cpp @ONLY CONTENT [[
#include <embedded/@symbol@.hpp>

asm(".pushsection .rodata\n"
    ".balign 16\n"
    ".global @label@\n"
    ".hidden @label@\n"
    "@label@:\n"
    ".incbin \"@file@\"\n"
    ".global @label@_end\n"
    ".hidden @label@_end\n"
    "@label@_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" __attribute__((visibility("hidden"))) const char @label@[];
extern "C" __attribute__((visibility("hidden"))) const char @label@_end[];

namespace holysheep::embedded {

__attribute__((init_priority(101))) const std::string_view @symbol@(
    @label@, static_cast<std::string_view::size_type>(@label@_end - @label@));

}  // namespace holysheep::embedded
]])

  set_source_files_properties(${folder}/${symbol}.cpp PROPERTIES
    OBJECT_DEPENDS ${file} SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(${target} PRIVATE ${folder}/${symbol}.cpp)
  target_include_directories(${target} PUBLIC ${folder})
endfunction()
