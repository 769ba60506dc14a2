#include <holysheep/proxy/recent_errors.hpp>

#include <thread>

#include <gtest/gtest.h>

namespace holysheep::proxy {
namespace {

RecentErrors::Entry numbered(int number) {
  RecentErrors::Entry entry;
  entry.request_id = std::to_string(number);
  entry.status = 502;
  return entry;
}

TEST(RecentErrors, KeepsTheLastOnesNewestFirst) {
  RecentErrors errors;
  EXPECT_TRUE(errors.newest_first().empty());
  for (int i = 0; i < 120; ++i) errors.add(numbered(i));
  const auto kept = errors.newest_first();
  ASSERT_EQ(kept.size(), RecentErrors::most);
  EXPECT_EQ(kept.front().request_id, "119");
  EXPECT_EQ(kept.back().request_id, "70");
}

TEST(RecentErrors, CutsWhatIsLong) {
  RecentErrors errors;
  RecentErrors::Entry entry = numbered(1);
  entry.model = std::string(100000, 'm');
  entry.check = std::string(100000, 'c');
  errors.add(entry);
  EXPECT_EQ(errors.newest_first()[0].model.size(), RecentErrors::longest_text);
  EXPECT_EQ(errors.newest_first()[0].check.size(), RecentErrors::longest_text);
}

TEST(RecentErrors, TakesErrorsFromManyThreads) {
  RecentErrors errors;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&errors] {
      for (int n = 0; n < 1000; ++n) errors.add(numbered(n));
    });
  }
  for (int n = 0; n < 100; ++n) EXPECT_LE(errors.newest_first().size(), RecentErrors::most);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(errors.newest_first().size(), RecentErrors::most);
}

TEST(RecentErrors, SayWhatToLookAtWhereUpstreamAnswered) {
  EXPECT_NE(check_upstream_status(401).find("HOLYSHEEP_API_KEY"), std::string_view::npos);
  EXPECT_NE(check_upstream_status(429).find("RATE_LIMIT_PER_SECOND"), std::string_view::npos);
  for (const unsigned status : {400, 404, 418, 500, 503, 529}) {
    EXPECT_NE(check_upstream_status(status).find("Upstream's own answer"), std::string_view::npos) << status;
  }
}

}  // namespace
}  // namespace holysheep::proxy
