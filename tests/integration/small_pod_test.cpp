#include "support/files.hpp"
#include "support/memory_group.hpp"
#include "support/stage.hpp"
#include "support/stopping_crowd.hpp"

#include <iostream>
#include <string>
#include <thread>

namespace holysheep::testing {
namespace {

using Habit = StoppingCrowd::Habit;
constexpr std::uint64_t mib = std::uint64_t{1} << 20;

std::string get_head(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
}

/// 64 MiB for a pod, and clients that ask for far more than that. Whatever is refused is told so, nothing is
/// killed, and afterwards all is as before.
class APodOf64Mebibytes : public ::testing::Test {
 protected:
  static constexpr std::size_t streams = 5000;
  static constexpr std::size_t uploads = 200;

  void SetUp() override {
    std::string why;
    group_ = MemoryGroup::make(64 * mib, why);
    if (!group_) GTEST_SKIP() << "no memory cgroup can be made here: " << why;
    Environment settings = simulator_.as_upstream();
    settings["WORKER_PROCESSES"] = "2";
    settings["CACHE_SIZE_MB"] = "8";
    settings["MAX_RESPONSE_SIZE"] = "30m";
    settings["WORKER_CONNECTIONS"] = "8192";  // so that memory is what ends first
    settings["UPSTREAM_MAX_CONNECTIONS"] = "8192";
    // Thousands of handshakes at once on two cores that a simulator shares: no sign of an upstream in
    // trouble.
    settings["UPSTREAM_CONNECT_TIMEOUT"] = "40s";
    const ProxyUsed started(group_->wrapper(proxy_binary()));
    proxy_.emplace(settings);
    warm_up();
    before_ = resident();
  }

  /// As many requests at a time as connections upstream are kept: what normal service holds.
  void warm_up() {
    StoppingCrowd crowd(proxy_->port());
    crowd.add(100, Habit::drain, get_head("/v1/bytes/100000"));
    ASSERT_TRUE(crowd.run_until([&] { return crowd.settled(); }));
    ASSERT_EQ(crowd.having_status(200), 100U);
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }

  std::size_t resident() const { return proxy_->process().resident_bytes(); }

  void expect_alive(const char* when) {
    EXPECT_TRUE(proxy_->process().running()) << when << ": " << proxy_->process().err();
    EXPECT_EQ(group_->kills(), 0U) << when;
    EXPECT_EQ(get(proxy_->port(), "/health").status, 200) << when;
    tell(when);
  }

  void tell(const char* when) const {
    std::cout << when << ": " << resident() / 1024 << " KiB resident, peak of the group "
              << group_->peak() / 1024 << " KiB, limit met " << group_->failures() << " times, "
              << group_->kills() << " kills" << std::endl;
  }

  /// Everybody got 200 or was refused as the contract says.
  static void expect_told(const StoppingCrowd& crowd, const char* who) {
    std::cout << who << ": " << crowd.having_status(200) << " served, " << crowd.having_status(503)
              << " refused with 503, " << crowd.having_status(413) << " with 413, " << crowd.lost() << " lost"
              << std::endl;
    for (const auto& member : crowd.members()) {
      if (member.status == 200 || member.status == 413) continue;
      ASSERT_EQ(member.status, 503) << who << ": " << member.beginning;
      ASSERT_NE(member.beginning.find("X-HolySheep-Error: memory_pressure"), std::string::npos)
          << member.beginning;
      ASSERT_NE(member.beginning.find(R"("code":"memory_pressure")"), std::string::npos) << member.beginning;
    }
  }

  void expect_normal_service() {
    EXPECT_TRUE(eventually([&] { return get(proxy_->port(), "/ready").status == 200; }));
    EXPECT_TRUE(eventually([&] { return fetch(proxy_->port(), chat("gpt-4.1")).status == 200; }));
    EXPECT_EQ(fetch(proxy_->port(), chat("gpt-4.1", true)).status, 200);
    const bool back = eventually([&] { return resident() <= before_ * 6 / 5; }, std::chrono::seconds(12));
    EXPECT_TRUE(back) << resident() / 1024 << " KiB, before " << before_ / 1024;
    tell("afterwards");
    EXPECT_EQ(group_->kills(), 0U);
  }

  void stopped_streams_then(const std::function<void()>& meanwhile);
  void upload_and_download(std::size_t count_up, std::size_t count_down);

