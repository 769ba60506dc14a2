#include <holysheep/proxy/loop_metrics.hpp>

#include <set>
#include <thread>

#include <gtest/gtest.h>

namespace holysheep::proxy {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

template <class Histogram>
auto counted_by(const Histogram& histogram) {
  typename Histogram::Counts counts;
  histogram.add_to(counts);
  return counts;
}

class LoopMetricsTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::uint64_t requests(RouteLabel route, unsigned status) const {
    return metrics.cells().requests[static_cast<std::size_t>(route)][status_label(status)].get();
  }

  TimedModels models;
  LoopMetrics metrics{models};
};

TEST(RouteLabels, AreThoseOfTheRoutes) {
  const auto label = [](std::string_view path) { return name(route_label(http::route(path))); };
  EXPECT_EQ(label("/v1/chat/completions"), "/v1/chat/completions");
  EXPECT_EQ(label("/v1/v1/messages"), "/v1/messages");
  EXPECT_EQ(label("/v1/messages/count_tokens"), "/v1/messages/count_tokens");
  EXPECT_EQ(label("/v1/responses/resp_1/cancel"), "/v1/responses");
  EXPECT_EQ(label("/v1/embeddings"), "/v1/embeddings");
  EXPECT_EQ(label("/v1/models/gpt-4.1"), "/v1/models");
  EXPECT_EQ(label("/v1/completions"), "/v1/completions");
  EXPECT_EQ(label("/v1/files/17"), "/v1/other");
  EXPECT_EQ(label("/v1beta/models/gemini:generateContent"), "/v1beta/models");
  EXPECT_EQ(label("/v1beta/files"), "/v1beta/other");
  EXPECT_EQ(label("/health"), "/health");
  EXPECT_EQ(label("/ready"), "/ready");
  EXPECT_EQ(label("/wp-login.php"), "other");
  EXPECT_EQ(label(""), "other");
}

TEST(StatusLabels, AreThreeDigitsOrOther) {
  std::set<std::string_view> names;
  for (unsigned status = 0; status < 1200; ++status) {
    const auto name = status_name(status_label(status));
    EXPECT_TRUE(name == std::to_string(status) || name == "other") << status;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), status_label_count);
  for (const unsigned status : {200U, 301U, 429U, 499U, 500U, 502U, 504U, 520U, 529U}) {
    EXPECT_EQ(status_name(status_label(status)), std::to_string(status));
  }
  EXPECT_EQ(status_name(status_label(299)), "other");
}

TEST(AttemptLabels, AreTheStatussClassOrWhatWentWrong) {
  const auto outcome = [](Fault fault, unsigned status) { return name(attempt_outcome(fault, status)); };
  EXPECT_EQ(outcome(Fault::none, 100), "1xx");
  EXPECT_EQ(outcome(Fault::none, 200), "2xx");
  EXPECT_EQ(outcome(Fault::none, 308), "3xx");
  EXPECT_EQ(outcome(Fault::none, 404), "4xx");
  EXPECT_EQ(outcome(Fault::none, 429), "429");
  EXPECT_EQ(outcome(Fault::none, 529), "5xx");
  EXPECT_EQ(outcome(Fault::dns, 0), "upstream_dns_error");
  EXPECT_EQ(outcome(Fault::tls_handshake, 0), "upstream_tls_error");
  EXPECT_EQ(outcome(Fault::tls_verify, 0), "upstream_tls_error");
  EXPECT_EQ(outcome(Fault::answer_cut, 200), "upstream_protocol_error");
  EXPECT_EQ(outcome(Fault::deadline, 0), "upstream_timeout");
  EXPECT_EQ(outcome(Fault::response_too_large, 200), "response_too_large");
  EXPECT_EQ(outcome(Fault::client_gone, 0), "client_gone");
  EXPECT_EQ(outcome(Fault::bad_request, 0), "client_gone");
}

TEST(RetryReasons, AreTheStatusOrWhatWentWrong) {
  const auto reason = [](Fault fault, unsigned status) { return name(retry_reason(fault, status)); };
  for (const unsigned status : {408U, 429U, 500U, 502U, 503U, 504U, 529U}) {
    EXPECT_EQ(reason(Fault::none, status), std::to_string(status));
  }
  EXPECT_EQ(reason(Fault::none, 409), "other");
  EXPECT_EQ(reason(Fault::connection_lost, 0), "upstream_protocol_error");
  EXPECT_EQ(reason(Fault::connect_timeout, 503), "upstream_timeout");
}

