#pragma once

#include <holysheep/core/settings_loader.hpp>

#include <string>

namespace holysheep::app {

/// `--help`: usage and every setting, made from the table of settings.
std::string help_text();
/// `--print-config`: the effective settings and where each came from, secrets masked.
std::string effective_settings(const LoadedSettings& loaded);
/// The same as a JSON object, for the admin port.
std::string effective_settings_json(const LoadedSettings& loaded);
/// The README's list, in Markdown.
std::string settings_markdown();

}  // namespace holysheep::app
