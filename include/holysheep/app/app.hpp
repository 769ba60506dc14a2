#pragma once

#include <holysheep/core/settings.hpp>
#include <holysheep/core/settings_loader.hpp>

namespace holysheep::app {

/// Runs the daemon until it is told to end. Everything is wired here.
/// 0: drained; 1: work was cut (grace over, or a second signal); 78: a file that a setting names is bad;
/// 71: the machine refused (no port, no thread).
int run(const LoadedSettings& loaded);

}  // namespace holysheep::app
