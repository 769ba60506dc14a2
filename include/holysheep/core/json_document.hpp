#pragma once

#include <holysheep/core/result.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace holysheep {

/// The JSON of a file that people write, or every reason why there is none, one line each: where it is no
/// JSON, each key that its object has twice, a number that no computer holds. Values are never quoted, names
/// only as `redacted` shows them. Any thread.
Result<nlohmann::json, std::vector<std::string>> parse_document(std::string_view text);

/// A number as it stands there; of anything else, what kind of value it is.
std::string shown_kind(const nlohmann::json& value);

/// What whoever takes a document apart found wrong with it, one line each: place, fault, accepted form.
class DocumentProblems {
 public:
  void add(std::string_view place, std::string_view what, std::string_view accepted);
  /// Whether it is one; a problem where it is not.
  bool is_object(const nlohmann::json& value, std::string_view place, std::string_view accepted);
  /// A problem for each field of `object` that is not `known`, with the nearest that is. `prefix`: the
  /// object's place with a dot, or nothing.
  void check_fields(const nlohmann::json& object, std::string_view prefix,
                    std::span<const std::string_view> known);
  [[nodiscard]] std::vector<std::string> take() noexcept { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

}  // namespace holysheep
