# Compiler, linker, warnings, hardening and sanitizers: everything that is the same for every target.
add_library(holysheep_options INTERFACE)

find_program(CCACHE ccache)
if(CCACHE)
  # It does not look into precompiled headers unless told to.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
  endif()
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  find_program(LLD NAMES ld.lld-19 ld.lld)
  if(LLD)
    target_link_options(holysheep_options INTERFACE --ld-path=${LLD})
  endif()
endif()

target_compile_options(holysheep_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(HOLYSHEEP_WERROR)
  target_compile_options(holysheep_options INTERFACE -Werror)
endif()

# Of what ships (the property HOLYSHEEP_SHIPS) tests/structure/hardening reads them back from the program.
set(ships "$<BOOL:$<TARGET_PROPERTY:HOLYSHEEP_SHIPS>>")
target_compile_options(holysheep_options INTERFACE -fno-omit-frame-pointer -fstack-protector-strong
  "$<IF:${ships},-fstack-clash-protection;-fcf-protection=full,-fcf-protection>")
target_link_options(holysheep_options INTERFACE -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code)

if(HOLYSHEEP_SANITIZE)
  target_compile_options(holysheep_options INTERFACE -fsanitize=${HOLYSHEEP_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(holysheep_options INTERFACE -fsanitize=${HOLYSHEEP_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(holysheep_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
