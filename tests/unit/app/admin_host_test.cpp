#include <holysheep/app/admin_host.hpp>

#include <gtest/gtest.h>

namespace holysheep::app {
namespace {

TEST(TheAdminPortsHost, MayBeWhatToolsAndPortForwardsSend) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:9090", "10.1.2.3:9090", "[::1]", "[::1]:9090", "localhost",
                           "LocalHost:9090", "localhost.", "dashboard.localhost:9090"}) {
    EXPECT_TRUE(is_local_host(host)) << host;
  }
}

TEST(TheAdminPortsHost, MayBeTheNameOfAServiceInTheCluster) {
  for (const char* host : {"holysheep-proxy:9090", "holysheep_proxy", "proxy.llm.svc", "Proxy.LLM.svc.:9090",
                           "10-1-2-3.proxy.llm.svc.cluster.local:9090"}) {
    EXPECT_TRUE(is_local_host(host)) << host;
  }
}

/// How a container calls its machine, and clouds their own.
TEST(TheAdminPortsHost, MayBeANameOfThePrivateTopLevelDomain) {
  for (const char* host : {"host.docker.internal:9090", "ip-10-0-0-1.ec2.internal", "HOST.Internal."}) {
    EXPECT_TRUE(is_local_host(host)) << host;
  }
  for (const char* host : {"internal.example", "a.notinternal", "a.internal.example:9090"}) {
    EXPECT_FALSE(is_local_host(host)) << host;
  }
}

TEST(TheAdminPortsHost, MayNotBeANameThatSomebodyCanRegister) {
  for (const char* host : {"evil.example", "evil.example:9090", "localhost.evil.example", "127.0.0.1.nip.io",
                           "proxy.svc.evil.example", "svc.example", "a.xsvc", "cluster.local.evil.example",
                           "127.1.evil", "a.notcluster.local", "evil.example."}) {
    EXPECT_FALSE(is_local_host(host)) << host;
  }
}

TEST(TheAdminPortsHost, MayNotBeWhatIsNoHost) {
  for (const char* host :
       {"", ":9090", ".", "a b", "user@localhost", "localhost:90x", "localhost:1:2", "[::1", "[]",
        "[evil.example]", "localhost/", "localhost,evil.example", "::1", "[::1]x"}) {
    EXPECT_FALSE(is_local_host(host)) << host;
  }
  EXPECT_FALSE(is_local_host(std::string(300, 'a')));
}

}  // namespace
}  // namespace holysheep::app
