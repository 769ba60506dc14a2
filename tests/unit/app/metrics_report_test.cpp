#include <holysheep/app/metrics_report.hpp>

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <support/files.hpp>
#include <support/prometheus_process.hpp>
#include <support/tcp_server.hpp>

namespace holysheep::app {
namespace {

using holysheep::testing::PrometheusProcess;
using holysheep::testing::promtool_complaints;
using holysheep::testing::RawClient;
using holysheep::testing::read_file;
using holysheep::testing::read_request;
using holysheep::testing::TcpServer;
using proxy::LoopMetrics;
using proxy::RouteLabel;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using State = CircuitBreaker::State;

/// Two event loops that have seen everything, and all else that there can be.
class MetricsReport : public ::testing::Test {
 protected:
  MetricsReport() {
    one_.ended({.route = RouteLabel::chat_completions,
                .status = 200,
                .total = milliseconds(30),
                .queued = milliseconds(1),
                .upstream_first_byte = milliseconds(20),
                .overhead = microseconds(70),
                .request_bytes = 100,
                .response_bytes = 1000,
                .cache = proxy::CacheResult::miss});
    two_.ended({.route = RouteLabel::chat_completions,
                .status = 200,
                .fault = Fault::answer_cut,
                .broken = true,
                .total = milliseconds(300),
                .request_bytes = 11,
                .response_bytes = 22});
    two_.ended({.route = RouteLabel::other, .status = 404, .fault = Fault::not_found});
    one_.used_tokens(100, 20);
    one_.first_token("gpt-4.1", milliseconds(120));
    two_.first_token("gpt-4.1", milliseconds(60));
    one_.attempted(false, Fault::none, 200);
    two_.attempted(true, Fault::connect, 0);
    one_.retried(Fault::none, 503);
    one_.retry_refused();
    one_.fell_back(proxy::FallbackTo::second_upstream);
    two_.queue_refused(Fault::queue_timeout);
    one_.lagged(microseconds(80));

    sources_.version = "1.2.3";
    sources_.loops = loops_;
    sources_.timed_models = &models_;
    sources_.client_connections = 7;
    sources_.upstreams = {{"primary", State::closed, 3, {{"sick", State::open}}},
                          {"fallback", State::half_open, 1, {}}};
    sources_.rate_limit_tokens = 12.5;
    sources_.queue_length = 4;
    sources_.upstream_in_flight = 5;
    sources_.paused_models = 1;
    sources_.connections = {.idle = 2, .active = 3, .full_handshakes = 4, .resumed_handshakes = 6};
    sources_.cache = {.bytes = 1000, .entries = 10, .evictions = 2};
    sources_.usage = {{"team-a",
                       "gpt-4.1",
                       3,
                       1,
                       {.input = 300, .cached_input = 100, .output = 60, .reasoning = 10},
                       {.nano_usd = 1'500'000'000, .direct_nano_usd = 2'000'000'000}}};
    sources_.unpriced_requests = 1;
    sources_.clients = {{"team-a", 2}};
    sources_.log_lines_dropped = 8;
    sources_.usage_records_dropped = 9;
    sources_.memory.resident = 30 << 20;
    sources_.memory.charged = 40 << 20;
    sources_.memory.threshold = 90 << 20;
    sources_.memory.held = {1, 2, 3, 4, 5, 6};
    sources_.process = {
        .cpu_seconds = 1.5, .open_fds = 20, .max_fds = 1024, .start_time_seconds = 1764424800.5};
  }

  [[nodiscard]] std::string page() const {
    std::string out;
    append_prometheus(out, collect_metrics(sources_));
    return out;
  }

  void expect_line(const std::string& line) const {
    EXPECT_NE(("\n" + page()).find("\n" + line + "\n"), std::string::npos) << line;
  }
  void expect_none(const std::string& text) const { EXPECT_EQ(page().find(text), std::string::npos) << text; }

  proxy::TimedModels models_;
  LoopMetrics one_{models_};
  LoopMetrics two_{models_};
  const std::array<const LoopMetrics*, 2> loops_{&one_, &two_};
  MetricSources sources_;
};

/// The rows of a table in docs/metrics.md, by their first column; each a list of trimmed columns.
std::vector<std::vector<std::string>> table_rows(std::string_view heading) {
  std::istringstream lines(read_file(std::string(HOLYSHEEP_SOURCE_DIR) + "/docs/metrics.md"));
  std::vector<std::vector<std::string>> rows;
  bool within = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) within = line == heading;
    if (!within || !line.starts_with("| ") || line.starts_with("| ---")) continue;
    std::vector<std::string> columns;
    for (std::size_t at = 1; at < line.size();) {
      const auto end = line.find('|', at);
      if (end == std::string::npos) break;
      auto column = line.substr(at, end - at);
      std::erase(column, '`');
      column.erase(0, column.find_first_not_of(' '));
      column.erase(column.find_last_not_of(' ') + 1);
      columns.push_back(column);
      at = end + 1;
    }
    rows.push_back(columns);
  }
  if (!rows.empty()) rows.erase(rows.begin());
  return rows;
}

