#include "support/soak_world.hpp"

#include "support/ledger.hpp"
#include "support/soak_plan.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <limits>
#include <thread>
#include <tuple>

namespace holysheep::testing {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr const char* names_known = "127.0.0.1 localhost\n";
constexpr const char* names_elsewhere = "127.0.0.77 localhost\n";
constexpr std::size_t hog_size = std::size_t{8} << 20;
constexpr std::size_t hogs_at_a_time = 8;

/// What a proxy of these settings holds before its first request.
std::size_t resident_at_start(const Environment& settings) {
  return ProxyProcess(settings).process().resident_bytes();
}

std::string milliseconds_setting(int count) {
  return std::to_string(count * time_scale()) + "ms";
}

}  // namespace

SoakWorld::SoakWorld() : instrumented_(proxy_is_sanitized()) {
  std::string why;
  hosts_ = OwnHosts::make(why);
  if (!hosts_) left_out_.push_back("names: " + why);
  if (instrumented_) left_out_.emplace_back("memory pressure: not with a sanitizer");
  if (hosts_) hosts_->say("");
  replace("key", key());
  replace("anchors.pem", both_anchors());
  replace("clients.json", soak_clients_file(true));
  replace("models.json", models_file_of_price_classes());
  files_.write("clock", std::string(sizeof(std::int64_t), '\0'));
  std::optional<ProxyUsed> used;
  if (hosts_) used.emplace(hosts_->wrapper(proxy_binary()));
  proxy_ = std::make_unique<ProxyProcess>(settings());
  descriptors_ = proxy_->process().limit_descriptors(std::numeric_limits<std::size_t>::max());
  proxy_->process().limit_descriptors(descriptors_);
}

SoakWorld::~SoakWorld() = default;

Environment SoakWorld::settings() {
  Environment all{{"API_BASE_URL", primary_.base_url()},
                  {"FALLBACK_BASE_URL", second_.base_url()},
                  {"FALLBACK_API_KEY", "fallback-key"},
                  {"HOLYSHEEP_API_KEY_FILE", (files_.path() / "key").string()},
                  {"SSL_CERT_FILE", (files_.path() / "anchors.pem").string()},
                  {"CLIENT_KEYS_FILE", (files_.path() / "clients.json").string()},
                  {"MODELS_FILE", (files_.path() / "models.json").string()},
                  {"USAGE_FILE", ledger().string()},
                  {"MODEL_FALLBACKS", R"({"sim:tag=dear":["sim:tag=cheap"]})"},
                  {"ADMIN_PORT", std::to_string(admin_)},
                  {"WORKER_PROCESSES", "2"},
                  {"METER_STREAM_USAGE", "true"},
                  {"CACHE_SIZE_MB", "1"},
                  {"CACHE_TTL", "5s"},
                  {"RATE_LIMIT_PER_SECOND", "400"},
                  {"UPSTREAM_MAX_CONNECTIONS", "48"},
                  {"UPSTREAM_KEEPALIVE", "8"},
                  {"UPSTREAM_IDLE_TIMEOUT", "2s"},
                  {"UPSTREAM_CONNECT_TIMEOUT", milliseconds_setting(500)},
                  {"UPSTREAM_SEND_TIMEOUT", milliseconds_setting(2000)},
                  {"UPSTREAM_READ_TIMEOUT", milliseconds_setting(800)},
                  {"FIRST_TOKEN_TIMEOUT", milliseconds_setting(700)},
                  {"REQUEST_TIMEOUT", milliseconds_setting(4000)},
                  {"CLIENT_BODY_TIMEOUT", "5s"},
                  {"STREAM_PING_INTERVAL", "200ms"},
                  {"MAX_RETRIES", "2"},
                  {"RETRY_BUDGET_PERCENT", "50"},
                  {"CIRCUIT_BREAKER_THRESHOLD", "5"},
                  {"CIRCUIT_BREAKER_RESET", "300ms"},
                  {"LD_PRELOAD", HOLYSHEEP_JUMPING_CLOCK},
                  {"JUMPING_CLOCK_FILE", (files_.path() / "clock").string()}};
  if (!instrumented_) {
    const std::size_t least = resident_at_start(all) >> 20;
    std::filesystem::remove(ledger());
    all.insert({{"MEMORY_THRESHOLD_MB", std::to_string(least + 14)}});
  }
  return all;
}

std::string SoakWorld::both_anchors() const {
  return read_file(primary_.ca_file()) + read_file(second_.ca_file());
}

/// As a Secret is replaced: whoever reads sees the old file or the new.
void SoakWorld::replace(const std::string& name, const std::string& content) const {
  const auto made = files_.write(name + ".new", content);
  std::filesystem::rename(made, files_.path() / name);
}

void SoakWorld::hang_up() const {
  proxy_->process().signal(SIGHUP);
}

void SoakWorld::restore_names() const {
  if (hosts_) hosts_->say(names_known);
}

/// In place: the proxy has mapped this very file.
void SoakWorld::set_clock(std::chrono::seconds from_true_time) const {
  const std::int64_t offset = std::chrono::nanoseconds(from_true_time).count();
  std::fstream file(files_.path() / "clock", std::ios::binary | std::ios::in | std::ios::out);
  file.write(reinterpret_cast<const char*>(&offset), sizeof offset);
}

