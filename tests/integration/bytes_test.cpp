#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <algorithm>

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t mebibyte = 1024 * 1024;

class BodyBytes : public ::testing::TestWithParam<std::tuple<std::size_t, bool>> {
 protected:
  static void SetUpTestSuite() { stage_ = new Stage({{"MAX_RESPONSE_SIZE", "64m"}}); }
  static void TearDownTestSuite() { delete std::exchange(stage_, nullptr); }
  static inline Stage* stage_ = nullptr;
};

TEST_P(BodyBytes, GoUpAndComeBackExactly) {
  const auto [size, chunked] = GetParam();
  const auto body = noise(size);
  const auto response = fetch(stage_->port(), {.method = "POST",
                                               .target = "/v1/mirror",
                                               .headers = {{"Content-Type", "application/octet-stream"}},
                                               .body = body,
                                               .chunked = chunked});
  EXPECT_EQ(response.status, 200) << response.failure;
  EXPECT_EQ(response.end, BodyEnd::complete);
  EXPECT_EQ(response.body.size(), size);
  EXPECT_EQ(sha256(response.body), sha256(body));
}

TEST_P(BodyBytes, ComeDownExactlyWhateverTheirFraming) {
  const auto [size, chunked] = GetParam();
  std::string expected(size, '\0');
  for (std::size_t at = 0; at < size; ++at) expected[at] = static_cast<char>((at * 31 + (at >> 8U)) & 0xFFU);
  for (const char* framing : chunked ? std::vector{"?chunked=1"} : std::vector{"", "?close=1"}) {
    const auto response = get(stage_->port(), "/v1/bytes/" + std::to_string(size) + framing);
    EXPECT_EQ(response.status, 200) << framing << response.failure;
    EXPECT_EQ(response.end, BodyEnd::complete) << framing;
    EXPECT_EQ(sha256(response.body), sha256(expected)) << framing;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, BodyBytes,
                         ::testing::Combine(::testing::Values(0, 1, 4095, 4096, 4097, 65536, mebibyte + 1,
                                                              49 * mebibyte),
                                            ::testing::Bool()),
                         [](const auto& each) {
                           return std::to_string(std::get<0>(each.param)) +
                                  (std::get<1>(each.param) ? "_chunked" : "_length");
                         });

class HeaderLines : public ::testing::Test {
 protected:
  /// The header lines that upstream got for these.
  std::vector<std::vector<std::string>> forwarded(const std::string& lines, const std::string& query = "") {
    RawClient client(stage_.port());
    client.send("GET /v1/echo" + query + " HTTP/1.1\r\nHost: proxy.test\r\n" + lines +
                "Connection: close\r\n\r\n");
    client.read_to_end();
    const auto body = client.received().find("{\"method\"");
    EXPECT_NE(body, std::string::npos) << client.received();
    if (body == std::string::npos) return {};
    const auto end = client.received().rfind('}') + 1;
    auto echo = nlohmann::json::parse(client.received().substr(body, end - body), nullptr, false);
    EXPECT_TRUE(echo.is_object()) << client.received();
    if (!echo.is_object()) return {};
    target_ = echo["target"];
    return echo["headers"].get<std::vector<std::vector<std::string>>>();
  }

  Stage stage_;
  std::string target_;
};

/// The lines whose name, in any case, is among `names`.
std::vector<std::string> picked(const std::vector<std::vector<std::string>>& lines,
                                const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const auto& line : lines) {
    std::string lower = line[0];
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (std::ranges::find(names, lower) != names.end()) out.push_back(line[0] + ": " + line[1]);
  }
  return out;
}

TEST_F(HeaderLines, PassInOrderWithTheirCaseAndTheirDuplicates) {
  const auto lines = forwarded("x-B: 1\r\nX-a: 2\r\nX-b: 3\r\nACCEPT: a/b\r\nAccept: c/d\r\nX-Empty:\r\n");
  EXPECT_THAT(picked(lines, {"x-a", "x-b", "accept", "x-empty"}),
              ElementsAre("x-B: 1", "X-a: 2", "X-b: 3", "ACCEPT: a/b", "Accept: c/d", "X-Empty: "));
}

TEST_F(HeaderLines, OfOneHopAreDropped) {
  const auto lines = forwarded(
      "Connection: keep-alive, X-Drop\r\nX-Drop: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n"
      "Upgrade: websocket\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\nX-Keep: "
      "1\r\n");
  EXPECT_THAT(picked(lines, {"x-drop", "keep-alive", "te", "upgrade", "proxy-connection",
                             "proxy-authorization", "x-keep"}),
              ElementsAre("X-Keep: 1"));
}

