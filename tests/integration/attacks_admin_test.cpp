#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A page in somebody's browser whose own name has come to resolve to 127.0.0.1 (DNS rebinding): what it asks
/// is of the same origin for the browser, so that nothing but Host tells.
class ARebindingPage : public ::testing::Test {
 protected:
  std::string ask(const std::string& head) const {
    RawClient client(admin_);
    client.send(head + "\r\n");
    EXPECT_EQ(client.read_to_end(), ReadEnd::eof);
    return client.take();
  }
  std::string page_asks(const std::string& path, const std::string& host) const {
    return ask("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n");
  }

  const std::uint16_t admin_ = unused_port();
  const ProxyProcess proxy_{{{"ADMIN_PORT", std::to_string(admin_)},
                             {"API_BASE_URL", "http://127.0.0.1:1/v1"},
                             {"CACHE_SIZE_MB", "0"}}};
};

TEST_F(ARebindingPage, ReadsNothingOfTheAdminPort) {
  for (const char* path :
       {"/", "/usage", "/metrics", "/config", "/dashboard.json", "/nothing", "/usage?a=b"}) {
    const auto answer = page_asks(path, "rebound.example:" + std::to_string(admin_));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 421 ")) << path;
    EXPECT_THAT(answer, HasSubstr("ask by address")) << path;
    EXPECT_THAT(answer, Not(HasSubstr("API_BASE_URL"))) << path;
  }
}

TEST_F(ARebindingPage, IsNotHelpedByASecondHostOrNone) {
  EXPECT_THAT(ask("GET /usage HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example\r\n"),
              StartsWith("HTTP/1.1 4"));
  EXPECT_THAT(ask("GET /usage HTTP/1.1\r\n"), StartsWith("HTTP/1.1 421 "));
  EXPECT_THAT(ask("GET http://rebound.example/usage HTTP/1.1\r\nHost: rebound.example\r\n"),
              StartsWith("HTTP/1.1 421 "));
}

TEST_F(ARebindingPage, LearnsNoMoreFromTheProbesThanFromTheClientPort) {
  EXPECT_THAT(page_asks("/health", "kubelet.probe.example"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(page_asks("/ready", "kubelet.probe.example"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ARebindingPage, DoesNotStandInTheWayOfToolsPortForwardsAndServices) {
  const std::string port = ":" + std::to_string(admin_);
  for (const std::string& host :
       {"127.0.0.1" + port, "localhost" + port, "[::1]" + port, std::string("10.1.2.3:9090"),
        std::string("holysheep-proxy-admin:9090"), std::string("proxy.llm.svc.cluster.local:9090")}) {
    EXPECT_THAT(page_asks("/usage", host), StartsWith("HTTP/1.1 200 ")) << host;
  }
  EXPECT_THAT(ask("GET /usage HTTP/1.0\r\n"), HasSubstr(" 200 "));
}

TEST_F(ARebindingPage, CannotLoadAnAnswerIntoAPageOfItsOwnEither) {
  EXPECT_THAT(page_asks("/usage", "localhost"),
              HasSubstr("\r\nCross-Origin-Resource-Policy: same-origin\r\n"));
}

}  // namespace
}  // namespace holysheep::testing
