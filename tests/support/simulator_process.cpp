#include "support/simulator_process.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace holysheep::testing {
namespace {

using nlohmann::json;

bool names(const std::vector<std::string>& arguments, std::string_view option) {
  return std::ranges::find(arguments, option) != arguments.end();
}

std::vector<std::string> with_defaults(std::vector<std::string> arguments, const std::string& directory) {
  arguments.insert(arguments.end(), {"--port", "0", "--make-ca", directory});
  return arguments;
}

std::uint16_t number_after(const std::string& text, std::string_view mark) {
  const auto at = text.find(mark);
  if (at == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::atoi(text.c_str() + at + mark.size()));
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

SimulatorProcess::SimulatorProcess(std::vector<std::string> arguments)
    : process_(HOLYSHEEP_SIMULATOR_BINARY, with_defaults(arguments, directory_.path().string()), {}),
      scheme_(names(arguments, "--http") ? "http" : "https") {
  const bool up = eventually([&] {
    const auto out = process_.out();
    port_ = number_after(out, "listening on " + scheme_ + "://127.0.0.1:");
    control_port_ = number_after(out, "control http://127.0.0.1:");
    return (port_ != 0 && control_port_ != 0 && out.ends_with('\n')) || !process_.running();
  });
  if (!up || !process_.running()) {
    throw std::runtime_error("the simulator does not serve\nstdout: " + process_.out() +
                             "\nstderr: " + process_.err());
  }
}

std::string SimulatorProcess::certificate(std::string_view name) const {
  return (directory_.path() / name).string();
}

Environment SimulatorProcess::as_upstream() const {
  return {{"API_BASE_URL", base_url()},
          {"SSL_CERT_FILE", ca_file()},
          {"HOLYSHEEP_API_KEY", "upstream-secret-key"},
          {"CACHE_SIZE_MB", "0"}};  // what a test asks for, it asks upstream: those of the cache set it
}

json SimulatorProcess::requests() const {
  return json::parse(get(control_port_, "/requests").body);
}

std::vector<json> SimulatorProcess::requests_of(std::string_view request_id) const {
  std::vector<json> found;
  for (auto& request : requests()) {
    if (recorded_header(request, "x-request-id") == request_id) found.push_back(std::move(request));
  }
  return found;
}

std::vector<json> SimulatorProcess::told_usage() const {
  std::vector<json> tellings;
  std::istringstream lines(get(control_port_, "/usage").body);
  for (std::string line; std::getline(lines, line);) tellings.push_back(json::parse(line));
  return tellings;
}

json SimulatorProcess::stats() const {
  return json::parse(get(control_port_, "/stats").body);
}

std::size_t SimulatorProcess::request_count() const {
  return stats().at("requests").get<std::size_t>();
}

void SimulatorProcess::reset() const {
  fetch(control_port_, {.method = "POST", .target = "/reset"});
}

void SimulatorProcess::connections(const std::string& settings) const {
  const auto answer = fetch(control_port_, {.method = "POST", .target = "/connections", .body = settings});
  if (answer.status / 100 != 2) throw std::runtime_error("the simulator refused: " + answer.body);
}

void SimulatorProcess::close_connections() const {
  fetch(control_port_, {.method = "POST", .target = "/close-connections"});
}

void SimulatorProcess::script(const std::string& directives) const {
  const auto answer = fetch(control_port_, {.method = "POST", .target = "/script", .body = directives});
  if (answer.status / 100 != 2) throw std::runtime_error("the simulator refused: " + answer.body);
}

std::string recorded_header(const json& request, std::string_view name) {
  for (const auto& header : request.at("headers")) {
    if (same_name(header.at(0).get<std::string>(), name)) return header.at(1).get<std::string>();
  }
  return {};
}

}  // namespace holysheep::testing
