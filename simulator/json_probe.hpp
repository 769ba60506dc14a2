#pragma once
#include <string>
#include <string_view>

namespace holysheep::sim {

/// What an answer depends on in a JSON request.
struct JsonProbe {
  bool is_object = false;  ///< false: not a JSON object, or not well formed as far as this looks
  bool stream = false;
  bool include_usage = false;
  std::string model;
};

/// One pass over the top level (and `stream_options`), without building a document: this is most of
/// what the plain path costs beside TLS. Escapes in values are decoded where they matter (`model`).
JsonProbe probe_json(std::string_view text);

}  // namespace holysheep::sim
