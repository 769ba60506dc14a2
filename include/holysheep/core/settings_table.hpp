#pragma once

#include <holysheep/core/settings.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep {

/// Whether a setting does something in this version.
enum class Effect : unsigned char {
  now,
  not_yet,  ///< a warning at start says so when it is set
};

/// One setting. The table of these makes parsing, `--help`, `--print-config` and the README's list, so that
/// they cannot drift apart.
struct SettingSpec {
  std::string_view name;
  std::string_view default_text;  ///< as a user would write it; empty: unset
  std::string_view default_note;  ///< where the default is not a text: "one second's worth"
  std::string_view form;          ///< what is accepted, in words
  std::string_view meaning;
  bool secret = false;
  Effect effect = Effect::now;
  /// False: not of the accepted form. The default text is parsed too.
  std::function<bool(Settings&, std::string_view)> parse;
  /// The effective value as a user would write it; never called for a secret.
  std::function<std::string(const Settings&)> show;
};

/// In the order of spec.md.
const std::vector<SettingSpec>& setting_table();

/// The spec of that name, or nullptr.
const SettingSpec* find_setting(std::string_view name);

/// The known name that is nearest to a mistyped one; empty where none is near.
std::string_view nearest_setting(std::string_view mistyped);

}  // namespace holysheep