void SoakWorld::connections_of_primary(const std::string& control) const {
  primary_.connections(control);
}

void SoakWorld::close_connections() const {
  for (const auto* upstream : upstreams()) upstream->close_connections();
}

void SoakWorld::hog_memory() {
  const std::string most(hog_size - 1, 'x');
  for (std::size_t i = 0; i < hogs_at_a_time; ++i) {
    RawClient client(port());
    client.set_limit(milliseconds{200});  // who is not taken is refused, or waits
    client.send(
        "POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: "
        "Bearer " +
        soak_key("free") + "\r\nX-Request-Id: hog-" + std::to_string(hogs_++) +
        "\r\nContent-Length: " + std::to_string(hog_size) + "\r\n\r\n");
    client.send(most);
    hogging_.push_back(std::move(client));
  }
}

void SoakWorld::spoil_files() {
  for (const char* name : {"key", "anchors.pem", "clients.json"}) replace(name, "\x01 nonsense\n{");
  hang_up();
  std::this_thread::sleep_for(milliseconds{100});
  replace("key", key());
  replace("anchors.pem", both_anchors());
  replace("clients.json", soak_clients_file(has_guest_));
  hang_up();
}

void SoakWorld::begin(const PlannedFault& fault) {
  switch (fault.what) {
    case Disturbance::names_lost:
      if (hosts_) hosts_->say("");
      return close_connections();
    case Disturbance::names_moved:
      if (hosts_) hosts_->say(names_elsewhere);
      return close_connections();
    case Disturbance::handshakes_closed:
      connections_of_primary(R"({"tls_fault":"handshake-close"})");
      return close_connections();
    case Disturbance::handshakes_stalled:
      connections_of_primary(R"({"tls_fault":"handshake-stall"})");
      return close_connections();
    case Disturbance::accepting_paused:
      connections_of_primary(R"({"accept_pause":true})");
      return close_connections();
    case Disturbance::connections_short:
      return connections_of_primary(R"({"idle_close_ms":20,"max_requests":3})");
    case Disturbance::trust_lost:
      replace("anchors.pem", read_file(second_.ca_file()));
      hang_up();
      return close_connections();
    case Disturbance::descriptors_short:
      proxy_->process().limit_descriptors(proxy_->process().open_descriptors());
      return;
    case Disturbance::memory_hogged:
      if (!instrumented_) hog_memory();
      return;
    default:
      return happen(fault);
  }
}

void SoakWorld::end(const PlannedFault& fault) {
  switch (fault.what) {
    case Disturbance::names_lost:
    case Disturbance::names_moved:
      return restore_names();
    case Disturbance::handshakes_closed:
    case Disturbance::handshakes_stalled:
      return connections_of_primary(R"({"tls_fault":"none"})");
    case Disturbance::accepting_paused:
      return connections_of_primary(R"({"accept_pause":false})");
    case Disturbance::connections_short:
      return connections_of_primary(R"({"idle_close_ms":0,"max_requests":0})");
    case Disturbance::trust_lost:
      replace("anchors.pem", both_anchors());
      return hang_up();
    case Disturbance::descriptors_short:
      proxy_->process().limit_descriptors(descriptors_);
      return;
    case Disturbance::memory_hogged:
      for (RawClient& client : hogging_) client.reset();
      return hogging_.clear();
    default:
      return;
  }
}

void SoakWorld::happen(const PlannedFault& fault) {
  switch (fault.what) {
    case Disturbance::key_rotated:
      ++keys_;
      replace("key", key());
      return hang_up();
    case Disturbance::trust_rotated:
      replace("anchors.pem", both_anchors() + "# " + std::to_string(++trusts_) + "\n");
      return hang_up();
    case Disturbance::clients_rotated:
      has_guest_ = !has_guest_;
      replace("clients.json", soak_clients_file(has_guest_));
      return hang_up();
    case Disturbance::files_spoilt:
      return spoil_files();
    case Disturbance::connections_closed:
      return close_connections();
    case Disturbance::clock_jumped:
      return set_clock(fault.amount);
    default:
      return hang_up();
  }
}

void SoakWorld::live_through(const std::vector<PlannedFault>& plan) {
  struct Moment {
    milliseconds at;
    bool ends;
    const PlannedFault* fault;
  };
  std::vector<Moment> moments;
  for (const auto& fault : plan) {
    moments.push_back({fault.at, false, &fault});
    if (fault.lasts.count() > 0) moments.push_back({fault.at + fault.lasts, true, &fault});
  }
  std::ranges::sort(moments, {},
                    [](const Moment& moment) { return std::tuple(moment.at, !moment.ends, moment.fault); });
  const auto begun = Clock::now();
  for (const auto& moment : moments) {
    std::this_thread::sleep_until(begun + moment.at);
    if (moment.ends) {
      end(*moment.fault);
    } else {
      begin(*moment.fault);
    }
  }
}

}  // namespace holysheep::testing
