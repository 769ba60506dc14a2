#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holysheep::http {

/// A JSON text in the one spelling that all texts of the same value share, and what the cache asks of it.
struct CanonicalJson {
  std::string text;
  bool temperature_zero = false;  ///< the top level has `"temperature"`, and it equals 0 (`0`, `-0.0`, `0e5`)
  bool stream = false;            ///< the top level has `"stream": true`
};

/// Members are sorted by name; white space and the spelling of strings are gone. An integer of 64 bits is
/// written in decimal (`-0` as `0`), any other number as it was spelt: different numbers never become one,
/// though `1`, `1.0` and `1e0` stay three. So equal texts mean equal values. Empty: not JSON (UTF-8, a byte
/// order mark allowed), or JSON that readers may not agree on: a name twice in an object, a lone surrogate, a
/// number beyond a double's range. Also empty where it would cost too much: nesting deeper than 256, more
/// than 512 MiB, or objects out of order within such objects again and again, so that sorting would move more
/// than 16 times the text (never reached with 16 levels). Time O(n log n), memory a few times the text; no
/// recursion. Any thread.
std::optional<CanonicalJson> canonical_json(std::string_view text);

}  // namespace holysheep::http
