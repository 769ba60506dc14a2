#include "support/prometheus_process.hpp"

#include "support/http_client.hpp"
#include "support/raw_client.hpp"

#include <exception>

#include <nlohmann/json.hpp>

namespace holysheep::testing {
namespace {

std::string scrape_config(std::uint16_t target) {
  return "global: {scrape_interval: 250ms, scrape_timeout: 250ms}\n"
         "scrape_configs:\n"
         "  - job_name: holysheep-proxy\n"
         "    static_configs: [{targets: ['127.0.0.1:" +
         std::to_string(target) + "']}]\n";
}

}  // namespace

PrometheusProcess::PrometheusProcess(std::uint16_t target)
    : port_(unused_port()),
      process_("/usr/bin/prometheus",
               {"--config.file=" + directory_.write("prometheus.yml", scrape_config(target)),
                "--storage.tsdb.path=" + (directory_.path() / "data").string(),
                "--web.listen-address=127.0.0.1:" + std::to_string(port_)},
               {}) {}

std::optional<double> PrometheusProcess::value(const std::string& query) const {
  nlohmann::json json;
  try {
    json = nlohmann::json::parse(get(port_, "/api/v1/query?query=" + query).body, nullptr, false);
  } catch (const std::exception&) {
    return std::nullopt;  // it does not listen yet
  }
  if (!json.is_object() || !json.contains("data") || json["data"]["result"].empty()) return std::nullopt;
  return std::stod(json["data"]["result"][0]["value"][1].get<std::string>());
}

bool PrometheusProcess::sees(const std::string& query, double wanted) {
  const auto start_included = 3 * patience();
  return eventually([&] { return !process_.running() || value(query) == wanted; }, start_included) &&
         process_.running();
}

std::string promtool_complaints(const std::string& page) {
  const TempDirectory directory;
  const auto path = directory.write("page", page);
  const auto outcome = run_to_end("/bin/sh", {"-c", "promtool check metrics < \"$1\"", "sh", path}, {});
  if (outcome.code() == 0) return "";
  return "promtool (scripts/install-deps --with-tests) says: " + outcome.out + outcome.err;
}

}  // namespace holysheep::testing
