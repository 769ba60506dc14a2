#include <holysheep/core/machine.hpp>
#include <holysheep/core/settings_loader.hpp>
#include <holysheep/core/settings_table.hpp>
#include <holysheep/core/text.hpp>
#include <holysheep/core/value_forms.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include <nlohmann/json.hpp>

namespace holysheep {
namespace {

using Problems = std::vector<std::string>;
using Values = std::map<std::string, std::string, std::less<>>;

Result<std::string, std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Unexpected{path + ": " + std::generic_category().message(errno)};
  std::string content{std::istreambuf_iterator<char>(file), {}};
  if (file.bad() || (content.empty() && file.fail())) return Unexpected{path + ": it cannot be read"};
  return content;
}

/// A value as a problem shows it: on one line, not endless, and without the password of a URL.
std::string shown(std::string_view value) {
  std::string text(value.substr(0, 200));
  const auto scheme = text.find("://");
  const auto at = text.find('@');
  if (scheme != std::string::npos && at != std::string::npos && at > scheme) {
    text.replace(scheme + 3, at - scheme - 3, "********");
  }
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string problem(const SettingSpec& spec, std::string_view value) {
  std::string text(spec.name);
  if (!spec.secret) text += "=" + shown(value);
  return text + ": accepted is " + std::string(spec.form);
}

/// A JSON value as the text that the environment would hold.
std::string text_of(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Values read_config(const std::string& path, Problems& problems) {
  Values values;
  const auto content = read_file(path);
  if (!content) {
    problems.push_back("CONFIG_FILE: " + content.error());
    return values;
  }
  nlohmann::json json;
  try {
    json = nlohmann::json::parse(*content);
  } catch (const nlohmann::json::parse_error& error) {
    // Its own message quotes the text, which may hold a key.
    problems.push_back("CONFIG_FILE: " + path + ": not JSON, at byte " + std::to_string(error.byte));
    return values;
  }
  if (!json.is_object()) {
    problems.push_back("CONFIG_FILE: " + path + ": accepted is one JSON object, setting names to values");
    return values;
  }
  for (const auto& [name, value] : json.items()) {
    const SettingSpec* spec = find_setting(name);
    if (spec == nullptr) {
      std::string text = "CONFIG_FILE: " + path + ": unknown setting " + shown(name);
      const auto near = nearest_setting(name);
      if (!near.empty()) text += ", did you mean " + std::string(near) + "?";
      problems.push_back(std::move(text));
    } else if (value.is_array() || value.is_null() || (value.is_object() && name != "MODEL_FALLBACKS")) {
      problems.push_back(problem(*spec, spec->secret ? "" : value.dump()));
    } else {
      values[name] = text_of(value);
    }
  }
  return values;
}

void check_together(const LoadedSettings& loaded, Problems& problems) {
  const Settings& settings = loaded.settings;
  const auto set = [&](std::string_view name) {
    return loaded.sources.at(name) != SettingSource::default_value;
  };
  if (set("HOLYSHEEP_API_KEY") && set("HOLYSHEEP_API_KEY_FILE")) {
    problems.emplace_back("HOLYSHEEP_API_KEY, HOLYSHEEP_API_KEY_FILE: accepted is one of them, not both");
  }
  if (set("FALLBACK_API_KEY") && set("FALLBACK_API_KEY_FILE")) {
    problems.emplace_back("FALLBACK_API_KEY, FALLBACK_API_KEY_FILE: accepted is one of them, not both");
  }
  if ((set("FALLBACK_API_KEY") || set("FALLBACK_API_KEY_FILE")) && !settings.fallback_base_url) {
    problems.emplace_back("FALLBACK_API_KEY, FALLBACK_API_KEY_FILE: accepted with FALLBACK_BASE_URL only");
  }
  if (!settings.holysheep_api_key_file.empty()) {
    if (const auto key = read_key_file(settings.holysheep_api_key_file); !key) {
      problems.push_back("HOLYSHEEP_API_KEY_FILE: " + key.error());
    }
  }
}

void resolve(LoadedSettings& loaded, const MachineFacts& machine) {
  Settings& settings = loaded.settings;
  const auto is_default = [&](std::string_view name) {
    return loaded.sources.at(name) == SettingSource::default_value;
  };
  if (settings.worker_processes == 0) settings.worker_processes = machine.cpus;
  if (is_default("RATE_LIMIT_BURST"))
    settings.rate_limit_burst = std::max(1.0, settings.rate_limit_per_second);
  if (is_default("LISTEN_ADDRESS") && !machine.ipv6) settings.listen_address = "0.0.0.0";
  if (!settings.memory_threshold_mb && machine.memory_limit) {
    settings.memory_threshold_mb = std::max<std::uint64_t>(1, *machine.memory_limit / 10 * 9 >> 20);
  }
}

}  // namespace

MachineFacts MachineFacts::here() {
  return {usable_cpus(), holysheep::memory_limit(), has_ipv6()};
}

std::optional<std::string> from_environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

Result<LoadedSettings, std::vector<std::string>> load_settings(const Environment& environment,
                                                               const std::optional<std::string>& file,
                                                               const MachineFacts& machine) {
  Problems problems;
  LoadedSettings loaded;
  const std::string config = file.value_or(environment("CONFIG_FILE").value_or(""));
  const Values from_file = config.empty() ? Values{} : read_config(config, problems);
  for (const SettingSpec& spec : setting_table()) {
    SettingSource& source = loaded.sources[spec.name];
    std::string value(spec.default_text);
    source = SettingSource::default_value;
    if (const auto own = from_file.find(spec.name); own != from_file.end() && !own->second.empty()) {
      value = own->second;
      source = SettingSource::file;
    }
    if (auto own = environment(spec.name); own && !own->empty()) {
      value = std::move(*own);
      source = SettingSource::environment;
    }
    if (value.empty()) continue;
    if (!spec.parse(loaded.settings, value)) {
      problems.push_back(problem(spec, value));
    } else if (spec.effect == Effect::not_yet && source != SettingSource::default_value) {
      loaded.warnings.push_back(std::string(spec.name) + " has no effect yet in this version");
    }
  }
  if (problems.empty()) check_together(loaded, problems);
  if (!problems.empty()) return Unexpected{std::move(problems)};
  resolve(loaded, machine);
  return loaded;
}

Result<Secret, std::string> read_key_file(const std::string& path) {
  const auto content = read_file(path);
  if (!content) return Unexpected{content.error()};
  auto key = parse_key(*content);
  if (!key) return Unexpected{path + ": accepted is one key, visible ASCII characters without spaces"};
  return Secret(std::move(*key));
}

}  // namespace holysheep
