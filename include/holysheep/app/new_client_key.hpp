#pragma once

#include <string>
#include <string_view>

namespace holysheep::app {

/// A key that nobody has had before, and what the keys file holds in its place.
struct NewClientKey {
  std::string key;    ///< `hsk_` and 43 letters, digits, `-` or `_`: 256 random bits
  std::string entry;  ///< one JSON object for `clients`, on one line
};

/// `id` must be a client id (client_keys_file.hpp). Throws std::runtime_error where there are no random
/// bytes.
NewClientKey new_client_key(std::string_view id);

}  // namespace holysheep::app