TEST(TimedModels, AreTheFirstTwentyAndTheRestAreOne) {
  TimedModels models;
  EXPECT_EQ(models.place_of(""), 0U);
  for (int i = 1; i < 20; ++i)
    EXPECT_EQ(models.place_of("m" + std::to_string(i)), static_cast<std::size_t>(i));
  EXPECT_EQ(models.place_of("late"), TimedModels::other);
  EXPECT_EQ(models.place_of("m7"), 7U);
  EXPECT_EQ(models.place_of("none"), 0U);
  EXPECT_EQ(models.size(), 20U);
  EXPECT_EQ(models.name(0), "none");
  EXPECT_EQ(models.name(7), "m7");
  EXPECT_EQ(models.name(TimedModels::other), "other");
}

TEST(TimedModels, AModelCalledOtherTakesNoPlace) {
  TimedModels models;
  EXPECT_EQ(models.place_of("other"), TimedModels::other);
  EXPECT_EQ(models.size(), 0U);
}

TEST(TimedModels, ThreadsAgreeOnThePlaces) {
  TimedModels models;
  std::array<std::array<std::size_t, 30>, 4> places{};
  std::vector<std::thread> threads;
  for (auto& mine : places) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < mine.size(); ++i) mine[i] = models.place_of("m" + std::to_string(i));
    });
  }
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < 30; ++i) {
    const auto now = models.place_of("m" + std::to_string(i));
    for (const auto& theirs : places) EXPECT_EQ(theirs[i], now);
  }
}

