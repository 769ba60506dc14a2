#include <holysheep/app/dashboard_feed.hpp>
#include <holysheep/core/text.hpp>

#include <nlohmann/json.hpp>

namespace holysheep::app {
namespace {

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string timestamp(std::chrono::system_clock::time_point time) {
  std::string text;
  append_timestamp(text, time);
  return text;
}

/// Texts that a client chose are made valid UTF-8.
std::string errors_json(const std::vector<proxy::RecentErrors::Entry>& errors) {
  auto all = nlohmann::ordered_json::array();
  for (const auto& error : errors) {
    all.push_back({{"time", timestamp(error.time)},
                   {"request_id", error.request_id},
                   {"client", error.client},
                   {"model", error.model},
                   {"route", error.route},
                   {"status", error.status},
                   {"code", error.code},
                   {"check", error.check}});
  }
  return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string dashboard_feed(const DashboardFeed& feed) {
  const std::chrono::duration<double> now = feed.now.time_since_epoch();
  std::string out = R"({"now":)" + nlohmann::json(now.count()).dump();
  out.append(R"(,"version":")" HOLYSHEEP_VERSION R"(","uptime_seconds":)");
  out.append(nlohmann::json(seconds(feed.uptime)).dump());
  out.append(R"(,"settings":)").append(feed.settings);
  out.append(R"(,"ready":)").append(feed.ready);
  out.append(R"(,"usage":)").append(feed.usage);
  out.append(R"(,"errors":)").append(errors_json(feed.errors));
  out.append(R"(,"metrics":)").append(feed.metrics);
  out.push_back('}');
  return out;
}

std::string feed_settings(const Settings& settings) {
  nlohmann::ordered_json json{
      {"upstream", settings.api_base_url.text()},
      {"fallback", nullptr},
      {"listen_port", settings.listen_port},
      {"workers", settings.worker_processes},
      {"rate_limit_per_second", settings.rate_limit_per_second},
      {"rate_limit_burst", settings.rate_limit_burst},
      {"queue_size", settings.queue_size},
      {"upstream_max_connections", settings.upstream_max_connections},
      {"cache_size_mb", settings.cache_size_mb},
      {"request_timeout_seconds", seconds(settings.request_timeout)},
      {"circuit_breaker_threshold", settings.circuit_breaker_threshold},
      {"usage_file", !settings.usage_file.empty()},
      {"client_keys", !settings.client_keys_file.empty()},
  };
  if (settings.fallback_base_url) json["fallback"] = settings.fallback_base_url->text();
  return json.dump();
}

}  // namespace holysheep::app
