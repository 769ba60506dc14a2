#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/core/settings.hpp>
#include <holysheep/proxy/recent_errors.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep::app {

/// What the dashboard shows at one time. Texts that are JSON already go in as they are.
struct DashboardFeed {
  std::chrono::system_clock::time_point now;
  Duration uptime{};
  std::string_view settings;  ///< JSON: `feed_settings`
  std::string_view ready;     ///< JSON: as `/ready` has it
  std::string_view usage;     ///< JSON: as `/usage` has it
  std::string_view metrics;   ///< JSON: `append_metrics_json`
  std::vector<proxy::RecentErrors::Entry> errors;
};

/// `/dashboard.json`.
std::string dashboard_feed(const DashboardFeed& feed);

/// The settings that the dashboard speaks of, as JSON; no secret among them.
std::string feed_settings(const Settings& settings);

}  // namespace holysheep::app
