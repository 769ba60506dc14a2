#pragma once

#include <holysheep/http/header_block.hpp>

#include <initializer_list>

namespace holysheep::http {

/// The fields of a message as a parser would give them, in the order written here.
inline HeaderBlock fields_of(std::initializer_list<Field> fields) {
  HeaderBlock block;
  for (const Field& field : fields) block.add(field);
  return block;
}

}  // namespace holysheep::http
