#include <holysheep/app/settings_text.hpp>
#include <holysheep/core/settings_table.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>

namespace holysheep::app {
namespace {

constexpr std::string_view mask = "********";

std::string_view source_name(SettingSource source) {
  switch (source) {
    case SettingSource::environment:
      return "environment";
    case SettingSource::file:
      return "file";
    case SettingSource::default_value:
      return "default";
  }
  return "default";
}

std::string shown_value(const SettingSpec& spec, const LoadedSettings& loaded) {
  if (!spec.secret) return spec.show(loaded.settings);
  return loaded.sources.at(spec.name) == SettingSource::default_value ? std::string() : std::string(mask);
}

std::string shown_default(const SettingSpec& spec) {
  if (!spec.default_note.empty()) return std::string(spec.default_note);
  return spec.default_text.empty() ? "unset" : std::string(spec.default_text);
}

/// As Markdown: what a user would write stands as code.
std::string marked_default(const SettingSpec& spec) {
  const bool is_text = spec.default_note.empty() && !spec.default_text.empty();
  return is_text ? "`" + std::string(spec.default_text) + "`" : shown_default(spec);
}

std::string note(const SettingSpec& spec) {
  switch (spec.effect) {
    case Effect::not_yet:
      return " (no effect yet in this version)";
    case Effect::now:
      break;
  }
  return "";
}

/// Breaks a text into lines of at most `width`, each behind `indent`.
std::string wrapped(std::string_view text, std::size_t width, std::string_view indent) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (column > 0 && column + 1 + word.size() > width) {
      out += '\n';
      column = 0;
    }
    out += column == 0 ? indent : " ";
    out += word;
    column += word.size() + (column == 0 ? 0 : 1);
  }
  return out + "\n";
}

}  // namespace

std::string help_text() {
  std::string text =
      "holysheep-proxy " HOLYSHEEP_VERSION
      ": stands between a company's programs and the HolySheep LLM API\n"
      "\n"
      "  holysheep-proxy [--config FILE]                 run until SIGTERM\n"
      "  holysheep-proxy --check [--config FILE]         validate the settings and exit\n"
      "  holysheep-proxy --print-config [--config FILE]  effective settings and where each came from\n"
      "  holysheep-proxy health [--config FILE]          ask the daemon that runs with the same settings\n"
      "  holysheep-proxy keys new --id ID                make a client's key and its entry for "
      "CLIENT_KEYS_FILE\n"
      "  holysheep-proxy --settings-table                the settings as a Markdown table\n"
      "  holysheep-proxy --help | --version\n"
      "\n"
      "Settings are environment variables. The same names as keys of a JSON file (--config, or CONFIG_FILE)\n"
      "set what the environment leaves unset.\n\n";
  for (const SettingSpec& spec : setting_table()) {
    text.append("  ").append(spec.name).append("  [").append(shown_default(spec)).append("]\n");
    text += wrapped(std::string(spec.meaning) + note(spec), 96, "      ");
    text += wrapped(spec.form, 96, "      ");
  }
  return text;
}

std::string effective_settings(const LoadedSettings& loaded) {
  constexpr std::size_t name_column = 29;
  constexpr std::size_t value_column = 32;
  std::string text;
  for (const SettingSpec& spec : setting_table()) {
    std::string line(spec.name);
    line.resize(std::max(name_column, line.size() + 1), ' ');
    const auto value = shown_value(spec, loaded);
    line += value.empty() ? "unset" : value;
    line.resize(std::max(name_column + value_column, line.size() + 1), ' ');
    line += source_name(loaded.sources.at(spec.name));
    text += line + "\n";
  }
  return text;
}

std::string effective_settings_json(const LoadedSettings& loaded) {
  auto json = nlohmann::ordered_json::object();
  for (const SettingSpec& spec : setting_table()) {
    json[std::string(spec.name)] = {{"value", shown_value(spec, loaded)},
                                    {"source", source_name(loaded.sources.at(spec.name))}};
  }
  return json.dump(-1, ' ', true);
}

std::string settings_markdown() {
  std::string text = "| variable | default | meaning | accepted |\n| --- | --- | --- | --- |\n";
  for (const SettingSpec& spec : setting_table()) {
    text.append("| `").append(spec.name).append("` | ").append(marked_default(spec)).append(" | ");
    text.append(spec.meaning).append(note(spec)).append(" | ").append(spec.form).append(" |\n");
  }
  return text;
}

}  // namespace holysheep::app
