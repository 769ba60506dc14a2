#include <holysheep/app/memory_report.hpp>

#include <string_view>

#include <nlohmann/json.hpp>

namespace holysheep::app {
namespace {

constexpr std::array<std::string_view, memory_use_count> use_names{
    "request_bodies", "relay", "coalescing", "cache", "compression", "queue"};

void begin(std::string& out, std::string_view name, std::string_view help) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
  out.append(" gauge\n");
}

void sample(std::string& out, std::string_view name, std::int64_t value) {
  out.append(name).append(" ").append(std::to_string(value)).append("\n");
}

}  // namespace

std::string_view memory_use_name(MemoryUse use) noexcept {
  return use_names[static_cast<std::size_t>(use)];
}

void append_metrics(std::string& out, const MemoryReport& report) {
  begin(out, "process_resident_memory_bytes", "Resident memory of this process.");
  sample(out, "process_resident_memory_bytes", static_cast<std::int64_t>(report.resident));
  if (report.charged) {
    begin(out, "holysheep_memory_cgroup_bytes", "What the cgroup is charged, without page cache.");
    sample(out, "holysheep_memory_cgroup_bytes", static_cast<std::int64_t>(*report.charged));
  }
  if (report.threshold) {
    begin(out, "holysheep_memory_threshold_bytes",
          "Where ACTION starts: MEMORY_THRESHOLD_MB or 90 % of the cgroup's limit.");
    sample(out, "holysheep_memory_threshold_bytes", static_cast<std::int64_t>(*report.threshold));
  }
  begin(out, "holysheep_memory_pressure", "1 while memory is at its threshold.");
  sample(out, "holysheep_memory_pressure", report.pressure ? 1 : 0);
  begin(out, "holysheep_memory_held_bytes", "Memory held for clients, by what for.");
  for (std::size_t i = 0; i < memory_use_count; ++i) {
    sample(out, "holysheep_memory_held_bytes{use=\"" + std::string(use_names[i]) + "\"}", report.held[i]);
  }
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
