#include <holysheep/policy/retry_budget.hpp>
#include <holysheep/policy/retry_policy.hpp>

#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint now{seconds(1000)};

RetryState state(unsigned retries = 0) {
  return {.retries = retries, .max_retries = 3, .now = now, .deadline = now + seconds(60), .random = 0.5};
}

AttemptEnd status(int code) {
  AttemptEnd end;
  end.status = code;
  return end;
}

AttemptEnd fault(Fault what) {
  AttemptEnd end;
  end.fault = what;
  return end;
}

TEST(RetryPolicy, RetriesExactlyTheStatusesOfTheContract) {
  for (const int code : {408, 429, 500, 502, 503, 504, 529})
    EXPECT_TRUE(decide(status(code), state()).retry()) << code;
  for (const int code : {200, 301, 400, 401, 403, 404, 409, 413, 422, 501, 505, 520}) {
    EXPECT_EQ(decide(status(code), state()).verdict, RetryVerdict::not_retryable) << code;
  }
}

TEST(RetryPolicy, RetriesAFailureToConnectAndALostConnectionButNotSilenceNorABadCertificate) {
  for (const Fault what : {Fault::dns, Fault::connect, Fault::no_socket, Fault::connect_timeout,
                           Fault::tls_handshake, Fault::connection_lost}) {
    EXPECT_TRUE(decide(fault(what), state()).retry()) << traits(what).code;
  }
  for (const Fault what :
       {Fault::silence, Fault::tls_verify, Fault::deadline, Fault::answer_cut, Fault::answer_malformed,
        Fault::queue_full, Fault::circuit_open, Fault::client_gone}) {
    EXPECT_FALSE(decide(fault(what), state()).retry()) << traits(what).code;
  }
}

TEST(RetryPolicy, UpstreamsOwnWordOverridesTheList) {
  auto no = status(503);
  no.should_retry = false;
  EXPECT_EQ(decide(no, state()).verdict, RetryVerdict::told_not_to);
  auto yes = status(409);
  yes.should_retry = true;
  EXPECT_TRUE(decide(yes, state()).retry());
}

TEST(RetryPolicy, ABadRequestIsNeverRetriedWhateverItsHeadersSay) {
  auto end = status(400);
  end.should_retry = true;
  end.advised_wait = seconds(0);
  EXPECT_EQ(decide(end, state()).verdict, RetryVerdict::not_retryable);
}

TEST(RetryPolicy, WaitsWithFullJitterDoublingFrom100MsToAtMost8S) {
  const std::vector<int> most_ms{100, 200, 400, 800, 1600, 3200, 6400, 8000, 8000};
  for (unsigned retries = 0; retries < most_ms.size(); ++retries) {
    auto at = state(retries);
    at.max_retries = 100;
    at.random = 0.5;
    EXPECT_EQ(decide(status(503), at).wait, milliseconds(most_ms[retries]) / 2) << retries;
    at.random = 0;
    EXPECT_EQ(decide(status(503), at).wait, Duration::zero()) << retries;
  }
}

TEST(RetryPolicy, UpstreamsAdviceReplacesTheBackoff) {
  auto end = status(429);
  end.advised_wait = milliseconds(1500);
  EXPECT_EQ(decide(end, state()).wait, milliseconds(1500));
}

TEST(RetryPolicy, AWaitThatWouldOutlastTheDeadlineEndsTheAttempts) {
  auto end = status(429);
  end.advised_wait = seconds(60);
  EXPECT_EQ(decide(end, state()).verdict, RetryVerdict::no_time);
  end.advised_wait = Duration::max();
  EXPECT_EQ(decide(end, state()).verdict, RetryVerdict::no_time);
}

TEST(RetryPolicy, StopsAtMaxRetriesAndAtHalfOfThemWhenAnSdkRetriesToo) {
  EXPECT_TRUE(decide(status(503), state(2)).retry());
  EXPECT_EQ(decide(status(503), state(3)).verdict, RetryVerdict::attempts_spent);
  auto sdk = state(1);
  sdk.client_retries = 1;
  EXPECT_EQ(decide(status(503), sdk).verdict, RetryVerdict::attempts_spent);
  sdk.retries = 0;
  EXPECT_TRUE(decide(status(503), sdk).retry());
}

TEST(RetryPolicy, ABodyThatHasGoneIsNotSentAgain) {
  auto end = status(503);
  end.body_replayable = false;
  EXPECT_EQ(decide(end, state()).verdict, RetryVerdict::not_replayable);
}

TEST(RetryPolicy, OnlyServerErrorsFeedTheModelsBreaker) {
  for (const int code : {500, 501, 502, 503, 504, 529, 599}) EXPECT_TRUE(feeds_breaker(code)) << code;
  for (const int code : {200, 400, 404, 408, 429, 499}) EXPECT_FALSE(feeds_breaker(code)) << code;
}

TEST(RetryBudget, NeverAllowsFewerThanThree) {
  RetryBudget budget(20);
  const auto request = budget.enter();
  std::vector<RetryPermit> held;
  for (int i = 0; i < 3; ++i) {
    auto permit = budget.try_retry();
    ASSERT_TRUE(permit) << i;
    held.push_back(std::move(*permit));
  }
  EXPECT_FALSE(budget.try_retry());
  held.pop_back();
  EXPECT_TRUE(budget.try_retry());
}

TEST(RetryBudget, AllowsItsShareOfTheRequestsInFlight) {
  RetryBudget budget(20);
  std::vector<RequestInFlight> requests;
  for (int i = 0; i < 100; ++i) requests.push_back(budget.enter());
  std::vector<RetryPermit> held;
  while (auto permit = budget.try_retry()) held.push_back(std::move(*permit));
  EXPECT_EQ(held.size(), 20u);
  requests.clear();
  held.clear();
  EXPECT_EQ(budget.requests(), 0);
  EXPECT_EQ(budget.retries(), 0);
}

/// 200 requests that fail as often as they are tried: what upstream sees is bounded by the share.
TEST(RetryBudget, AStormOfFailuresCausesAtMostItsShareOfExtraAttempts) {
  RetryBudget budget(20);
  int attempts = 200;
  std::vector<RequestInFlight> in_flight;
  for (int i = 0; i < 200; ++i) in_flight.push_back(budget.enter());
  std::vector<RetryPermit> retrying;
  // Every first attempt fails: some get a retry, the others end.
  for (int i = 0; i < 200; ++i) {
    if (auto permit = budget.try_retry()) {
      retrying.push_back(std::move(*permit));
    } else {
      in_flight.pop_back();
    }
  }
  for (int round = 0; round < 2; ++round) {
    attempts += static_cast<int>(retrying.size());
    std::vector<RetryPermit> next;
    while (!retrying.empty()) {
      retrying.pop_back();  // this retry has failed too: its permit goes back before the next is asked for
      if (auto permit = budget.try_retry()) {
        next.push_back(std::move(*permit));
      } else {
        in_flight.pop_back();
      }
    }
    retrying = std::move(next);
  }
  EXPECT_LE(attempts, 240 + 2 * RetryBudget::floor);
}

}  // namespace
}  // namespace holysheep
