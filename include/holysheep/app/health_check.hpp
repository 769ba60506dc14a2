#pragma once

#include <holysheep/core/result.hpp>
#include <holysheep/core/settings.hpp>

#include <string>

namespace holysheep::app {

/// Asks the daemon that runs with these settings for `/health`, within two seconds; a wildcard address stands
/// for loopback. The answer's body, or why there is none.
Result<std::string, std::string> ask_health(const Settings& settings);

}  // namespace holysheep::app
