#include <holysheep/app/memory_report.hpp>

#include <string_view>

#include <nlohmann/json.hpp>

namespace holysheep::app {
namespace {

constexpr std::array<std::string_view, memory_use_count> use_names{
    "request_bodies", "relay", "coalescing", "cache", "compression", "queue"};

}  // namespace

std::string_view memory_use_name(MemoryUse use) noexcept {
  return use_names[static_cast<std::size_t>(use)];
}

std::string memory_json(const MemoryReport& report) {
  nlohmann::ordered_json json{{"resident_bytes", report.resident}};
  if (report.charged) json["cgroup_bytes"] = *report.charged;
  if (report.threshold) json["threshold_bytes"] = *report.threshold;
  json["pressure"] = report.pressure;
  auto& held = json["held_bytes"];
  for (std::size_t i = 0; i < memory_use_count; ++i) held[std::string(use_names[i])] = report.held[i];
  return json.dump();
}

}  // namespace holysheep::app
