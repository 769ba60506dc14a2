#include <holysheep/app/metric_family.hpp>

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep::app {
namespace {

std::vector<MetricFamily> some_families() {
  MetricHistogram waits;
  waits.buckets = {{0.00005, 1}, {2.5, 3}, {120, 3}};
  waits.count = 4;
  waits.sum = 1234.5;
  return {
      {"x_requests_total",
       MetricType::counter,
       "Requests.",
       {{{{"route", "/v1"}, {"status", "200"}}, 3.0}, {{{"route", "other"}, {"status", "404"}}, 1e9}}},
      {"x_length", MetricType::gauge, "Length.", {{{}, 0.25}}},
      {"x_wait_seconds", MetricType::histogram, "Waits.", {{{{"loop", "0"}}, waits}}},
      {"x_absent", MetricType::gauge, "Without a sample.", {}},
  };
}

std::string prometheus(const std::vector<MetricFamily>& families) {
  std::string out;
  append_prometheus(out, families);
  return out;
}

std::string openmetrics(const std::vector<MetricFamily>& families) {
  std::string out;
  append_openmetrics(out, families);
  return out;
}

TEST(PrometheusText, HasHelpTypeAndSamples) {
  EXPECT_EQ(prometheus(some_families()),
            "# HELP x_requests_total Requests.\n"
            "# TYPE x_requests_total counter\n"
            "x_requests_total{route=\"/v1\",status=\"200\"} 3\n"
            "x_requests_total{route=\"other\",status=\"404\"} 1000000000\n"
            "# HELP x_length Length.\n"
            "# TYPE x_length gauge\n"
            "x_length 0.25\n"
            "# HELP x_wait_seconds Waits.\n"
            "# TYPE x_wait_seconds histogram\n"
            "x_wait_seconds_bucket{loop=\"0\",le=\"0.00005\"} 1\n"
            "x_wait_seconds_bucket{loop=\"0\",le=\"2.5\"} 3\n"
            "x_wait_seconds_bucket{loop=\"0\",le=\"120\"} 3\n"
            "x_wait_seconds_bucket{loop=\"0\",le=\"+Inf\"} 4\n"
            "x_wait_seconds_sum{loop=\"0\"} 1234.5\n"
            "x_wait_seconds_count{loop=\"0\"} 4\n");
}

TEST(OpenMetricsText, NamesCountersWithoutTotalAndSaysWhereItEnds) {
  const auto text = openmetrics(some_families());
  EXPECT_TRUE(
      text.starts_with("# HELP x_requests Requests.\n"
                       "# TYPE x_requests counter\n"
                       "x_requests_total{route=\"/v1\",status=\"200\"} 3\n"))
      << text;
  EXPECT_TRUE(text.ends_with("x_wait_seconds_count{loop=\"0\"} 4\n# EOF\n")) << text;
}

TEST(MetricsText, EscapesWhatLabelsAndHelpHold) {
  const std::vector<MetricFamily> families{
      {"x", MetricType::gauge, "A \\ \"b\"\nc", {{{{"model", "a\\b\"c\nd ü"}}, 1.0}}}};
  EXPECT_EQ(prometheus(families),
            "# HELP x A \\\\ \"b\"\\nc\n# TYPE x gauge\nx{model=\"a\\\\b\\\"c\\nd ü\"} 1\n");
  EXPECT_EQ(openmetrics(families),
            "# HELP x A \\\\ \\\"b\\\"\\nc\n# TYPE x gauge\nx{model=\"a\\\\b\\\"c\\nd ü\"} 1\n# EOF\n");
}

TEST(MetricsText, KeepsNumbersAsTheyAre) {
  const auto shown = [](double value) {
    const auto text = prometheus({{"x", MetricType::gauge, "X.", {{{}, value}}}});
    const auto at = text.rfind(' ') + 1;
    return text.substr(at, text.size() - at - 1);
  };
  EXPECT_EQ(shown(0), "0");
  EXPECT_EQ(shown(-7), "-7");
  EXPECT_EQ(shown(1764424800.25), "1764424800.25");
  EXPECT_EQ(shown(9007199254740991), "9007199254740991");
  EXPECT_EQ(shown(0.1), "0.1");
  EXPECT_EQ(shown(1e-12), "1e-12");
  EXPECT_EQ(shown(1e300), "1e+300");
  EXPECT_EQ(shown(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(shown(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST(MetricsJson, IsWhatTheDashboardReads) {
  std::string out;
  append_metrics_json(out, some_families());
  const auto json = nlohmann::json::parse(out);
  EXPECT_EQ(json["x_requests_total"], nlohmann::json::parse(R"({"type":"counter","samples":[
      {"labels":{"route":"/v1","status":"200"},"value":3},{"labels":{"route":"other","status":"404"},"value":1000000000}]})"));
  EXPECT_EQ(json["x_wait_seconds"], nlohmann::json::parse(R"({"type":"histogram","samples":[
      {"labels":{"loop":"0"},"buckets":[[0.00005,1],[2.5,3],[120,3],["+Inf",4]],"sum":1234.5,"count":4}]})"));
  EXPECT_EQ(json["x_length"],
            nlohmann::json::parse(R"({"type":"gauge","samples":[{"labels":{},"value":0.25}]})"));
  EXPECT_EQ(json["x_absent"]["samples"].size(), 0U);
  EXPECT_EQ(json.size(), 4U);
}

TEST(MetricsJson, IsJsonWhateverTheNumbersAre) {
  std::string out;
  append_metrics_json(out, {{"x", MetricType::gauge, "", {{{}, std::numeric_limits<double>::quiet_NaN()}}}});
  EXPECT_TRUE(nlohmann::json::parse(out)["x"]["samples"][0]["value"].is_null());
  out.clear();
  append_metrics_json(out, {});
  EXPECT_EQ(out, "{}");
}

TEST(LabelValues, AreValidAndShort) {
  EXPECT_EQ(label_value("gpt-4.1"), "gpt-4.1");
  EXPECT_EQ(label_value("a\xff"), "a\xef\xbf\xbd");
  EXPECT_EQ(label_value("a\nb").find('\n'), std::string::npos);
  EXPECT_EQ(label_value(std::string(128, 'm')), std::string(128, 'm'));
  EXPECT_LE(label_value(std::string(129, 'm')).size(), 128U);
}

TEST(AcceptingOpenMetrics, IsNamingIt) {
  EXPECT_TRUE(accepts_openmetrics("application/openmetrics-text"));
  EXPECT_TRUE(accepts_openmetrics("Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8"));
  // As Prometheus 2.42 and 3.0 ask.
  EXPECT_TRUE(accepts_openmetrics(
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
      "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
  EXPECT_TRUE(accepts_openmetrics(
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;"
      "version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/"
      "plain;version=0.0.4;q=0.2,"
      "*/*;q=0.1"));
}

TEST(AcceptingOpenMetrics, IsNotWhatElseOneSays) {
  EXPECT_FALSE(accepts_openmetrics(""));
  EXPECT_FALSE(accepts_openmetrics("*/*"));
  EXPECT_FALSE(accepts_openmetrics("text/plain;version=0.0.4"));
  EXPECT_FALSE(accepts_openmetrics("application/openmetrics-text;q=0"));
  EXPECT_FALSE(accepts_openmetrics("application/openmetrics-text;q=nonsense"));
  EXPECT_FALSE(accepts_openmetrics("application/openmetrics-text;version=2.0.0"));
  EXPECT_FALSE(accepts_openmetrics("application/openmetrics-text;q=0.1, text/plain;q=0.9"));
  EXPECT_FALSE(accepts_openmetrics("application/openmetrics-textual"));
  EXPECT_FALSE(accepts_openmetrics(";,=;q=;version=,,"));
}

}  // namespace
}  // namespace holysheep::app