std::string type_text(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    default:
      return "histogram";
  }
}

TEST_F(MetricsReport, HasTheFamiliesOfTheDocumentInItsOrderWithTheirLabels) {
  const auto families = collect_metrics(sources_);
  const auto documented = table_rows("## Families");
  std::vector<std::string> ours;
  std::vector<std::string> theirs;
  for (const auto& row : documented) theirs.push_back(row[0] + " " + row[1] + " " + row[2]);
  for (const auto& family : families) {
    ASSERT_FALSE(family.samples.empty()) << family.name;
    std::string labels;
    for (const auto& label : family.samples[0].labels) {
      labels += (labels.empty() ? "" : ", ") + std::string(label.name);
    }
    ours.push_back(std::string(family.name) + " " + type_text(family.type) + " " + labels);
  }
  EXPECT_GT(theirs.size(), 40U);
  std::ranges::sort(ours);
  std::ranges::sort(theirs);
  EXPECT_EQ(ours, theirs);
}

TEST_F(MetricsReport, HasTheBucketsOfTheDocument) {
  const auto rows = table_rows("## Buckets");
  ASSERT_EQ(rows.size(), 4U);
  const auto bounds_of = [&](std::string_view name) {
    std::string bounds;
    for (const auto& family : collect_metrics(sources_)) {
      if (family.name != name) continue;
      std::string line;
      append_prometheus(line, {family});
      std::istringstream lines(line);
      while (std::getline(lines, line)) {
        const auto at = line.find("le=\"");
        if (at == std::string::npos || line.find("+Inf") != std::string::npos) {
          if (!bounds.empty()) break;
          continue;
        }
        bounds += (bounds.empty() ? "" : " ") + line.substr(at + 4, line.find('"', at + 4) - at - 4);
      }
    }
    return bounds;
  };
  for (const auto* name : {"holysheep_request_duration_seconds", "holysheep_queue_duration_seconds",
                           "holysheep_upstream_first_byte_seconds"}) {
    EXPECT_EQ(bounds_of(name), rows[0][1]) << name;
  }
  EXPECT_EQ(bounds_of("gen_ai_server_time_to_first_token_seconds"), rows[1][1]);
  EXPECT_EQ(bounds_of("holysheep_proxy_overhead_seconds"), rows[2][1]);
  EXPECT_EQ(bounds_of("holysheep_event_loop_lag_seconds"), rows[2][1]);
  EXPECT_EQ(bounds_of("gen_ai_client_token_usage"), rows[3][1]);
}

TEST_F(MetricsReport, AddsTheEventLoopsUp) {
  expect_line(R"(holysheep_requests_total{route="/v1/chat/completions",status="200"} 2)");
  expect_line(R"(holysheep_requests_total{route="other",status="404"} 1)");
  expect_none(R"(route="/v1/messages")");
  expect_line("holysheep_request_body_bytes_total 111");
  expect_line("holysheep_response_body_bytes_total 1022");
  expect_line(R"(holysheep_request_duration_seconds_bucket{route="/v1/chat/completions",le="0.05"} 1)");
  expect_line(R"(holysheep_request_duration_seconds_bucket{route="/v1/chat/completions",le="0.5"} 2)");
  expect_line(R"(holysheep_request_duration_seconds_sum{route="/v1/chat/completions"} 0.33)");
  expect_line(R"(gen_ai_server_time_to_first_token_seconds_count{gen_ai_request_model="gpt-4.1"} 2)");
  expect_line(R"(gen_ai_server_time_to_first_token_seconds_sum{gen_ai_request_model="gpt-4.1"} 0.18)");
  expect_line(R"(holysheep_event_loop_lag_seconds_count{loop="0"} 1)");
  expect_line(R"(holysheep_event_loop_lag_seconds_count{loop="1"} 0)");
}

TEST_F(MetricsReport, BeginsCountersAtZeroWhereTheirLabelsAreFew) {
  expect_line(R"(holysheep_gateway_errors_total{code="upstream_protocol_error"} 1)");
  expect_line(R"(holysheep_gateway_errors_total{code="draining"} 0)");
  expect_line(R"(holysheep_upstream_attempts_total{upstream="primary",outcome="2xx"} 1)");
  expect_line(R"(holysheep_upstream_attempts_total{upstream="fallback",outcome="upstream_connect_error"} 1)");
  expect_line(R"(holysheep_retries_total{reason="503"} 1)");
  expect_line(R"(holysheep_retries_total{reason="529"} 0)");
  expect_none(R"(holysheep_retries_total{reason="other"})");
  expect_line(R"(holysheep_fallbacks_total{to="second_upstream"} 1)");
  expect_line(R"(holysheep_queue_refusals_total{reason="queue_timeout"} 1)");
  expect_line(R"(holysheep_queue_refusals_total{reason="rate_limit_exceeded"} 0)");
  expect_line(R"(holysheep_cache_requests_total{result="miss"} 1)");
}

