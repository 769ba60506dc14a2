#include <holysheep/core/file_text.hpp>
#include <holysheep/core/json_document.hpp>
#include <holysheep/core/machine.hpp>
#include <holysheep/core/redaction.hpp>
#include <holysheep/core/settings_loader.hpp>
#include <holysheep/core/settings_table.hpp>
#include <holysheep/core/value_forms.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace holysheep {
namespace {

using Problems = std::vector<std::string>;
using Values = std::map<std::string, std::string, std::less<>>;

using Secrets = std::vector<std::string>;

/// What was read of one setting, before anybody judged it.
struct Given {
  std::string text;
  SettingSource source = SettingSource::default_value;
};
using GivenValues = std::map<std::string_view, Given>;

void wipe_all(Secrets& secrets) noexcept {
  for (auto& text : secrets) wipe(text);
}

void wipe_all(Values& values) noexcept {
  for (auto& [name, text] : values) wipe(text);
}

void wipe_all(GivenValues& values) noexcept {
  for (auto& [name, given] : values) wipe(given.text);
}

/// Texts among which there may be a credential: overwritten when they go.
template <class Texts>
struct Wiped {
  Texts texts;
  ~Wiped() { wipe_all(texts); }
};

/// Of every file that is read here.
constexpr std::size_t settings_file_mib = 16;

Result<Secret, std::string> read_key(const std::string& path) {
  auto content = file_text(path, settings_file_mib);
  if (!content) return Unexpected{content.error()};
  auto key = parse_key(*content);
  wipe(*content);
  if (!key)
    return Unexpected{
        std::string("accepted is a file with one key, visible ASCII characters without spaces")};
  return Secret(std::move(*key));
}

/// The path of a key's file as a problem shows it. One without a slash may be what people put there instead:
/// the key itself.
std::string shown_key_path(const std::string& path, const Secrets& secrets) {
  return path.find('/') == std::string::npos ? "********" : redacted(path, secrets);
}

std::string shown_value(const SettingSpec& spec, const std::string& text, const Secrets& secrets) {
  if (spec.secret) return "********";
  return spec.name.ends_with("_API_KEY_FILE") ? shown_key_path(text, secrets) : redacted(text, secrets);
}

/// `NAME="value"`, and which file says so. A value that may be a key is masked.
std::string named(const SettingSpec& spec, const Given& given, const Secrets& secrets,
                  const std::string& config) {
  std::string text = std::string(spec.name) + "=" + shown_value(spec, given.text, secrets);
  if (given.source == SettingSource::file) text += " in " + redacted(config, secrets);
  return text;
}

/// A JSON value as the text that the environment would hold.
std::string text_of(const nlohmann::json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? show_decimal(value.get<double>()) : value.dump();
}

std::string unknown(const std::string& name, const Secrets& secrets) {
  std::string text = "unknown setting " + redacted(name, secrets);
  const auto near = nearest_setting(name);
  if (!near.empty()) text += ", did you mean " + std::string(near) + "?";
  return text;
}

/// The file's settings, null and empty ones left out.
Values read_config(const std::string& path, const Secrets& secrets, Problems& problems) {
  Values values;
  const auto complain = [&](const std::string& text) {
    problems.push_back("CONFIG_FILE=" + redacted(path, secrets) + ": " + text);
  };
  const auto content = file_text(path, settings_file_mib);
  if (!content) {
    complain(content.error());
    return values;
  }
  const auto json = parse_document(*content);
  if (!json) {
    for (const auto& problem : json.error()) complain(problem);
    return values;
  }
  if (!json->is_object()) {
    complain("accepted is one JSON object, setting names to values");
    return values;
  }
  for (const auto& [name, value] : json->items()) {
    const SettingSpec* spec = find_setting(name);
    if (spec == nullptr) {
      complain(unknown(name, secrets));
    } else if (value.is_array() || (value.is_object() && name != "MODEL_FALLBACKS")) {
      const std::string kind = value.is_array() ? "a list" : "an object";
      complain(name + " is " + kind + "; accepted is " + std::string(spec->form));
    } else {
      values[name] = text_of(value);
    }
  }
  return values;
}

GivenValues gather(const Environment& environment, const Values& from_file) {
  GivenValues all;
  for (const SettingSpec& spec : setting_table()) {
    Given& given = all[spec.name];
    given.text = spec.default_text;
    if (const auto own = from_file.find(spec.name); own != from_file.end() && !own->second.empty()) {
      given = {own->second, SettingSource::file};
    }
    if (auto own = environment(spec.name); own && !own->empty()) {
      given = {std::move(*own), SettingSource::environment};
    }
  }
  return all;
}

/// Without the line end that a key made from a file brings along: elsewhere it may stand without it.
void add_secret(Secrets& secrets, std::string text) {
  text.erase(text.find_last_not_of("\r\n") + 1);
  if (!text.empty()) secrets.push_back(std::move(text));
}

/// The credentials in the environment, so that no problem shows one that stands elsewhere too.
Secrets known_secrets(const Environment& environment) {
  Secrets secrets;
  for (const SettingSpec& spec : setting_table()) {
    if (!spec.secret) continue;
    if (auto own = environment(spec.name)) add_secret(secrets, std::move(*own));
  }
  return secrets;
}

void judge(const GivenValues& given, const Secrets& secrets, const std::string& config,
           LoadedSettings& loaded, Problems& problems) {
  for (const SettingSpec& spec : setting_table()) {
    const Given& own = given.at(spec.name);
    const bool is_set = own.source != SettingSource::default_value;
    loaded.sources[spec.name] = own.source;
    if (own.text.empty()) continue;
    if (!spec.parse(loaded.settings, own.text)) {
      problems.push_back(named(spec, own, secrets, config) + ": accepted is " + std::string(spec.form));
    } else if (spec.effect == Effect::not_yet && is_set) {
      loaded.warnings.push_back(std::string(spec.name) + " has no effect yet in this version");
    }
  }
}

void check_keys(const GivenValues& given, const Secrets& secrets, Problems& problems) {
  const auto set = [&](std::string_view name) {
    return given.at(name).source != SettingSource::default_value;
  };
  for (const std::string prefix : {"HOLYSHEEP", "FALLBACK"}) {
    const auto key = prefix + "_API_KEY";
    const auto file = key + "_FILE";
    if (set(key) && set(file)) {
      problems.push_back(key + " and " + file + " are both set: accepted is one of them");
    } else if (const auto& path = given.at(file).text; set(file) && is_one_line(path)) {
      if (const auto read = read_key(path); !read) {
        problems.push_back(file + "=" + shown_key_path(path, secrets) + ": " + read.error());
      }
    }
    if (prefix == "FALLBACK" && !set("FALLBACK_BASE_URL") && (set(key) || set(file))) {
      problems.push_back((set(key) ? key : file) +
                         " is set without FALLBACK_BASE_URL: accepted is both or neither");
    }
  }
}

/// The admin side must never be reachable through the client port.
void check_ports(const Settings& settings, Problems& problems) {
  const bool overlap = settings.listen_address == settings.admin_address ||
                       is_wildcard(settings.listen_address) || is_wildcard(settings.admin_address);
  if (settings.admin_port != 0 && settings.admin_port == settings.listen_port && overlap) {
    problems.push_back("ADMIN_PORT=" + std::to_string(settings.admin_port) +
                       ": accepted is another port than LISTEN_PORT, or 0 for none");
  }
}

void check_trust(const Settings& settings, const Secrets& secrets, Problems& problems) {
  if (settings.ssl_cert_file.empty()) return;
  if (const auto content = file_text(settings.ssl_cert_file, settings_file_mib); !content) {
    problems.push_back("SSL_CERT_FILE=" + redacted(settings.ssl_cert_file, secrets) + ": " + content.error());
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

void forget_secrets_in_environment() {
  for (const SettingSpec& spec : setting_table()) {
    if (!spec.secret) continue;
    const std::string name(spec.name);
    // What /proc/PID/environ shows is this memory; a variable may stand there twice.
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      const std::string_view text(*entry);
      if (!text.starts_with(name + '=')) continue;
      ::explicit_bzero(*entry + name.size() + 1, text.size() - name.size() - 1);
    }
    ::unsetenv(name.c_str());
  }
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
  Wiped<Secrets> known{known_secrets(environment)};
  auto& secrets = known.texts;
  const Wiped<Values> from_file{config.empty() ? Values{} : read_config(config, secrets, problems)};
  const Wiped<GivenValues> all{gather(environment, from_file.texts)};
  const auto& given = all.texts;
  for (const SettingSpec& spec : setting_table()) {
    if (spec.secret) add_secret(secrets, given.at(spec.name).text);
  }
  judge(given, secrets, config, loaded, problems);
  check_keys(given, secrets, problems);
  check_ports(loaded.settings, problems);
  check_trust(loaded.settings, secrets, problems);
  if (!problems.empty()) return Unexpected{std::move(problems)};
  resolve(loaded, machine);
  if (loaded.settings.fallback_base_url && loaded.settings.fallback_api_key.empty() &&
      loaded.settings.fallback_api_key_file.empty() &&
      !(loaded.settings.holysheep_api_key.empty() && loaded.settings.holysheep_api_key_file.empty())) {
    loaded.warnings.emplace_back(
        "FALLBACK_BASE_URL gets no credentials: the upstream key is not for it, and FALLBACK_API_KEY is not "
        "set");
  }
  return loaded;
}

Result<Secret, std::string> read_key_file(const std::string& path) {
  auto key = read_key(path);
  if (!key) return Unexpected{path + ": " + key.error()};
  return key;
}

}  // namespace holysheep
