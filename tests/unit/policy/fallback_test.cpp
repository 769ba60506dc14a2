#include <holysheep/policy/fallback.hpp>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

constexpr FallbackState nowhere_else{};
constexpr FallbackState with_second{.second_upstream = true};
constexpr FallbackState with_models{.models = true};
constexpr FallbackState with_both{.second_upstream = true, .models = true};
constexpr FallbackState at_second{
    .stage = FallbackState::Stage::second_upstream, .second_upstream = true, .models = true};
constexpr FallbackState at_models{
    .stage = FallbackState::Stage::other_models, .second_upstream = true, .models = true};
constexpr FallbackState at_last_model{.stage = FallbackState::Stage::other_models, .second_upstream = true};

AttemptEnd failed(Fault fault) {
  return {.fault = fault};
}

AttemptEnd answered(int status) {
  return {.status = status};
}

class AFaultThatLeavesAtOnce : public ::testing::TestWithParam<Fault> {};

TEST_P(AFaultThatLeavesAtOnce, GoesToTheSecondUpstreamWithoutARetry) {
  const auto verdict = traits(GetParam()).retryable ? RetryVerdict::retry : RetryVerdict::not_retryable;
  EXPECT_EQ(next_step(failed(GetParam()), verdict, true, with_second), NextStep::second_upstream);
  EXPECT_EQ(next_step(failed(GetParam()), verdict, true, with_both), NextStep::second_upstream);
}

TEST_P(AFaultThatLeavesAtOnce, GoesOnToOtherModelsFromTheSecondUpstreamOnceItsRetriesAreSpent) {
  EXPECT_EQ(next_step(failed(GetParam()), RetryVerdict::attempts_spent, false, at_second),
            NextStep::next_model);
  EXPECT_EQ(next_step(failed(GetParam()), RetryVerdict::not_retryable, false, at_second),
            NextStep::next_model);
}

INSTANTIATE_TEST_SUITE_P(Each, AFaultThatLeavesAtOnce,
                         ::testing::Values(Fault::dns, Fault::connect, Fault::no_socket,
                                           Fault::connect_timeout, Fault::tls_handshake, Fault::tls_verify,
                                           Fault::circuit_open, Fault::silence, Fault::send_timeout),
                         [](const auto& each) {
                           return "fault_" + std::to_string(static_cast<int>(each.param));
                         });

TEST(Fallback, WithoutAnythingConfiguredRetriesAndStopsAsTheRetryPolicySays) {
  EXPECT_EQ(next_step(answered(503), RetryVerdict::retry, true, nowhere_else), NextStep::retry);
  EXPECT_EQ(next_step(answered(503), RetryVerdict::retry, false, nowhere_else), NextStep::stop);
  EXPECT_EQ(next_step(answered(503), RetryVerdict::attempts_spent, false, nowhere_else), NextStep::stop);
  EXPECT_EQ(next_step(failed(Fault::connect), RetryVerdict::retry, true, nowhere_else), NextStep::retry);
  EXPECT_EQ(next_step(failed(Fault::silence), RetryVerdict::not_retryable, false, nowhere_else),
            NextStep::stop);
}

TEST(Fallback, AnyOtherRetryableOutcomeGoesOnlyAfterItsRetries) {
  EXPECT_EQ(next_step(answered(503), RetryVerdict::retry, true, with_second), NextStep::retry);
  EXPECT_EQ(next_step(answered(503), RetryVerdict::attempts_spent, false, with_second),
            NextStep::second_upstream_once);
  EXPECT_EQ(next_step(answered(429), RetryVerdict::no_time, false, with_second),
            NextStep::second_upstream_once);
}

TEST(Fallback, ARetryThatTheBudgetRefusesGoesInstead) {
  EXPECT_EQ(next_step(answered(500), RetryVerdict::retry, false, with_second),
            NextStep::second_upstream_once);
  EXPECT_EQ(next_step(answered(500), RetryVerdict::retry, false, with_models), NextStep::next_model);
}