  SimulatorProcess simulator_{{"--no-record"}};
  std::unique_ptr<MemoryGroup> group_;
  std::optional<ProxyProcess> proxy_;
  std::size_t before_ = 0;
  const std::string body_ = std::string(10 * mib, 'x');
};

void APodOf64Mebibytes::stopped_streams_then(const std::function<void()>& meanwhile) {
  StoppingCrowd crowd(proxy_->port());
  const std::string head = get_head("/v1/stream?events=1000000&size=16000&interval_ms=0");
  // Half of them at once, then as they come.
  for (std::size_t left = streams, wave = streams / 2; left > 0; left -= wave, wave = 250) {
    crowd.add(wave, Habit::stop, head);
    ASSERT_TRUE(crowd.run_until([&] { return crowd.settled(); }, std::chrono::seconds(40)));
  }
  expect_told(crowd, "streams whose readers stop");
  expect_alive("with their readers stopped");
  std::this_thread::sleep_for(std::chrono::seconds(long_tests() ? 20 : 2));
  expect_alive("some time later");
  EXPECT_GT(crowd.having_status(200), 200U);
  meanwhile();
}

void APodOf64Mebibytes::upload_and_download(std::size_t count_up, std::size_t count_down) {
  StoppingCrowd crowd(proxy_->port());
  crowd.add(count_up, Habit::drain,
            "POST /v1/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                std::to_string(body_.size()) + "\r\n\r\n",
            body_);
  crowd.add(count_down, Habit::drain, get_head("/v1/bytes/20971520"));
  crowd.add(count_down, Habit::stop, get_head("/v1/bytes/20971520"));
  ASSERT_TRUE(crowd.run_until([&] { return crowd.settled(); }, std::chrono::seconds(60)));
  expect_told(crowd, "uploads of 10 MiB and answers of 20 MiB");
  for (const auto& member : crowd.members()) {
    if (member.status == 200 && member.habit == Habit::drain && member.body.empty()) {
      EXPECT_GT(member.received, 20 * mib);
    }
  }
  expect_alive("after uploads and large answers");
}

TEST_F(APodOf64Mebibytes, OutlivesStreamsWhoseReadersStop) {
  stopped_streams_then([&] { upload_and_download(20, 10); });
  expect_normal_service();
}

TEST_F(APodOf64Mebibytes, OutlivesHeadersThatDoNotEnd) {
  StoppingCrowd crowd(proxy_->port());
  crowd.add(4000, Habit::stop, "GET /v1/models HTTP/1.1\r\nHost: x\r\nX-Padding: " + std::string(30000, 'x'));
  ASSERT_TRUE(crowd.run_until([&] { return crowd.settled(); }, std::chrono::seconds(40)));
  EXPECT_GT(crowd.having_status(408), 100U);
  EXPECT_GT(crowd.having_status(503), 100U);
  EXPECT_EQ(crowd.having_status(408) + crowd.having_status(503), 4000U) << crowd.lost() << " lost";
  expect_alive("after headers that do not end");
  expect_normal_service();
}

TEST_F(APodOf64Mebibytes, OutlivesLargeRequestsWhoseAnswersManyMayShare) {
  std::vector<std::string> bodies;
  for (int i = 0; i < 120; ++i) {
    bodies.push_back(R"({"model":"sim:delay=4000;tag=)" + std::to_string(i) + R"(","input":")" +
                     std::string(1'000'000, 'x') + "\"}");
  }
  StoppingCrowd crowd(proxy_->port());
  for (const auto& body : bodies) {
    crowd.add(1, Habit::drain,
              "POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
              "Content-Type: application/json\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\n\r\n",
              body);
  }
  ASSERT_TRUE(crowd.run_until([&] { return crowd.settled(); }, std::chrono::seconds(60)));
  expect_told(crowd, "requests of 1 MB");
  EXPECT_GT(crowd.having_status(200), 20U);
  expect_alive("with requests of 1 MB");
  expect_normal_service();
}

TEST_F(APodOf64Mebibytes, OutlivesReadersThatStopOfWhatIsCompressed) {
  const std::string body = "\"" + noise(600'000) + "\"";
  StoppingCrowd crowd(proxy_->port());
  crowd.add(400, Habit::stop,
            "POST /v1/mirror HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: gzip\r\n"
            "Content-Type: application/json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n",
            body);
  ASSERT_TRUE(crowd.run_until([&] { return crowd.settled(); }, std::chrono::seconds(40)));
  expect_told(crowd, "readers that stop");
  expect_alive("with compressed answers stopped");
  crowd.close_all();
  expect_normal_service();
}

TEST_F(APodOf64Mebibytes, OutlivesUploadsAndLargeAnswers) {
  for (int round = 0; round < (long_tests() ? 5 : 1); ++round)
    upload_and_download(uploads, long_tests() ? 40 : 4);
  expect_normal_service();
}

}  // namespace
}  // namespace holysheep::testing
