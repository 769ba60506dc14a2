#include "support/provider_faults.hpp"

#include "support/stage.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <future>
#include <latch>

#include <simulator/dialects.hpp>

namespace holysheep::testing {
namespace {

using std::chrono::milliseconds;

constexpr int tokens = 60;

/// The healthy provider: the second upstream, and whose certificates the faulty ones use.
struct Healthy : SimulatorProcess {
  Healthy() : SimulatorProcess({"--script", "chunks=" + std::to_string(tokens)}) {}
};

/// A proxy with its defaults and one faulty provider, both for one request alone: no breaker, budget or pause
/// is shared with another row.
class Scene {
 public:
  Scene(const ProviderFault& fault, const Healthy& healthy, bool with_fallback)
      : fault_(fault),
        healthy_(healthy),
        provider_({"--cert", healthy.certificate(fault.certificate + ".pem"), "--key",
                   healthy.certificate(fault.certificate + ".key"), "--script", fault.script}),
        proxy_(settings(with_fallback)) {}

  Played play() const {
    HttpClient client(proxy_.port());
    Played played;
    const auto asked = Clock::now();
    client.send(chat("gpt-4.1", true, {{"X-Request-Id", id()}}));
    played.head = client.read_head();
    played.got = told(played.head, client);
    played.took = std::chrono::duration_cast<milliseconds>(Clock::now() - asked);
    const auto moved = healthy_.requests_of(id());
    played.fallback = static_cast<int>(moved.size());
    for (const auto& request : moved) {
      EXPECT_EQ(recorded_header(request, "authorization"), "Bearer fallback-key") << fault_.name;
    }
    played.primary =
        reachable() ? static_cast<int>(provider_.request_count()) : attempts(played.head) - played.fallback;
    EXPECT_EQ(attempts(played.head), played.primary + played.fallback) << fault_.name;
    for (const auto& request : provider_.requests()) {
      EXPECT_EQ(recorded_header(request, "authorization"), "Bearer upstream-secret-key") << fault_.name;
    }
    return played;
  }

 private:
  /// The provider sees its requests; else only the proxy knows how often it tried.
  bool reachable() const {
    return fault_.certificate == "server" && !fault_.settings.contains("API_BASE_URL");
  }

  /// The name as `X-Request-Id` may be.
  std::string id() const {
    std::string id = fault_.name;
    std::ranges::replace(id, ' ', '-');
    return id;
  }

  Environment settings(bool with_fallback) const {
    Environment all = fault_.settings;
    all.insert({{"API_BASE_URL", provider_.base_url()},
                {"SSL_CERT_FILE", healthy_.ca_file()},
                {"HOLYSHEEP_API_KEY", "upstream-secret-key"}});
    if (with_fallback)
      all.insert({{"FALLBACK_BASE_URL", healthy_.base_url()}, {"FALLBACK_API_KEY", "fallback-key"}});
    return all;
  }

  static std::string code_of(const nlohmann::json& body) {
    if (!body.is_object() || !body.contains("error")) return " without an error body";
    const auto code = body["error"].value("code", nlohmann::json());
    return code.is_string() ? ' ' + code.get<std::string>() : "";
  }

  static std::string told(const Response& head, HttpClient& client) {
    if (head.status == 0) return "nothing: " + head.failure;
    if (head.status == 200) return told_stream(client);
    const auto body = nlohmann::json::parse(client.read_rest(), nullptr, false);
    const auto ours = head.header("X-HolySheep-Error");
    return std::to_string(head.status) + (ours.empty() ? "" : " gateway") + code_of(body) +
           (client.body_end() == BodyEnd::complete ? "" : ", cut");
  }

  static std::string told_stream(HttpClient& client) {
    std::string text;
    std::string notes;
    int count = 0;
    bool done = false;
    while (const auto event = client.next_event()) {
      done = event->data() == "[DONE]";
      const auto json = nlohmann::json::parse(event->data(), nullptr, false);
      if (!done && json.is_discarded()) notes += ", an event that is not JSON";
      if (!json.is_object()) continue;
      if (json.contains("error")) {
        notes += ", error event" + code_of(json);
        continue;
      }
      const auto piece = json.value(nlohmann::json::json_pointer("/choices/0/delta/content"), "");
      text += piece;
      count += piece.empty() ? 0 : 1;
    }
    const bool complete = client.body_end() == BodyEnd::complete;
    sim::Script healthy;
    healthy.chunks = tokens;
    if (!sim::full_text(healthy).starts_with(text)) notes += ", garbled";
    if (count == tokens && done && complete) return whole + notes;
    return std::to_string(count) + " tokens" + notes + (done ? ", [DONE]" : "") +
           (complete ? ", complete" : ", cut");
  }

  const ProviderFault& fault_;
  const Healthy& healthy_;
  SimulatorProcess provider_;
  ProxyProcess proxy_;
};

void print(const std::vector<ProviderFault>& faults, const std::vector<Played>& played) {
  std::printf("%-46s %7s %8s %6s  %s\n", "fault", "primary", "fallback", "ms", "the client got");
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const auto& row = played[i];
    std::printf("%-46s %7d %8d %6d  %s\n", faults[i].name.c_str(), row.primary, row.fallback,
                static_cast<int>(row.took.count()), row.got.c_str());
  }
}

/// All rows at the same time, once everything is up: starting takes processor time, which the rows measure.
std::vector<Played> play(const std::vector<ProviderFault>& faults, bool with_fallback) {
  const Healthy healthy;
  std::latch up(static_cast<std::ptrdiff_t>(faults.size()));
  // One thread for both, since a process ends with the thread that started it (PR_SET_PDEATHSIG).
  const auto row = [&](const ProviderFault& fault) {
    std::optional<Scene> scene;
    try {
      scene.emplace(fault, healthy, with_fallback);
    } catch (...) {
      up.count_down();
      throw;
    }
    up.arrive_and_wait();
    return scene->play();
  };
  std::vector<std::future<Played>> running;
  for (const auto& fault : faults) running.push_back(std::async(std::launch::async, row, std::cref(fault)));
  std::vector<Played> played;
  for (auto& one : running) played.push_back(one.get());
  print(faults, played);
  return played;
}

}  // namespace

std::vector<Played> expect_as_told(std::vector<ProviderFault> faults,
                                   std::optional<Expected> ProviderFault::* way) {
  std::erase_if(faults, [way](const ProviderFault& fault) { return !(fault.*way).has_value(); });
  auto played = play(faults, way == &ProviderFault::with_fallback);
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const auto& expected = *(faults[i].*way);
    const auto& row = played[i];
    EXPECT_EQ(row.primary, expected.primary) << faults[i].name << ": attempts at the provider";
    EXPECT_EQ(row.fallback, expected.fallback) << faults[i].name << ": attempts at the fallback";
    EXPECT_EQ(row.got, expected.got) << faults[i].name;
    EXPECT_GE(row.took, expected.least) << faults[i].name;
    EXPECT_LE(row.took, expected.most * time_scale()) << faults[i].name;
  }
  return played;
}

}  // namespace holysheep::testing