TEST(Fallback, APauseThatOutlastsTheDeadlineGoesAtOnce) {
  AttemptEnd paused = failed(Fault::queue_timeout);
  paused.paused_too_long = true;
  EXPECT_EQ(next_step(paused, RetryVerdict::not_retryable, false, with_second), NextStep::second_upstream);
  EXPECT_EQ(next_step(paused, RetryVerdict::not_retryable, false, with_models), NextStep::next_model);
}

TEST(Fallback, ThePodsOwnRefusalsGoNowhere) {
  for (const Fault fault : {Fault::queue_full, Fault::queue_timeout, Fault::rate_limited, Fault::draining}) {
    EXPECT_EQ(next_step(failed(fault), RetryVerdict::not_retryable, false, with_both), NextStep::stop);
  }
}

TEST(Fallback, WhatTheClientDidWrongGoesNowhere) {
  for (const int status : {400, 401, 403, 404, 413, 422}) {
    EXPECT_EQ(next_step(answered(status), RetryVerdict::not_retryable, false, with_both), NextStep::stop)
        << status;
  }
  EXPECT_EQ(next_step(answered(500), RetryVerdict::told_not_to, false, with_both), NextStep::stop);
}

TEST(Fallback, WhatTheClientDidWrongIsRetriedWhereUpstreamSaysSoAndStillGoesNowhere) {
  for (const int status : {401, 403, 404, 413, 422}) {
    EXPECT_EQ(next_step(answered(status), RetryVerdict::retry, true, with_both), NextStep::retry) << status;
    EXPECT_EQ(next_step(answered(status), RetryVerdict::attempts_spent, false, with_both), NextStep::stop);
  }
}

TEST(Fallback, TheSecondUpstreamGetsOneAttemptWhereTheRetriesWereTheFirsts) {
  constexpr FallbackState once{
      .stage = FallbackState::Stage::second_upstream, .second_upstream = true, .models = false, .once = true};
  EXPECT_EQ(next_step(answered(503), RetryVerdict::retry, true, once), NextStep::stop);
}

TEST(Fallback, ATooLongContextGoesToOtherModelsAlone) {
  AttemptEnd end = answered(400);
  end.context_too_long = true;
  EXPECT_EQ(next_step(end, RetryVerdict::not_retryable, false, with_both), NextStep::next_model);
  EXPECT_EQ(next_step(end, RetryVerdict::not_retryable, false, with_second), NextStep::stop);
}

TEST(Fallback, OtherModelsGetOneAttemptEach) {
  EXPECT_EQ(next_step(answered(503), RetryVerdict::retry, true, at_models), NextStep::next_model);
  EXPECT_EQ(next_step(answered(503), RetryVerdict::retry, true, at_last_model), NextStep::stop);
  EXPECT_EQ(next_step(failed(Fault::connect), RetryVerdict::retry, true, at_last_model), NextStep::stop);
}

TEST(Fallback, TheSecondUpstreamIsRetriedLikeTheFirstAndLeftForModelsOnly) {
  EXPECT_EQ(next_step(answered(503), RetryVerdict::retry, true, at_second), NextStep::retry);
  EXPECT_EQ(next_step(answered(503), RetryVerdict::attempts_spent, false, at_second), NextStep::next_model);
}

TEST(Fallback, NothingGoesOnWithoutItsBodyOrPastItsDeadline) {
  AttemptEnd spent = failed(Fault::connection_lost);
  spent.body_replayable = false;
  EXPECT_EQ(next_step(spent, RetryVerdict::not_replayable, false, with_both), NextStep::stop);
  AttemptEnd late = failed(Fault::silence);
  late.out_of_time = true;
  EXPECT_EQ(next_step(late, RetryVerdict::not_retryable, false, with_both), NextStep::stop);
}

}  // namespace
}  // namespace holysheep
