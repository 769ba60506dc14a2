#include "support/stage.hpp"

#include <cerrno>
#include <functional>
#include <system_error>
#include <thread>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holysheep::testing {
namespace {

using std::chrono::milliseconds;

constexpr const char* haproxy = "/usr/sbin/haproxy";

#define SKIP_WITHOUT_HAPROXY()      \
  if (::access(haproxy, X_OK) != 0) \
  GTEST_SKIP() << haproxy           \
               << " is missing, so nothing was tested: scripts/install-deps --with-tests installs it"

/// A loopback socket that listens, for a child to inherit: nobody needs to guess a port or wait for one.
class InheritedListener {
 public:
  InheritedListener() : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(descriptor_, 16) != 0) {
      throw std::system_error(errno, std::generic_category(), "listen");
    }
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~InheritedListener() { ::close(descriptor_); }
  InheritedListener(const InheritedListener&) = delete;
  InheritedListener& operator=(const InheritedListener&) = delete;

  int descriptor() const { return descriptor_; }
  std::uint16_t port() const { return port_; }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

/// A real HAProxy that gives up a server which says nothing for `patience`.
class ImpatientHaproxy {
 public:
  ImpatientHaproxy(std::uint16_t server, milliseconds patience)
      : process_(haproxy, {"-db", "-q", "-f", directory_.write("haproxy.cfg", config(server, patience))},
                 {}) {}

  std::uint16_t port() const { return listener_.port(); }
  std::string err() const { return process_.err(); }

 private:
  std::string config(std::uint16_t server, milliseconds patience) const {
    return "global\n"
           "  nbthread 1\n"
           "  maxconn 100\n"
           "defaults\n"
           "  mode http\n"
           "  timeout connect 5s\n"
           "  timeout client 60s\n"
           "  timeout server " +
           std::to_string(patience.count()) +
           "ms\n"
           "frontend clients\n"
           "  bind fd@" +
           std::to_string(listener_.descriptor()) +
           "\n"
           "  default_backend holysheep\n"
           "backend holysheep\n"
           "  server pod 127.0.0.1:" +
           std::to_string(server) + "\n";
  }

