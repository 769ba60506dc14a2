#include "support/provider_faults.hpp"

#include "support/raw_client.hpp"

#include <gtest/gtest.h>

namespace holysheep::testing {
namespace {

using std::chrono::milliseconds;

/// With the defaults: three retries, 0.7 s of waits between them at most.
std::vector<ProviderFault> faults(const RefusingPort& refusing) {
  constexpr milliseconds at_once{1000};
  constexpr milliseconds just_under_one_second{950};
  constexpr milliseconds just_under_two_seconds{1950};
  constexpr milliseconds longer{3500};
  const Environment impatient{{"UPSTREAM_READ_TIMEOUT", "1s"}};
  const std::string cut = "40 tokens, error event upstream_protocol_error, cut";
  const std::string stalled = "20 tokens, error event upstream_timeout, cut";
  const std::string broken = "20 tokens, error event, complete";
  const std::string endless = "60 tokens, complete";
  const std::string invalid = "whole, an event that is not JSON";
  const std::string silent = "504 gateway upstream_timeout";
  const std::string too_long = "400 context_length_exceeded";
  const std::string filtered = "400 content_filter";
  return {
      {.name = "429 with Retry-After",
       .script = "fail=1:429;retry-after=1;chunks=60",
       .alone = {{2, 0, whole, just_under_one_second, longer}},
       .with_fallback = {{2, 0, whole, just_under_one_second, longer}}},
      {.name = "429 with Retry-After past the deadline",
       .script = "status=429;retry-after=120",
       .alone = {{1, 0, "429", {}, at_once}},
       .with_fallback = {{1, 1, whole, {}, at_once}}},
      {.name = "429 for ever",
       .script = "status=429",
       .alone = {{4, 0, "429"}},
       .with_fallback = {{4, 1, whole}}},
      {.name = "500 once",
       .script = "fail=1:500;chunks=60",
       .alone = {{2, 0, whole}},
       .with_fallback = {{2, 0, whole}}},
      {.name = "503 for ever",
       .script = "status=503",
       .alone = {{4, 0, "503"}},
       .with_fallback = {{4, 1, whole}}},
      {.name = "reset before the header",
       .script = "reset=before",
       .alone = {{4, 0, "502 gateway upstream_protocol_error"}},
       .with_fallback = {{4, 1, whole}}},
      {.name = "connection refused",
       .settings = {{"API_BASE_URL", "https://127.0.0.1:" + std::to_string(refusing.number()) + "/v1"}},
       .alone = {{4, 0, "502 gateway upstream_connect_error"}},
       .with_fallback = {{1, 1, whole, {}, at_once}}},
      {.name = "DNS gone",
       .settings = {{"API_BASE_URL", "https://no-such-host.invalid/v1"}},
       .alone = {{4, 0, "502 gateway upstream_dns_error"}},
       .with_fallback = {{1, 1, whole, {}, at_once}}},
      {.name = "certificate that does not verify",
       .certificate = "selfsigned",
       .alone = {{1, 0, "502 gateway upstream_tls_error", {}, at_once}},
       .with_fallback = {{1, 1, whole, {}, at_once}}},
      {.name = "silence",
       .script = "silent",
       .settings = impatient,
       .alone = {{1, 0, silent, just_under_one_second}},
       .with_fallback = {{1, 1, whole, just_under_one_second}}},
      {.name = "header, then silence",
       .script = "stall=event:0",
       .settings = impatient,
       .alone = {{1, 0, silent, just_under_one_second}},
       .with_fallback = {{1, 1, whole, just_under_one_second}}},
      {.name = "first token after 2 s",
       .script = "pause=0:2000;chunks=60",
       .alone = {{1, 0, whole, just_under_two_seconds, longer}},
       .with_fallback = {{1, 0, whole, just_under_two_seconds, longer}}},
      {.name = "cut after 40 of 60 tokens",
       .script = "chunks=60;close=event:41",
       .alone = {{1, 0, cut, {}, at_once}},
       .with_fallback = {{1, 0, cut, {}, at_once}}},
      {.name = "stall after 20 of 60 tokens",
       .script = "chunks=60;stall=event:21",
       .settings = impatient,
       .alone = {{1, 0, stalled, just_under_one_second}},
       .with_fallback = {{1, 0, stalled, just_under_one_second}}},
      {.name = "an event of invalid JSON",
       .script = "chunks=60;invalid-json-event=10",
       .alone = {{1, 0, invalid, {}, at_once}},
       .with_fallback = {{1, 0, invalid, {}, at_once}}},
      {.name = "no [DONE]",
       .script = "chunks=60;no-done",
       .alone = {{1, 0, endless, {}, at_once}},
       .with_fallback = {{1, 0, endless, {}, at_once}}},
      {.name = "error inside 200, first",
       .script = "error-event",
       .alone = {{4, 0, "500"}},
       .with_fallback = {{4, 1, whole}}},
      {.name = "error inside 200, after 20 tokens",
       .script = "chunks=60;error-event=21",
       .alone = {{1, 0, broken, {}, at_once}},
       .with_fallback = {{1, 0, broken, {}, at_once}}},
      {.name = "400, context too long",
       .script = "status=400;error-code=context_length_exceeded",
       .alone = {{1, 0, too_long, {}, at_once}},
       .with_fallback = {{1, 0, too_long, {}, at_once}}},
      {.name = "400 of a content filter",
       .script = "status=400;error-code=content_filter;header=x-should-retry:true",
       .alone = {{1, 0, filtered, {}, at_once}},
       .with_fallback = {{1, 0, filtered, {}, at_once}}},
  };
}

TEST(AProviderFault, HasItsAttemptsAnswerAndTime) {
  const RefusingPort refusing;
  expect_as_told(faults(refusing), &ProviderFault::alone);
}

TEST(AProviderFaultWithAFallback, ReachesTheClientOnlyWhereNothingElseCould) {
  const RefusingPort refusing;
  expect_as_told(faults(refusing), &ProviderFault::with_fallback);
}

std::vector<ProviderFault> late_first_tokens() {
  constexpr milliseconds least{450};
  constexpr milliseconds most{1500};
  const Environment limit{{"FIRST_TOKEN_TIMEOUT", "500ms"}};
  const Expected alone{1, 0, "504 gateway upstream_timeout", least, most};
  const Expected with_fallback{1, 1, whole, least, most};
  std::vector<ProviderFault> all;
  for (const auto& [name, script] : {std::pair{"header at once, first token after 2 s", "pause=0:2000"},
                                     {"header and first token after 2 s", "delay=2000"},
                                     {"header, then silence", "stall=event:0"},
                                     {"no header", "silent"}}) {
    all.push_back({.name = name,
                   .script = std::string(script) + ";chunks=60",
                   .settings = limit,
                   .alone = alone,
                   .with_fallback = with_fallback});
  }
  return all;
}

TEST(AFirstTokenPastItsTimeout, CountsAsSilence) {
  expect_as_told(late_first_tokens(), &ProviderFault::alone);
}

TEST(AFirstTokenPastItsTimeout, MovesTheRequestToTheFallbackAtOnce) {
  expect_as_told(late_first_tokens(), &ProviderFault::with_fallback);
}

TEST(AFirstTokenTimeout, DoesNotEndAStreamThatHasBegun) {
  const Expected expected{1, 0, whole, milliseconds{950}, milliseconds{2500}};
  expect_as_told({{.name = "a silence after the first token",
                   .script = "pause=1:1000;chunks=60",
                   .settings = {{"FIRST_TOKEN_TIMEOUT", "500ms"}},
                   .alone = expected}},
                 &ProviderFault::alone);
}

/// The next model's name is its script, which goes before the provider's own: it is healthy.
std::vector<ProviderFault> faults_of_one_model() {
  const Environment next{{"MODEL_FALLBACKS", R"({"gpt-4.1":["sim:chunks=60"]})"}};
  return {
      {.name = "400, context too long",
       .script = "status=400;error-code=context_length_exceeded",
       .settings = next,
       .alone = {{2, 0, whole}},
       .with_fallback = {{2, 0, whole}}},
      {.name = "503 for ever", .script = "status=503", .settings = next, .alone = {{5, 0, whole}}},
      {.name = "400 of a content filter",
       .script = "status=400;error-code=content_filter",
       .settings = next,
       .alone = {{1, 0, "400 content_filter"}},
       .with_fallback = {{1, 0, "400 content_filter"}}},
  };
}

TEST(AFaultOfOneModel, MovesTheRequestToTheNextWhichIsNamed) {
  for (const auto way : {&ProviderFault::alone, &ProviderFault::with_fallback}) {
    for (const auto& row : expect_as_told(faults_of_one_model(), way)) {
      EXPECT_EQ(row.head.header("X-HolySheep-Model"), row.got == whole ? "sim:chunks=60" : "");
    }
  }
}

}  // namespace
}  // namespace holysheep::testing
