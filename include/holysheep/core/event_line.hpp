#pragma once

#include <holysheep/core/settings.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace holysheep {

/// One log line, '\n' included, for an event that tools read: a message and named values beside it, so that
/// nobody has to take a sentence apart. Json: `{"time":…,"level":…,"msg":"listening","port":8080}` (what is a
/// whole number becomes one); text: `… info listening port=8080`.
std::string event_line(LogFormat format, LogLevel level, std::string_view message,
                       std::initializer_list<std::pair<std::string_view, std::string>> values);

}  // namespace holysheep
