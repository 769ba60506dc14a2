#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace holysheep::app {

enum class MetricType : unsigned char { counter, gauge, histogram };

struct MetricLabel {
  std::string_view name;  ///< static text
  std::string value;      ///< UTF-8, see `label_value`
  friend bool operator==(const MetricLabel&, const MetricLabel&) = default;
};

struct MetricHistogram {
  std::vector<std::pair<double, std::uint64_t>>
      buckets;              ///< upper bound and how many were within, cumulative
  std::uint64_t count = 0;  ///< all, those past the last bound too
  double sum = 0;
};

struct MetricSample {
  std::vector<MetricLabel> labels;
  std::variant<double, MetricHistogram> value;  ///< by the family's type
};

/// One metric as docs/metrics.md lists it, with what it is now.
struct MetricFamily {
  std::string_view name;  ///< static text; a counter's ends in `_total`
  MetricType type;
  std::string_view help;  ///< static text
  std::vector<MetricSample> samples;
};

/// `text` as a label's value may be: valid UTF-8 of at most 128 bytes without control characters. What a
/// client sent goes through here; two texts may become the same.
std::string label_value(std::string_view text);

/// Prometheus' text format 0.0.4. A family without samples is left out.
void append_prometheus(std::string& out, const std::vector<MetricFamily>& families);
inline constexpr std::string_view prometheus_type = "text/plain; version=0.0.4; charset=utf-8";

/// OpenMetrics 1.0, `# EOF` included.
void append_openmetrics(std::string& out, const std::vector<MetricFamily>& families);
inline constexpr std::string_view openmetrics_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// One JSON object for the dashboard: by name `{"type":"counter","samples":[{"labels":{…},"value":1}]}`, a
/// histogram's sample with `"buckets":[[0.1,3],…,["+Inf",9]],"sum":1.2,"count":9`.
void append_metrics_json(std::string& out, const std::vector<MetricFamily>& families);

/// Whether a field `Accept` (RFC 9110 §12.5.1) names `application/openmetrics-text` in version 1.0.0, 0.0.1
/// or none, with a weight above 0 and not below that of `text/plain`.
bool accepts_openmetrics(std::string_view accept) noexcept;

}  // namespace holysheep::app
