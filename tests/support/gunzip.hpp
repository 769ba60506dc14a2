#pragma once

#include <string>
#include <string_view>

namespace holysheep::testing {

/// What zlib makes of a gzip stream, whole or not.
struct Inflated {
  std::string bytes;      ///< all that can be read from it
  bool complete = false;  ///< it ended, with the right sum, and nothing lies behind it
  bool broken = false;    ///< it is no gzip stream
};

Inflated gunzip(std::string_view packed);

}  // namespace holysheep::testing
