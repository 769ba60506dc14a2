#include "support/soak_plan.hpp"

#include "support/files.hpp"

#include <random>

namespace holysheep::testing {
namespace {

using nlohmann::json;

class Spoiler {
 public:
  explicit Spoiler(std::uint64_t seed) : random_(seed) {}

  SoakRequest spoil(PlannedRequest planned) {
    SoakRequest request{.planned = std::move(planned)};
    auto& headers = request.planned.request.headers;
    request.client = client();
    headers.push_back({"Authorization", "Bearer " + soak_key(request.client)});
    if (below(3) == 0) headers.push_back({"Accept-Encoding", "gzip"});
    if (below(12) == 0) headers.push_back({"Connection", "close"});
    const Fate fate = request.planned.fate;
    if (fate == Fate::answered) {
      // Its answer names it, so that it can be told from every other.
      add_to_script(headers, "model=" + request.id());
      const auto manner = below(20);
      if (manner == 0) request.manner = Manner::abandons_body;
      if (manner == 1 || manner == 2) request.manner = Manner::dawdles;
    }
    const bool meets_fault =
        (fate == Fate::answered && below(2) == 0) || (fate == Fate::cached && below(6) == 0);
    if (meets_fault) {
      request.fault = fault();
      add_to_script(headers, request.fault);
    }
    return request;
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  std::string client() {
    const auto at = below(100);
    if (at < 60) return "free";
    if (at < 70) return "slow";
    if (at < 80) return "few";
    if (at < 88) return "picky";
    return at < 96 ? "guest" : "nobody";
  }

  std::string fault() {
    const auto& all = upstream_faults();
    std::string chosen = all[below(all.size())];
    if (const auto at = chosen.find("#"); at != std::string::npos)
      chosen.replace(at, 1, std::to_string(below(9)));
    return chosen;
  }

  static void add_to_script(std::vector<Header>& headers, const std::string& directive) {
    for (Header& header : headers) {
      if (header.name == "X-Sim") header.value += ";" + directive;
    }
  }

  std::mt19937_64 random_;
};

}  // namespace

std::string soak_key(const std::string& client) {
  return "hsk-soak-" + client;
}

std::string soak_clients_file(bool with_guest) {
  const auto entry = [](const std::string& id) {
    return json{{"id", id}, {"key_sha256", sha256(soak_key(id))}};
  };
  json clients = json::array();
  clients.push_back(entry("free"));
  clients.push_back(entry("slow"));
  clients.back()["rate_limit_per_second"] = 20;
  clients.push_back(entry("few"));
  clients.back()["max_in_flight"] = 3;
  clients.push_back(entry("picky"));
  clients.back()["models"] = {"sim:tag=cheap"};
  if (with_guest) clients.push_back(entry("guest"));
  return json{{"clients", clients}}.dump();
}

const std::vector<std::string>& upstream_faults() {
  static const std::vector<std::string> all{"status=400",
                                            "status=404",
                                            "status=408",
                                            "status=418",
                                            "status=429;header=retry-after-ms:30",
                                            "status=429",
                                            "status=500",
                                            "status=502",
                                            "status=503;header=retry-after-ms:30",
                                            "status=529",
                                            "status=503;header=x-should-retry:false",
                                            "fail=1:503",
                                            "silent",
                                            "garbage",
                                            "upgrade",
                                            "close=before",
                                            "reset=before",
                                            "stall=before",
                                            "close=header",
                                            "reset=header",
                                            "stall=header",
                                            "close=body:#",
                                            "reset=body:#",
                                            "stall=body:#",
                                            "close=event:#",
                                            "reset=event:#",
                                            "stall=event:#",
                                            "close=mid-event:#",
                                            "reset=mid-event:#",
                                            "stall=mid-event:#",
                                            "close=after-done",
                                            "reset=after-done",
                                            "stall=after-done",
                                            "bad-chunk",
                                            "bad-chunk=#",
                                            "error-event",
                                            "error-event=#",
                                            "error-event;error-type=overloaded_error",
                                            "error-event;error-code=500",
                                            "invalid-json-event=#",
                                            "no-done",
                                            "no-close-notify",
                                            "http10",
                                            "linger",
                                            "interim=100",
                                            "interim=102",
                                            "interim=103",
                                            "interim-flood",
                                            "early=413",
                                            "early=413:close",
                                            "trailers",
                                            "gzip",
                                            "header-flood=4000",
                                            "header-flood=300000",
                                            "delay=150",
                                            "chunk-delay=20",
                                            "pause=#:400",
                                            "big=300000",
                                            "chunk-size=20000",
                                            "usage-each"};
  return all;
}

std::vector<SoakRequest> plan_of_soak(std::size_t count, std::uint64_t seed, const std::string& prefix) {
  Spoiler spoiler(seed + 1);
  std::vector<SoakRequest> plan;
  plan.reserve(count);
  for (auto& planned : plan_of_requests(count, seed, prefix))
    plan.push_back(spoiler.spoil(std::move(planned)));
  return plan;
}

}  // namespace holysheep::testing