TEST_F(HeaderLines, OfTheClientsCredentialsNeverReachUpstream) {
  const auto lines =
      forwarded("Authorization: Bearer client-own\r\nX-Api-Key: client-own\r\nx-goog-api-key: client-own\r\n",
                "?a=1&key=client-own&k%65y=client-own&b=2");
  std::string all = target_;
  for (const auto& line : lines) all += line[0] + line[1];
  EXPECT_THAT(all, Not(HasSubstr("client-own")));
  EXPECT_THAT(picked(lines, {"authorization"}), ElementsAre("Authorization: Bearer upstream-secret-key"));
  EXPECT_EQ(target_, "/v1/echo?a=1&b=2");
}

TEST_F(HeaderLines, NameTheUpstreamAsHostAndTheWayTaken) {
  const auto lines = forwarded("X-Forwarded-For: 203.0.113.9\r\n");
  EXPECT_THAT(picked(lines, {"host"}),
              ElementsAre("Host: localhost:" + std::to_string(stage_.simulator.port())));
  EXPECT_THAT(picked(lines, {"x-forwarded-for"}), ElementsAre("X-Forwarded-For: 203.0.113.9, 127.0.0.1"));
  EXPECT_THAT(picked(lines, {"x-forwarded-host"}), ElementsAre("X-Forwarded-Host: proxy.test"));
  EXPECT_THAT(picked(lines, {"x-forwarded-proto"}), ElementsAre("X-Forwarded-Proto: http"));
  EXPECT_EQ(picked(lines, {"via"}).size(), 1U);
}

TEST_F(HeaderLines, KeepWhatTheIngressSaidAboutTheClient) {
  const auto lines = forwarded("X-Forwarded-Proto: https\r\nX-Forwarded-Host: api.example\r\n");
  EXPECT_THAT(picked(lines, {"x-forwarded-host"}), ElementsAre("X-Forwarded-Host: api.example"));
  EXPECT_THAT(picked(lines, {"x-forwarded-proto"}), ElementsAre("X-Forwarded-Proto: https"));
}

TEST_F(HeaderLines, OfTheAnswerPassInOrderWithTheirCaseAndTheirDuplicates) {
  RawClient client(stage_.port());
  client.send(
      "GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
      "X-Sim: "
      "sim:header=x-One:1;header=X-Two:2;header=X-one:3;header=X-Hop:4;header=Connection:X-Hop\r\n\r\n");
  client.read_to_end();
  const auto& all = client.received();
  const auto one = all.find("x-One: 1\r\n");
  const auto two = all.find("X-Two: 2\r\n");
  const auto three = all.find("X-one: 3\r\n");
  EXPECT_TRUE(one < two && two < three && three != std::string::npos) << all.substr(0, 1000);
  EXPECT_THAT(all, Not(HasSubstr("X-Hop:")));
  EXPECT_THAT(all, HasSubstr("\r\nVia: "));
  EXPECT_THAT(all, HasSubstr("\r\nDate: "));
}

TEST_F(HeaderLines, CarryTheKeyWhereEachDialectLooksForIt) {
  for (const char* target : {"/v1/messages", "/v1beta/models/gemini-2.5-flash:generateContent"}) {
    EXPECT_EQ(post_json(stage_.port(), target, chat_body("gpt-4.1"), {{"X-Request-Id", target}}).status, 200);
    const auto seen = stage_.simulator.requests_of(target);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(recorded_header(seen[0], "authorization"), "Bearer upstream-secret-key");
    const bool gemini = std::string_view(target).starts_with("/v1beta");
    EXPECT_EQ(recorded_header(seen[0], "x-goog-api-key"), gemini ? "upstream-secret-key" : "");
    EXPECT_EQ(recorded_header(seen[0], "x-api-key"), gemini ? "" : "upstream-secret-key");
  }
}

TEST(ForwardedTarget, KeepsQueryAndEscapesAndUndoublesTheVersion) {
  Stage stage;
  const std::pair<const char*, const char*> targets[] = {
      {"/v1/echo?x=%20&y=a+b", "/v1/echo?x=%20&y=a+b"},
      {"/v1/v1/echo", "/v1/echo"},
      {"/v1/models/deepseek%2Fv3", "/v1/models/deepseek%2Fv3"},
      {"/v1beta/echo?alt=sse", "/v1beta/echo?alt=sse"},
  };
  for (const auto& [asked, expected] : targets) {
    stage.simulator.reset();
    EXPECT_EQ(get(stage.port(), asked).status, 200) << asked;
    const auto seen = stage.simulator.requests();
    ASSERT_EQ(seen.size(), 1U) << asked;
    EXPECT_EQ(seen[0]["target"], expected);
  }
}

}  // namespace
}  // namespace holysheep::testing
