#pragma once

#include <holysheep/app/accounting.hpp>
#include <holysheep/app/admin.hpp>
#include <holysheep/app/memory_watch.hpp>
#include <holysheep/app/metrics_report.hpp>
#include <holysheep/app/usage_report.hpp>
#include <holysheep/app/worker.hpp>
#include <holysheep/policy/response_cache.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace holysheep::app {

/// Where the admin port's answers come from. All of it outlives them.
struct AdminSources {
  const LoadedSettings& loaded;
  const proxy::Pod& pod;
  const std::vector<std::unique_ptr<Worker>>& workers;
  const MemoryWatch& memory;
  const Accounting& accounting;
  const ResponseCache& cache;
};

/// What the admin port answers (spec.md "Endpoints"): `/`, `/dashboard.json`, `/health`, `/ready`,
/// `/metrics`,
/// `/usage` and `/config`. Reads what the event loops count, and holds none of them up. The App's thread.
class AdminPages {
 public:
  explicit AdminPages(const AdminSources& sources);

  [[nodiscard]] proxy::ProbeAnswer answer(const AdminRequest& request) const;

 private:
  [[nodiscard]] proxy::ProbeAnswer metrics(std::string_view accept) const;
  [[nodiscard]] proxy::ProbeAnswer ready() const;
  [[nodiscard]] std::string usage() const;
  [[nodiscard]] std::string feed() const;
  [[nodiscard]] UsageReport sum() const;
  [[nodiscard]] MetricSources read(std::vector<const proxy::LoopMetrics*>& loops) const;

  const AdminSources from_;
  const std::string config_;  // settings do not change while the daemon runs
  const std::string settings_;
  const std::chrono::system_clock::time_point since_;
  const TimePoint started_;
};

}  // namespace holysheep::app
