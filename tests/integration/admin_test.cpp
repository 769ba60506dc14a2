#include "support/raw_client.hpp"
#include "support/stage.hpp"
#include "support/tcp_server.hpp"

namespace holysheep::testing {
namespace {

class TheAdminPort : public ::testing::Test {
 protected:
  std::uint16_t admin = unused_port();
  Stage stage{{{"ADMIN_PORT", std::to_string(admin)}, {"HOLYSHEEP_API_KEY", "sk-admin-marker"}}};
};

TEST_F(TheAdminPort, AnswersHealthAndReadiness) {
  EXPECT_EQ(get(admin, "/health").body, R"({"status":"ok"})");
  const auto ready = get(admin, "/ready");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(nlohmann::json::parse(ready.body)["upstream"]["breaker"], "closed");
  EXPECT_EQ(get(admin, "/nothing").status, 404);
}

TEST_F(TheAdminPort, ShowsTheEffectiveSettingsWithoutTheirSecrets) {
  const auto config = get(admin, "/config");
  EXPECT_EQ(config.status, 200);
  const auto json = nlohmann::json::parse(config.body);
  EXPECT_EQ(json["MAX_RETRIES"]["source"], "default");
  EXPECT_EQ(json["HOLYSHEEP_API_KEY"]["source"], "environment");
  EXPECT_EQ(config.body.find("sk-admin-marker"), std::string::npos);
}

TEST_F(TheAdminPort, RefusesWhatIsNoQuestion) {
  const auto refused = post_json(admin, "/metrics", R"({"a":"body"})");
  EXPECT_EQ(refused.status, 405) << refused.failure;
  EXPECT_EQ(refused.header("Allow"), "GET, HEAD");
}

TEST_F(TheAdminPort, AnswersWhoComesAfterACrowdThatSaysNothing) {
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int i = 0; i < 200; ++i) crowd.push_back(std::make_unique<RawClient>(admin));
  crowd.clear();
  EXPECT_EQ(get(admin, "/health").status, 200);
}

TEST_F(TheAdminPort, IsNotToBeHadThroughTheClientPort) {
  EXPECT_EQ(get(stage.port(), "/config").status, 404);
  EXPECT_EQ(get(stage.port(), "/metrics").status, 404);
}

TEST(AnOptionsRequest, ThatMayGoNoFurtherIsAnsweredHere) {
  Stage stage;
  const auto options = [&](std::string_view hops, std::string_view id) {
    RawClient client(stage.port());
    client.send("OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-Id: " +
                std::string(id) + "\r\nMax-Forwards: " + std::string(hops) + "\r\n\r\n");
    client.read_to_end();
    return std::string(client.take());
  };
  const auto here = options("0", "ends-here");
  EXPECT_TRUE(here.starts_with("HTTP/1.1 200 OK\r\n")) << here;
  EXPECT_NE(here.find("\r\nAllow: "), std::string::npos);
  EXPECT_TRUE(stage.simulator.requests_of("ends-here").empty());
  options("1", "goes-on");
  ASSERT_EQ(stage.simulator.requests_of("goes-on").size(), 1U);
}

}  // namespace
}  // namespace holysheep::testing