  TempDirectory directory_;
  InheritedListener listener_;
  Process process_;
};

/// In the times that users see, or in those that a test has.
struct Times {
  milliseconds haproxy;  ///< its patience
  milliseconds ping;
  milliseconds silence;  ///< of upstream, in the middle of a stream
  milliseconds read_timeout;
};

constexpr Times brief{milliseconds{1000}, milliseconds{300}, milliseconds{4000}, milliseconds{2000}};
constexpr Times real{milliseconds{5000}, milliseconds{2000}, milliseconds{30'000}, milliseconds{20'000}};

std::string setting(milliseconds time) {
  return std::to_string(time.count()) + "ms";
}

/// The stream as a client sees it: its events, and how many keep-alives came between them.
struct Told {
  Response head;
  std::vector<std::string> events = {};
  int pings = 0;
  BodyEnd end = BodyEnd::none;
  milliseconds took{0};
};

/// A comment, or a ping that the Anthropic SDK can read.
bool is_ping(const StreamEvent& event) {
  if (event.text.starts_with(':')) return event.data().empty();
  if (!event.text.starts_with("event: ping\n")) return false;
  EXPECT_EQ(nlohmann::json::parse(event.data(), nullptr, false), nlohmann::json({{"type", "ping"}}));
  return true;
}

Told stream(std::uint16_t port, const std::string& target, const std::string& model) {
  const auto began = Clock::now();
  HttpClient client(port, real.silence * 2);
  client.send(json_request(target, chat_body(model, true)));
  Told told{.head = client.read_head()};
  if (told.head.status == 0) return told;
  while (const auto event = client.next_event()) {
    if (is_ping(*event)) {
      ++told.pings;
    } else {
      told.events.push_back(event->data());
    }
  }
  told.end = client.body_end();
  told.took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
  return told;
}

/// Ids are made of the request's bytes, in which the script is.
std::vector<std::string> without_ids(std::vector<std::string> events) {
  for (auto& event : events) {
    auto json = nlohmann::json::parse(event, nullptr, false);
    if (!json.is_object()) continue;
    json.erase("id");
    if (json.contains("message")) json["message"].erase("id");
    event = json.dump();
  }
  return events;
}

void in_both_dialects(const std::function<void(const std::string& target)>& story) {
  std::thread messages([&] { story("/v1/messages"); });
  story("/v1/chat/completions");
  messages.join();
}

/// A stream with a silence in it is the same as one without, but for the pings.
void expect_streams_survive(const Times& times) {
  const std::string silence = std::to_string(times.silence.count());
  Stage stage({{"STREAM_PING_INTERVAL", setting(times.ping)}});
  const ImpatientHaproxy front(stage.port(), times.haproxy);
  in_both_dialects([&](const std::string& target) {
    // One name for the model of both, since every event has it.
    const auto whole = stream(front.port(), target, "sim:model=m;chunks=20");
    const auto told = stream(front.port(), target, "sim:model=m;chunks=20;pause=5:" + silence);
    ASSERT_EQ(told.head.status, 200) << told.head.failure << front.err();
    EXPECT_EQ(told.end, BodyEnd::complete) << target << " after " << told.took.count() << " ms";
    EXPECT_TRUE(without_ids(told.events) == without_ids(whole.events))
        << target << ": " << told.events.size() << " events of " << whole.events.size();
    EXPECT_GE(told.took, times.silence);
    const int pings = told.pings - whole.pings;  // upstream has its own
    std::printf("%s: %d pings in %s ms of silence\n", target.c_str(), pings, silence.c_str());
    EXPECT_GE(pings, times.silence / times.haproxy);
    EXPECT_LE(pings, times.silence / times.ping + 1);
  });
}

void expect_a_dead_upstream_ends_its_streams(const Times& times) {
  Stage stage({{"STREAM_PING_INTERVAL", setting(times.ping)},
               {"UPSTREAM_READ_TIMEOUT", setting(times.read_timeout)}});
  const ImpatientHaproxy front(stage.port(), times.haproxy);
  in_both_dialects([&](const std::string& target) {
    const auto told = stream(front.port(), target, "sim:chunks=20;stall=event:5");
    ASSERT_EQ(told.head.status, 200) << told.head.failure << front.err();
    EXPECT_EQ(told.end, BodyEnd::cut) << "it must not look complete";
    ASSERT_GE(told.events.size(), 5U) << "upstream's and the error";
    const auto error = nlohmann::json::parse(told.events.back(), nullptr, false);
    ASSERT_TRUE(error.is_object() && error.contains("error")) << told.events.back();
    std::printf("%s: %d pings, then the error after %d ms\n", target.c_str(), told.pings,
                static_cast<int>(told.took.count()));
    EXPECT_GE(told.pings, times.read_timeout / times.haproxy);
    EXPECT_GE(told.took, times.read_timeout);
    EXPECT_LE(told.took, times.read_timeout + milliseconds{1000} * time_scale())
        << "a ping must not hide a dead upstream";
  });
}

/// What the pings are for: without them such a stream is lost.
TEST(AnIdleTimeoutInFront, CutsAStreamThatSaysNothingForLonger) {
  SKIP_WITHOUT_HAPROXY();
  Stage stage({{"STREAM_PING_INTERVAL", "0"}});
  const ImpatientHaproxy front(stage.port(), brief.haproxy);
  const auto told = stream(front.port(), "/v1/chat/completions", "sim:chunks=20;pause=5:60000");
  ASSERT_EQ(told.head.status, 200) << told.head.failure << front.err();
  EXPECT_EQ(told.events.size(), 5U);
  EXPECT_EQ(told.end, BodyEnd::cut);
}

TEST(AnIdleTimeoutInFrontAndPings, LetAStreamSurviveASilentUpstream) {
  SKIP_WITHOUT_HAPROXY();
  expect_streams_survive(brief);
}

TEST(AnIdleTimeoutInFrontAndPings, DoNotHideADeadUpstream) {
  SKIP_WITHOUT_HAPROXY();
  expect_a_dead_upstream_ends_its_streams(brief);
}

TEST(AnIdleTimeoutInFrontAndPings, LetAStreamSurviveASilentUpstreamInRealTime) {
  SKIP_WITHOUT_HAPROXY();
  if (!long_tests()) GTEST_SKIP() << "takes half a minute: HOLYSHEEP_LONG_TESTS=1 runs it";
  expect_streams_survive(real);
}

TEST(AnIdleTimeoutInFrontAndPings, DoNotHideADeadUpstreamInRealTime) {
  SKIP_WITHOUT_HAPROXY();
  if (!long_tests()) GTEST_SKIP() << "takes half a minute: HOLYSHEEP_LONG_TESTS=1 runs it";
  expect_a_dead_upstream_ends_its_streams(real);
}

}  // namespace
}  // namespace holysheep::testing
