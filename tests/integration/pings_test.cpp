#include "support/raw_client.hpp"
#include "support/stage.hpp"
#include "support/tcp_server.hpp"

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Streamed {
  std::vector<StreamEvent> events;
  BodyEnd end = BodyEnd::none;

  /// How many are pings, in either form.
  std::size_t pings() const {
    return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), is_ping));
  }
  /// All but the pings, as one text.
  std::string without_pings() const {
    std::string text;
    for (const auto& event : events) {
      if (!is_ping(event)) text += event.text + "\n\n";
    }
    return text;
  }
  static bool is_ping(const StreamEvent& event) {
    return event.text == ": ping" || event.text == "event: ping\ndata: {\"type\": \"ping\"}";
  }
};

Streamed stream(std::uint16_t port, const std::string& target, const std::string& model) {
  HttpClient client(port);
  client.send(json_request(target, chat_body(model, true)));
  Streamed streamed;
  if (client.read_head().status != 200) return streamed;
  while (auto event = client.next_event()) streamed.events.push_back(std::move(*event));
  streamed.end = client.body_end();
  return streamed;
}

std::string milliseconds(int count) {
  return std::to_string(count * time_scale()) + "ms";
}

TEST(StreamPings, KeepAStreamAliveThatUpstreamLeavesSilentAndChangeNothingOfIt) {
  Stage stage({{"STREAM_PING_INTERVAL", milliseconds(50)}});
  Stage without({{"STREAM_PING_INTERVAL", "0"}});
  const std::string slow = "sim:chunks=1;chunk-delay=" + std::to_string(170 * time_scale());
  for (const char* target : {"/v1/chat/completions", "/v1/responses", "/v1/messages"}) {
    const auto kept = stream(stage.port(), target, slow);
    const auto plain = stream(without.port(), target, slow);
    EXPECT_GE(kept.pings(), 4U) << target;
    EXPECT_EQ(kept.end, BodyEnd::complete) << target;
    EXPECT_EQ(plain.pings(), 0U) << target;
    EXPECT_EQ(kept.events.size() - kept.pings(), plain.events.size()) << target;
    EXPECT_FALSE(Streamed::is_ping(kept.events.back())) << "none after the stream's end";
  }
}

TEST(StreamPings, HaveTheDialectsForm) {
  Stage stage({{"STREAM_PING_INTERVAL", milliseconds(50)}});
  const std::string slow = "sim:chunks=1;chunk-delay=" + std::to_string(170 * time_scale());
  for (const auto& event : stream(stage.port(), "/v1/messages", slow).events) {
    EXPECT_THAT(event.text, Not(StartsWith(":")));
  }
  for (const auto& event : stream(stage.port(), "/v1/chat/completions", slow).events) {
    EXPECT_THAT(event.text, Not(HasSubstr("event: ping")));
  }
}

TEST(StreamPings, DoNotHideThatUpstreamIsDead) {
  Stage stage({{"STREAM_PING_INTERVAL", milliseconds(100)}, {"UPSTREAM_READ_TIMEOUT", milliseconds(1000)}});
  for (const char* cut : {"sim:chunks=20;stall=event:3", "sim:chunks=20;stall=mid-event:3"}) {
    const auto begin = Clock::now();
    const auto streamed = stream(stage.port(), "/v1/chat/completions", cut);
    EXPECT_GE(streamed.pings(), 4U) << cut;
    EXPECT_EQ(streamed.end, BodyEnd::cut) << cut;
    EXPECT_THAT(streamed.events.back().data(), HasSubstr("upstream_timeout")) << cut;
    EXPECT_LT(Clock::now() - begin, std::chrono::milliseconds(1900) * time_scale()) << cut;
  }
}

/// An upstream that sends one event and then only `filler`, again and again.
class AStreamOfFiller {
 public:
  explicit AStreamOfFiller(std::string filler)
      : upstream([filler = std::move(filler)](RawClient& connection, int) {
          std::string request;
          if (!read_request(connection, request)) return;
          const std::string event = "data: {\"choices\":[]}\n\n";
          connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + event);
          while (connection.send(filler)) {
            connection.set_limit(std::chrono::milliseconds(50));
            if (connection.read_some() != ReadEnd::timeout) return;
          }
        }) {}

  TcpServer upstream;
};

TEST(StreamPings, OfUpstreamsOwnDoNotHideThatItSaysNothing) {
  for (const char* filler : {": keep-alive\n\n", "event: ping\ndata: {\"type\": \"ping\"}\n\n"}) {
    AStreamOfFiller dead(filler);
    ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(dead.upstream.port()) + "/v1"},
                        {"HOLYSHEEP_API_KEY", "key"},
                        {"UPSTREAM_READ_TIMEOUT", milliseconds(800)}});
    const auto begin = Clock::now();
    const auto streamed = stream(proxy.port(), "/v1/messages", "any");
    ASSERT_FALSE(streamed.events.empty()) << filler;
    EXPECT_THAT(streamed.events.back().text, StartsWith("event: error")) << filler;
    EXPECT_GE(streamed.events.size(), 6U) << "they are passed on: " << filler;
    EXPECT_LT(Clock::now() - begin, std::chrono::milliseconds(1700) * time_scale()) << filler;
  }
}

TEST(StreamPings, DoNotBeginBeforeTheStreamHas) {
  Stage stage({{"STREAM_PING_INTERVAL", milliseconds(50)}});
  RawClient client(stage.port());
  const auto body = chat_body("sim:chunks=2;delay=" + std::to_string(400 * time_scale()), true);
  client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  ASSERT_EQ(client.read_until("[DONE]"), ReadEnd::satisfied);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200"));
  EXPECT_LT(client.received().find("data: "), client.received().find(": ping"));
}

}  // namespace
}  // namespace holysheep::testing
