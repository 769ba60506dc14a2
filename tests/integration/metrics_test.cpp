#include "support/prometheus_process.hpp"
#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The value of a series in a page, by its whole name with labels; -1 where it is not there.
double series(const std::string& page, const std::string& name) {
  const auto at = ("\n" + page).find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::atof(page.c_str() + at + name.size());
}

class MetricsOfThePod : public ::testing::Test {
 protected:
  std::string page() const { return get(admin, "/metrics").body; }
  /// A request is counted once its answer has gone: the client may be faster.
  bool soon(const std::string& name, double value) const {
    return eventually([&] { return series(page(), name) == value; });
  }

  std::uint16_t admin = unused_port();
  Stage stage{{{"ADMIN_PORT", std::to_string(admin)}, {"MAX_RETRIES", "0"}}};
};

TEST_F(MetricsOfThePod, CountRequestsByRouteAndStatus) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(fetch(stage.port(), chat("m")).status, 200);
  EXPECT_EQ(fetch(stage.port(), chat("sim:status=418")).status, 418);
  EXPECT_EQ(get(stage.port(), "/no-such-thing").status, 404);
  EXPECT_TRUE(soon(R"(holysheep_requests_total{route="/v1/chat/completions",status="200"})", 3));
  EXPECT_TRUE(soon(R"(holysheep_requests_total{route="/v1/chat/completions",status="418"})", 1));
  EXPECT_TRUE(soon(R"(holysheep_requests_total{route="other",status="404"})", 1));
  EXPECT_TRUE(soon(R"(holysheep_gateway_errors_total{code="not_found"})", 1));
  const auto now = page();
  EXPECT_EQ(series(now, R"(holysheep_request_duration_seconds_count{route="/v1/chat/completions"})"), 4);
  EXPECT_EQ(series(now, R"(holysheep_upstream_attempts_total{upstream="primary",outcome="2xx"})"), 3);
  EXPECT_EQ(series(now, R"(holysheep_upstream_attempts_total{upstream="primary",outcome="4xx"})"), 1);
  EXPECT_EQ(series(now, R"(holysheep_model_requests_total{client="none",model="m"})"), 3);
  EXPECT_EQ(series(now, "holysheep_requests_in_flight"), 0);
  EXPECT_EQ(series(now, R"(holysheep_breaker_state{upstream="primary",model=""})"), 0);
}

TEST(UpstreamsFirstByte, IsTimedOnlyWhereOneCame) {
  const auto admin = unused_port();
  Stage stage({{"ADMIN_PORT", std::to_string(admin)},
               {"MAX_RETRIES", "0"},
               {"CIRCUIT_BREAKER_THRESHOLD", "0"},
               {"UPSTREAM_READ_TIMEOUT", "200ms"}});
  EXPECT_EQ(fetch(stage.port(), chat("m")).status, 200);
  EXPECT_EQ(fetch(stage.port(), chat("sim:status=503")).status, 503);
  EXPECT_EQ(fetch(stage.port(), chat("sim:silent")).status, 504);
  EXPECT_TRUE(eventually(
      [&] { return series(get(admin, "/metrics").body, "holysheep_queue_duration_seconds_count") == 3; }));
  EXPECT_EQ(series(get(admin, "/metrics").body, "holysheep_upstream_first_byte_seconds_count"), 2);
}

TEST(QueueRefusals, CountWhatUpstreamAskedToWaitTooLongForAndNoOtherModelTook) {
  const auto admin = unused_port();
  Stage stage({{"ADMIN_PORT", std::to_string(admin)},
               {"MAX_RETRIES", "0"},
               {"CIRCUIT_BREAKER_THRESHOLD", "1"},
               {"MODEL_FALLBACKS", R"({"sim:status=429;retry-after=3600":["sim:status=503"]})"}});
  EXPECT_EQ(fetch(stage.port(), chat("sim:status=503")).status, 503);  // that one's breaker is open now
  EXPECT_EQ(fetch(stage.port(), chat("sim:status=429;retry-after=3600")).status, 429);
  const auto refused = fetch(stage.port(), chat("sim:status=429;retry-after=3600"));
  EXPECT_EQ(refused.header("X-HolySheep-Error"), "queue_timeout");
  const auto page = get(admin, "/metrics").body;
  EXPECT_EQ(series(page, R"(holysheep_queue_refusals_total{reason="queue_timeout"})"), 1);
  EXPECT_EQ(series(page, R"(holysheep_fallbacks_total{to="model"})"), 0);
}

TEST_F(MetricsOfThePod, AreWhatPromtoolHasNothingAgainst) {
  fetch(stage.port(), chat("m"));
  fetch(stage.port(), chat("m", true));
  fetch(stage.port(), chat("a \"quoted\" \\ one"));
  ASSERT_TRUE(soon(R"(holysheep_requests_total{route="/v1/chat/completions",status="200"})", 3));
  EXPECT_EQ(promtool_complaints(page()), "");
}

TEST_F(MetricsOfThePod, AreOpenMetricsForWhoAccepts) {
  const auto plain = get(admin, "/metrics");
  EXPECT_EQ(plain.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(plain.body, Not(HasSubstr("# EOF")));
  const auto open =
      get(admin, "/metrics", {{"Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}});
  EXPECT_EQ(open.header("Content-Type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(open.body.ends_with("# EOF\n"));
  EXPECT_THAT(open.body, HasSubstr("# TYPE holysheep_partial_answers counter\n"));
}

TEST_F(MetricsOfThePod, StaySmallWhateverClientsSend) {
  HttpClient client(stage.port());
  for (int i = 0; i < 10'000; ++i) {
    const auto number = std::to_string(i);
    ASSERT_EQ(client.exchange(chat("made-up-model-" + number)).status, 200) << i;
    Request lost;
    lost.target = "/made-up-path-" + number;
    ASSERT_EQ(client.exchange(lost).status, 404) << i;
  }
  ASSERT_TRUE(soon(R"(holysheep_requests_total{route="other",status="404"})", 10'000));
  const auto now = page();
  EXPECT_LT(now.size(), 300'000U);
  EXPECT_EQ(series(now, R"(holysheep_model_requests_total{client="none",model="other"})"), 9'800);
  EXPECT_THAT(now, Not(HasSubstr("made-up-path")));
}

TEST_F(MetricsOfThePod, AreWhatARealPrometheusReads) {
  PrometheusProcess prometheus(admin);
  constexpr int made = 7;
  for (int i = 0; i < made; ++i) ASSERT_EQ(fetch(stage.port(), chat("m")).status, 200);
  EXPECT_TRUE(prometheus.sees("sum(holysheep_requests_total{route=%22/v1/chat/completions%22})", made))
      << prometheus.err();
  EXPECT_EQ(prometheus.value("up"), 1);
  EXPECT_EQ(prometheus.value("holysheep_request_duration_seconds_count{route=%22/v1/chat/completions%22}"),
            made);
}

}  // namespace
}  // namespace holysheep::testing
