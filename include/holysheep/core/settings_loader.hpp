#pragma once

#include <holysheep/core/result.hpp>
#include <holysheep/core/settings.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep {

enum class SettingSource : unsigned char { default_value, file, environment };

/// Settings as they are in force, where each came from, and what is worth a warning at start.
struct LoadedSettings {
  Settings settings;
  std::map<std::string_view, SettingSource> sources;
  std::vector<std::string> warnings;
};

/// What is known of the machine, for the settings that depend on it.
struct MachineFacts {
  unsigned cpus = 1;
  std::optional<std::uint64_t> memory_limit;
  bool ipv6 = true;

  static MachineFacts here();
};

using Environment = std::function<std::optional<std::string>(std::string_view name)>;
/// The process' own.
std::optional<std::string> from_environment(std::string_view name);
/// Overwrites the credentials in the process' own environment and takes them out of it, so that
/// /proc/PID/environ shows none. Before there is another thread.
void forget_secrets_in_environment();

/// Reads every setting: environment, then the JSON file (`file`, else `CONFIG_FILE`), then its default; an
/// empty variable counts as unset. The error is every problem found, one line each, naming the variable, the
/// value it had (never a secret's) and the accepted form.
Result<LoadedSettings, std::vector<std::string>> load_settings(const Environment& environment,
                                                               const std::optional<std::string>& file,
                                                               const MachineFacts& machine);

/// A key out of a mounted Secret; a line end after it does not count. The error names what is wrong and
/// quotes nothing of the content.
Result<Secret, std::string> read_key_file(const std::string& path);

}  // namespace holysheep
