#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <csignal>

namespace holysheep::testing {
namespace {

TEST(TheDashboard, ShowsWhatTheDaemonTells) {
  const auto admin = unused_port();
  Stage stage({{"ADMIN_PORT", std::to_string(admin)}});
  fetch(stage.port(), chat("gpt-4.1"));
  fetch(stage.port(), chat("sim:status=400"));
  nlohmann::json feed;
  // A request is counted once its answer has gone: the client may be faster.
  EXPECT_TRUE(eventually([&] {
    feed = nlohmann::json::parse(get(admin, "/dashboard.json").body);
    return feed["usage"]["totals"]["requests"] == 2 && feed["errors"].size() == 1;
  })) << feed.dump();
  EXPECT_EQ(feed["ready"]["status"], "ready");
  ASSERT_EQ(feed["errors"].size(), 1U);
  EXPECT_EQ(feed["errors"][0]["status"], 400);
  EXPECT_FALSE(feed["errors"][0]["check"].get<std::string>().empty());
  EXPECT_TRUE(feed["metrics"].contains("holysheep_requests_total"));
  const auto page = get(admin, "/");
  EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.header("X-Content-Type-Options"), "nosniff");
  EXPECT_NE(page.header("Content-Security-Policy").find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(get(stage.port(), "/dashboard.json").status, 404);
}

TEST(TheDashboard, TakesAProbesNoForNoError) {
  const auto admin = unused_port();
  Stage stage({{"ADMIN_PORT", std::to_string(admin)}, {"SHUTDOWN_DELAY", "5s"}});
  fetch(stage.port(), chat("sim:status=400"));
  stage.proxy.process().signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return get(stage.port(), "/ready").status == 503; }));
  const auto feed = nlohmann::json::parse(get(admin, "/dashboard.json").body);
  ASSERT_EQ(feed["errors"].size(), 1U) << feed["errors"].dump();
  EXPECT_EQ(feed["errors"][0]["status"], 400);
}

/// The page itself, in headless Chromium (tests/dashboard/daemon.test.mjs).
TEST(TheDashboard, RunsInABrowser) {
  const auto admin = unused_port();
  Stage stage({{"ADMIN_PORT", std::to_string(admin)}});
  for (int i = 0; i < 5; ++i) fetch(stage.port(), chat("gpt-4.1", i % 2 == 0));
  const auto ended =
      run_to_end(HOLYSHEEP_SOURCE_DIR "/tests/dashboard/run.sh",
                 {"http://127.0.0.1:" + std::to_string(admin) + "/"}, {}, std::chrono::seconds(60));
  if (ended.code() == 77) GTEST_SKIP() << ended.err;
  EXPECT_EQ(ended.code(), 0) << ended.out << ended.err;
}

}  // namespace
}  // namespace holysheep::testing