TEST_F(LoopMetricsTest, AnEndedRequestIsCountedByRouteAndStatus) {
  metrics.ended({.route = RouteLabel::messages,
                 .status = 200,
                 .total = milliseconds(3),
                 .request_bytes = 10,
                 .response_bytes = 20});
  metrics.ended({.route = RouteLabel::messages,
                 .status = 200,
                 .total = seconds(200),
                 .request_bytes = 1,
                 .response_bytes = 2});
  metrics.ended({.route = RouteLabel::health, .status = 200});
  EXPECT_EQ(requests(RouteLabel::messages, 200), 2U);
  EXPECT_EQ(requests(RouteLabel::health, 200), 1U);
  EXPECT_EQ(requests(RouteLabel::messages, 500), 0U);
  EXPECT_EQ(metrics.cells().request_bytes.get(), 11U);
  EXPECT_EQ(metrics.cells().response_bytes.get(), 22U);
  const auto durations =
      counted_by(metrics.cells().durations[static_cast<std::size_t>(RouteLabel::messages)]);
  EXPECT_EQ(durations.buckets[3], 1U);
  EXPECT_EQ(durations.buckets[17], 1U);
  EXPECT_EQ(durations.sum, 200'003'000'000.0);
}

TEST_F(LoopMetricsTest, OnlyWhatARequestHadIsObserved) {
  metrics.ended({.route = RouteLabel::messages, .status = 200});
  EXPECT_EQ(counted_by(metrics.cells().queued).count(), 0U);
  EXPECT_EQ(counted_by(metrics.cells().upstream_first_byte).count(), 0U);
  EXPECT_EQ(counted_by(metrics.cells().overhead).count(), 0U);
  for (const auto& result : metrics.cells().cache) EXPECT_EQ(result.get(), 0U);
  metrics.ended({.status = 200,
                 .queued = Duration::zero(),
                 .upstream_first_byte = milliseconds(40),
                 .overhead = microseconds(60),
                 .cache = CacheResult::coalesced});
  EXPECT_EQ(counted_by(metrics.cells().queued).buckets[0], 1U);
  EXPECT_EQ(counted_by(metrics.cells().upstream_first_byte).buckets[6], 1U);
  EXPECT_EQ(counted_by(metrics.cells().overhead).buckets[1], 1U);
  EXPECT_EQ(metrics.cells().cache[static_cast<std::size_t>(CacheResult::coalesced)].get(), 1U);
}

TEST_F(LoopMetricsTest, ANegativeDurationIsZero) {
  metrics.ended({.status = 200, .overhead = -milliseconds(1)});
  EXPECT_EQ(counted_by(metrics.cells().overhead).buckets[0], 1U);
  EXPECT_EQ(counted_by(metrics.cells().overhead).sum, 0);
}

TEST_F(LoopMetricsTest, APartialAnswerIsOneWithStatus200ThatEndedEarly) {
  metrics.ended({.status = 200, .fault = Fault::answer_cut, .broken = true});
  metrics.ended({.status = 200, .partial = true});
  metrics.ended({.status = 503, .fault = Fault::queue_full, .partial = true});
  EXPECT_EQ(metrics.cells().partial_answers.get(), 2U);
  EXPECT_EQ(metrics.cells().gateway_errors[static_cast<std::size_t>(Fault::answer_cut)].get(), 1U);
  EXPECT_EQ(metrics.cells().gateway_errors[static_cast<std::size_t>(Fault::queue_full)].get(), 1U);
  EXPECT_EQ(metrics.cells().gateway_errors[static_cast<std::size_t>(Fault::none)].get(), 0U);
}

TEST_F(LoopMetricsTest, TokensAreObservedWhereThereAreAny) {
  metrics.used_tokens(100, 0);
  metrics.used_tokens(4, 2'000'000);
  EXPECT_EQ(counted_by(metrics.cells().input_tokens).count(), 2U);
  EXPECT_EQ(counted_by(metrics.cells().input_tokens).buckets[1], 1U);
  EXPECT_EQ(counted_by(metrics.cells().output_tokens).count(), 1U);
  EXPECT_EQ(counted_by(metrics.cells().output_tokens).buckets[11], 1U);
}

TEST_F(LoopMetricsTest, TheFirstTokenIsTimedByModel) {
  LoopMetrics neighbour(models);
  neighbour.first_token("claude-sonnet-4.5", milliseconds(200));
  metrics.first_token("gpt-4.1", milliseconds(70));
  EXPECT_EQ(counted_by(neighbour.cells().first_token[0]).buckets[2], 1U);
  EXPECT_EQ(counted_by(metrics.cells().first_token[1]).buckets[1], 1U);
  for (int i = 0; i < 30; ++i) metrics.first_token("m" + std::to_string(i), seconds(1));
  EXPECT_EQ(counted_by(metrics.cells().first_token[TimedModels::other]).count(), 12U);
}

TEST_F(LoopMetricsTest, AttemptsRetriesFallbacksAndRefusalsAreCounted) {
  metrics.attempted(false, Fault::none, 503);
  metrics.attempted(true, Fault::connect, 0);
  metrics.retried(Fault::none, 503);
  metrics.retry_refused();
  metrics.fell_back(FallbackTo::model);
  metrics.queue_refused(Fault::queue_full);
  metrics.queue_refused(Fault::circuit_open);
  metrics.lagged(milliseconds(20));
  const auto& cells = metrics.cells();
  EXPECT_EQ(cells.attempts[0][static_cast<std::size_t>(AttemptOutcome::status_5xx)].get(), 1U);
  EXPECT_EQ(cells.attempts[1][static_cast<std::size_t>(AttemptOutcome::connect_error)].get(), 1U);
  EXPECT_EQ(cells.retries[static_cast<std::size_t>(RetryReason::status_503)].get(), 1U);
  EXPECT_EQ(cells.retries_refused.get(), 1U);
  EXPECT_EQ(cells.fallbacks[1].get(), 1U);
  EXPECT_EQ(cells.queue_refusals[1].get(), 1U);
  EXPECT_EQ(cells.queue_refusals[0].get() + cells.queue_refusals[2].get(), 0U);
  EXPECT_EQ(counted_by(cells.lag).buckets[8], 1U);
}

TEST_F(LoopMetricsTest, WhatIsUnderWayIsCountedAsLongAsItsGuardLives) {
  const auto request = metrics.request_in_flight();
  {
    const auto other = metrics.request_in_flight();
    const auto stream = metrics.open_stream();
    EXPECT_EQ(metrics.cells().in_flight.get(), 2);
    EXPECT_EQ(metrics.cells().streams_open.get(), 1);
  }
  EXPECT_EQ(metrics.cells().in_flight.get(), 1);
  EXPECT_EQ(metrics.cells().streams_open.get(), 0);
}

}  // namespace
}  // namespace holysheep::proxy