TEST_F(MetricsReport, OfAnUpstreamThatIsNotThereSaysNothing) {
  sources_.upstreams.pop_back();
  expect_none("fallback\"");
}

TEST_F(MetricsReport, ShowsTheBreakersThatAreNotClosed) {
  expect_line(R"(holysheep_breaker_state{upstream="primary",model=""} 0)");
  expect_line(R"(holysheep_breaker_state{upstream="primary",model="sick"} 2)");
  expect_line(R"(holysheep_breaker_state{upstream="fallback",model=""} 1)");
  expect_line(R"(holysheep_breaker_openings_total{upstream="primary"} 3)");
}

TEST_F(MetricsReport, ShowsUsageByClientAndModel) {
  constexpr std::string_view of = R"({client="team-a",model="gpt-4.1"} )";
  expect_line("holysheep_model_requests_total" + std::string(of) + "3");
  expect_line("holysheep_model_errors_total" + std::string(of) + "1");
  expect_line("holysheep_input_tokens_total" + std::string(of) + "300");
  expect_line("holysheep_cached_input_tokens_total" + std::string(of) + "100");
  expect_line("holysheep_output_tokens_total" + std::string(of) + "60");
  expect_line("holysheep_reasoning_tokens_total" + std::string(of) + "10");
  expect_line("holysheep_cost_usd_total" + std::string(of) + "1.5");
  expect_line("holysheep_direct_cost_usd_total" + std::string(of) + "2");
}

TEST_F(MetricsReport, MakesOneOfRowsWhoseLabelsAreTheSame) {
  sources_.usage = {{"", "a\xff", 1}, {"", "a\xfe", 2}, {"none", "", 4}, {"", "none", 8}};
  expect_line("holysheep_model_requests_total{client=\"none\",model=\"a\xef\xbf\xbd\"} 3");
  expect_line(R"(holysheep_model_requests_total{client="none",model="none"} 12)");
}

TEST_F(MetricsReport, LeavesOutWhatThereIsNot) {
  sources_.rate_limit_tokens.reset();
  sources_.memory.charged.reset();
  sources_.memory.threshold.reset();
  sources_.clients.clear();
  expect_none("holysheep_rate_limit_tokens");
  expect_none("holysheep_memory_cgroup_bytes");
  expect_none("holysheep_memory_threshold_bytes");
  expect_none("holysheep_client_in_flight");
}

TEST_F(MetricsReport, IsBoundedWhateverClientsSend) {
  sources_.usage.clear();
  for (int i = 0; i < 200; ++i)
    sources_.usage.push_back({"", "made-up-model-number-" + std::to_string(i), 1});
  for (int i = 0; i < 10'000; ++i) one_.first_token("m" + std::to_string(i), seconds(1));
  for (unsigned status = 0; status < 1000; ++status)
    one_.ended({.route = RouteLabel::v1_other, .status = status});
  EXPECT_LT(page().size(), 300'000U);
}

TEST_F(MetricsReport, IsAPageThatPromtoolHasNothingAgainst) {
  sources_.usage.push_back({"a \"quoted\" one", "back\\slash\nnew line \xff ü", 1});
  EXPECT_EQ(promtool_complaints(page()), "");
  EXPECT_NE(promtool_complaints("x 1\nx 1\n"), "");
}

TEST_F(MetricsReport, IsOpenMetricsThatARealPrometheusReads) {
  sources_.usage.push_back({"a \"quoted\" one", "back\\slash\nnew line \xff ü", 1});
  std::string open;
  append_openmetrics(open, collect_metrics(sources_));
  const TcpServer target([&](RawClient& connection, int) {
    std::string request;
    while (read_request(connection, request)) {
      connection.send("HTTP/1.1 200 OK\r\nContent-Type: " + std::string(openmetrics_type) +
                      "\r\nContent-Length: " + std::to_string(open.size()) + "\r\n\r\n" + open);
      request.clear();
    }
  });
  PrometheusProcess prometheus(target.port());
  EXPECT_TRUE(prometheus.sees("up", 1)) << prometheus.err();
  EXPECT_EQ(prometheus.value("holysheep_requests_total{status=%22404%22}"), 1);
  EXPECT_EQ(prometheus.value("process_cpu_seconds_total"), 1.5);
  EXPECT_EQ(prometheus.value("count(holysheep_model_requests_total)"), 2);
  EXPECT_EQ(prometheus.value("holysheep_request_duration_seconds_bucket{route=%22other%22,le=%220.5%22}"), 1);
}

}  // namespace
}  // namespace holysheep::app
