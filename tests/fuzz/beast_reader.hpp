#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holysheep::fuzz {

/// A head as Boost.Beast's parser reads it.
struct BeastHead {
  std::string method;  ///< of a request
  std::string target;
  int status = 0;  ///< of a response
  std::string reason;
  std::vector<std::pair<std::string, std::string>> fields;  ///< those of one name stand together
  bool chunked = false;
  std::optional<std::uint64_t> length;
  bool keep_alive = false;
};

/// Nothing: Beast refuses it, or wants more.
std::optional<BeastHead> beast_request(std::string_view head);
std::optional<BeastHead> beast_response(std::string_view head);

/// A chunked body as Beast reads it.
struct BeastBody {
  bool refused = false;
  bool complete = false;
  std::string payload;
  std::size_t taken = 0;  ///< bytes, where it is complete
};
BeastBody beast_chunked(std::string_view bytes);

}  // namespace holysheep::fuzz
