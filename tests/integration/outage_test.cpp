#include "support/stage.hpp"

#include <future>

namespace holysheep::testing {
namespace {

using std::chrono::milliseconds;

/// An outage of fifteen requests, and the breaker's reset: in the times that users see, or in a tenth of
/// them.
struct Times {
  milliseconds between;  ///< requests
  milliseconds reset;
  milliseconds back;  ///< normal service again, at most so long after upstream's return
  milliseconds slack;

  milliseconds outage() const { return between * 15; }
  std::string reset_setting() const { return std::to_string(reset.count()) + "ms"; }
};

constexpr Times tenth{milliseconds{400}, milliseconds{1000}, milliseconds{500}, milliseconds{300}};
constexpr Times real{milliseconds{4000}, milliseconds{10'000}, milliseconds{5000}, milliseconds{300}};

/// What fifteen clients got, each asking at its time whether or not the one before has been answered.
std::vector<Response> ask_through_the_outage(const Stage& stage, const Times& times) {
  std::vector<std::future<Response>> asking;
  const auto began = Clock::now();
  for (int i = 0; i < 15; ++i) {
    std::this_thread::sleep_until(began + i * times.between);
    asking.push_back(std::async(std::launch::async, [port = stage.port()] {
      return fetch(port, chat("gpt-4.1"), std::chrono::seconds{20});
    }));
  }
  std::vector<Response> answers;
  for (auto& one : asking) answers.push_back(one.get());
  std::this_thread::sleep_until(began + times.outage());
  return answers;
}

void expect_normal_service_soon(const Stage& stage, const Times& times) {
  stage.simulator.script("");
  const auto returned = Clock::now();
  EXPECT_TRUE(eventually([&] { return fetch(stage.port(), chat("gpt-4.1")).status == 200; }));
  EXPECT_LE(Clock::now() - returned, times.back + times.slack * time_scale());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1")).status, 200);
}

/// How many of the answers are the open breaker's, which say when to come back; the others have `status`.
std::size_t expect_refused_or(const std::vector<Response>& answers, int status, const Times& times) {
  std::size_t refused = 0;
  for (const auto& answer : answers) {
    if (answer.header("X-HolySheep-Error") != "circuit_open") {
      EXPECT_EQ(answer.status, status) << answer.body;
      continue;
    }
    ++refused;
    expect_gateway_error(answer, 503, "circuit_open");
    EXPECT_GT(std::atoi(answer.header("retry-after-ms").c_str()), 0);
    EXPECT_LE(std::atoi(answer.header("retry-after-ms").c_str()), times.reset.count());
  }
  return refused;
}

/// Upstream says 503 at once. Five failures open the breaker, which the first request with its three retries
/// and the second are; then each reset lets one probe through, and requests come every 0.4 of it: every third
/// finds the breaker half-open.
void expect_four_attempts_once_open(const Times& times) {
  Stage stage({{"CIRCUIT_BREAKER_RESET", times.reset_setting()}});
  stage.simulator.script("status=503");
  const auto answers = ask_through_the_outage(stage, times);
  constexpr std::size_t opening = 5;
  const auto attempts = stage.simulator.request_count();
  std::printf("503: %zu attempts for 15 requests, %zu of them opened the breaker\n", attempts, opening);
  EXPECT_LE(attempts, opening + 4);
  EXPECT_GT(attempts, opening) << "probes";
  EXPECT_GE(expect_refused_or(answers, 503, times), 15U - 2 - 4);
  expect_normal_service_soon(stage, times);
}

/// Upstream takes requests and is silent, which is never asked again. One such failure opens the breaker, and
/// takes nearly until the next request is due; with instant failures every third would be a probe, and five
/// of fifteen upstream's.
void expect_four_attempts_in_all(const Times& times) {
  Stage stage({{"CIRCUIT_BREAKER_RESET", times.reset_setting()},
               {"CIRCUIT_BREAKER_THRESHOLD", "1"},
               {"UPSTREAM_READ_TIMEOUT", std::to_string(times.between.count() * 3 / 4) + "ms"}});
  stage.simulator.script("silent");
  const auto answers = ask_through_the_outage(stage, times);
  const auto attempts = stage.simulator.request_count();
  std::printf("silence: %zu attempts for 15 requests\n", attempts);
  EXPECT_LE(attempts, 4U);
  EXPECT_GE(attempts, 2U) << "probes";
  EXPECT_GE(expect_refused_or(answers, 504, times), 11U);
  expect_normal_service_soon(stage, times);
}

TEST(AnOutage, SeesFourAttemptsOfFifteenRequestsOnceTheBreakerIsOpen) {
  expect_four_attempts_once_open(tenth);
}

TEST(AnOutage, SeesFourAttemptsOfFifteenRequestsInAllWhereOneFailureOpensTheBreaker) {
  expect_four_attempts_in_all(tenth);
}

TEST(AnOutageWithAFallback, IsSeenByNoClient) {
  const SimulatorProcess healthy;
  Stage stage({{"CIRCUIT_BREAKER_RESET", tenth.reset_setting()},
               {"SSL_CERT_FILE", healthy.ca_file()},
               {"FALLBACK_BASE_URL", healthy.base_url()},
               {"FALLBACK_API_KEY", "fallback-key"}},
              {"--cert", healthy.certificate("server.pem"), "--key", healthy.certificate("server.key")});
  stage.simulator.script("status=503");
  for (const auto& answer : ask_through_the_outage(stage, tenth))
    EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_LE(stage.simulator.request_count(), 5U + 4U);
  EXPECT_EQ(healthy.request_count(), 15U);
}

TEST(AnOutageInRealTime, SeesFourAttemptsOfFifteenRequestsOnceTheBreakerIsOpen) {
  if (!long_tests()) GTEST_SKIP() << "takes a minute: HOLYSHEEP_LONG_TESTS=1 runs it";
  expect_four_attempts_once_open(real);
}

TEST(AnOutageInRealTime, SeesFourAttemptsOfFifteenRequestsInAllWhereOneFailureOpensTheBreaker) {
  if (!long_tests()) GTEST_SKIP() << "takes a minute: HOLYSHEEP_LONG_TESTS=1 runs it";
  expect_four_attempts_in_all(real);
}

}  // namespace
}  // namespace holysheep::testing
