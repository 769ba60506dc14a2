#include "support/files.hpp"
#include "support/proxy_process.hpp"
#include "support/stage.hpp"
#include "support/tcp_server.hpp"

#include <csignal>
#include <future>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;

std::string logged(const ProxyProcess& proxy) {
  return proxy.process().out();
}

TEST(AKeyFile, IsReadAgainOnSighup) {
  TempDirectory directory;
  const auto file = directory.write("key", "the-old-key");
  Stage stage({{"HOLYSHEEP_API_KEY", ""}, {"HOLYSHEEP_API_KEY_FILE", file}});
  fetch(stage.port(), chat("gpt-4.1"));
  directory.write("key", "the-new-key");
  stage.proxy.process().signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return logged(stage.proxy).find("read again") != std::string::npos; }));
  fetch(stage.port(), chat("gpt-4.1"));
  const auto seen = stage.simulator.requests();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(recorded_header(seen[0], "authorization"), "Bearer the-old-key");
  EXPECT_EQ(recorded_header(seen[1], "authorization"), "Bearer the-new-key");
}

/// A request that is under way when the key changes, and has to be sent again on a new connection: what goes
/// out must be a key, and not the memory where one was.
TEST(AKeyFile, ReadAgainWhileARequestIsUnderWayLeavesThatOneItsKey) {
  TempDirectory directory;
  const auto file = directory.write("key", "the-old-key");
  std::promise<void> taken;
  std::promise<void> go_on;
  auto may_go_on = go_on.get_future().share();
  std::mutex mutex;
  std::vector<std::string> requests;
  TcpServer upstream([&](RawClient& connection, int) {
    for (std::string request; read_request(connection, request);) {
      bool dies = false;
      {
        const std::scoped_lock lock(mutex);
        requests.push_back(request);
        dies = requests.size() == 2;
      }
      if (dies) {  // the reused connection: taken, and closed without a word once the key has changed
        taken.set_value();
        may_go_on.wait();
        return;
      }
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"},
                      {"HOLYSHEEP_API_KEY_FILE", file},
                      {"WORKER_PROCESSES", "1"}});
  EXPECT_EQ(get(proxy.port(), "/v1/a").status, 200);
  auto under_way = std::async(std::launch::async, [&] { return get(proxy.port(), "/v1/b"); });
  taken.get_future().wait();
  directory.write("key", "the-new-key");
  proxy.process().signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return logged(proxy).find("read again") != std::string::npos; }));
  EXPECT_EQ(get(proxy.port(), "/v1/c").status, 200);
  go_on.set_value();
  EXPECT_EQ(under_way.get().status, 200);
  const std::scoped_lock lock(mutex);
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_THAT(requests[2], HasSubstr("Bearer the-new-key\r\n"));
  EXPECT_THAT(requests[3], HasSubstr("Bearer the-old-key\r\n"));
}

/// What was verified with anchors that are no longer trusted ends with the request that it serves.
TEST(TrustAnchors, ThatAreTakenBackEndConnectionsLentWhenTheyChanged) {
  SimulatorProcess upstream;
  SimulatorProcess other;
  TempDirectory directory;
  const auto anchors = directory.write("anchors.pem", read_file(upstream.ca_file()));
  auto settings = upstream.as_upstream();
  settings["SSL_CERT_FILE"] = anchors;
  settings["WORKER_PROCESSES"] = "1";
  settings["MAX_RETRIES"] = "0";
  ProxyProcess proxy(settings);
  auto under_way = std::async(std::launch::async, [&] {
    return fetch(proxy.port(), chat("gpt-4.1", false, {{"X-Sim", "sim:delay=1500"}}));
  });
  ASSERT_TRUE(eventually([&] { return upstream.request_count() == 1; }));
  directory.write("anchors.pem", read_file(other.ca_file()));
  proxy.process().signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return logged(proxy).find("read again") != std::string::npos; }));
  expect_gateway_error(fetch(proxy.port(), chat("gpt-4.1")), 502, "upstream_tls_error");
  EXPECT_EQ(under_way.get().status, 200) << "the request under way is served to its end";
  expect_gateway_error(fetch(proxy.port(), chat("gpt-4.1")), 502, "upstream_tls_error");
}

}  // namespace
}  // namespace holysheep::testing
