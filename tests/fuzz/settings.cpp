// Settings: `NAME=value` lines as the environment, or a JSON object as the file; and the forms of their
// values.
#include "fuzz.hpp"
#include "memory_file.hpp"
#include <holysheep/core/settings_loader.hpp>
#include <holysheep/core/settings_table.hpp>
#include <holysheep/core/value_forms.hpp>

#include <map>
#include <optional>
#include <string>

namespace holysheep::fuzz {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

/// Of files the loader may read here none but ours: a path of the input's could be one that never ends.
bool reads_a_file(std::string_view name) {
  return name.ends_with("_API_KEY_FILE") || name == "SSL_CERT_FILE" || name == "CONFIG_FILE";
}

Values lines_of(std::string_view input) {
  Values values;
  while (!input.empty()) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || reads_a_file(line.substr(0, equals))) continue;
    if (line.find('\0') != std::string_view::npos) continue;  // of an environment nobody can have that
    values[std::string(line.substr(0, equals))] = line.substr(equals + 1);
  }
  return values;
}

Environment environment_of(const Values& values) {
  return [&values](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

/// What is in force, as a user would write it; secrets as they are.
Values shown(const Settings& settings) {
  Values all;
  for (const SettingSpec& spec : setting_table()) {
    if (!spec.secret) all[std::string(spec.name)] = spec.show(settings);
  }
  return all;
}

void expect_problems_are_told(const std::vector<std::string>& problems, const Values& given) {
  expect(!problems.empty(), "a refusal has a reason");
  for (const std::string& problem : problems) {
    expect(!problem.empty() && is_one_line(problem), "a problem is one line");
    for (const SettingSpec& spec : setting_table()) {
      const auto secret = given.find(spec.name);
      if (!spec.secret || secret == given.end() || !secret->second.starts_with("sk-")) continue;
      std::string_view text = secret->second;
      while (text.ends_with('\r') || text.ends_with('\n')) text.remove_suffix(1);
      if (text.size() >= 16) expect(problem.find(text) == std::string::npos, "a secret is not told");
    }
  }
}

void expect_forms_are_read_back(std::string_view text) {
  if (const auto value = parse_duration(text)) {
    expect(*value >= Duration::zero(), "a duration has no sign");
    const auto back = parse_duration(show_duration(*value));
    expect(back && (*back == *value || value->count() > 1'000'000'000'000'000), "a duration is read back");
  }
  if (const auto value = parse_size(text))
    expect(parse_size(show_size(*value)) == value, "a size is read back");
  if (const auto value = parse_decimal(text)) {
    expect(*value >= 0, "a number has no sign");
    expect(parse_decimal(show_decimal(*value)) == value, "a number is read back");
  }
  if (const auto value = parse_whole(text))
    expect(parse_decimal(text).has_value(), "a whole number is a number");
  if (const auto value = parse_address(text)) {
    expect(is_one_line(*value), "an address is one line");
    expect(parse_address(*value) == value, "an address is read back");
  }
  if (const auto value = parse_key(text))
    expect(is_one_line(*value) && parse_key(*value) == value, "a key is read back");
  if (const auto value = parse_base_url(text)) {
    const auto back = parse_base_url(value->text());
    expect(is_one_line(value->text()) && back && back->text() == value->text(), "a URL is read back");
  }
  if (const auto value = parse_model_fallbacks(text))
    expect(
        parse_model_fallbacks(show_model_fallbacks(*value)).value_or(decltype(value)::value_type{}) == *value,
        "fallbacks are read back");
}

void expect_shown_can_be_set(const Settings& settings, const MachineFacts& machine) {
  Values effective = shown(settings);
  if (effective["MEMORY_THRESHOLD_MB"] == "off") effective.erase("MEMORY_THRESHOLD_MB");
  const auto again = load_settings(environment_of(effective), std::nullopt, machine);
  expect(again.has_value(), "what is in force can be set");
  effective["MEMORY_THRESHOLD_MB"] = shown(settings)["MEMORY_THRESHOLD_MB"];
  expect(shown(again->settings) == effective, "what is in force stays so when it is set");
}

}  // namespace

void settings(std::string_view input) {
  static MemoryFile file;
  const MachineFacts machine{.cpus = 4, .memory_limit = std::nullopt, .ipv6 = true};
  const bool as_file = input.starts_with('{');
  Values given;
  if (as_file) {
    for (const SettingSpec& spec : setting_table()) {
      if (reads_a_file(spec.name) && input.find(spec.name) != input.npos) return;
    }
    // An escaped name is that name too.
    if (input.find("\\u") != input.npos && input.find("FILE") != input.npos) return;
    file.write(input);
  } else {
    given = lines_of(input);
    for (const auto& [name, value] : given) expect_forms_are_read_back(value);
  }
  const auto loaded =
      load_settings(environment_of(given), as_file ? std::optional(file.path()) : std::nullopt, machine);
  if (!loaded) return expect_problems_are_told(loaded.error(), given);
  // It takes several times as long as the first loading: of some.
  if (Chance(input).once_in(4)) expect_shown_can_be_set(loaded->settings, machine);
}

}  // namespace holysheep::fuzz
