#include <holysheep/core/nearest_name.hpp>
#include <holysheep/core/settings_table.hpp>
#include <holysheep/core/value_forms.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>
#include <utility>

namespace holysheep {
namespace {

using Specs = std::vector<SettingSpec>;

constexpr std::string_view a_duration =
    "a duration of at most 365 days: 500ms, 5s, 2m, or a number of seconds";
constexpr std::string_view a_positive_duration =
    "a duration above zero, at most 365 days: 500ms, 5s, 2m, or a number of seconds";
constexpr Duration longest = std::chrono::hours(24 * 365);  // far from where a sum of times would overflow
constexpr std::string_view a_size = "a size above zero: 4k, 50m, 1g, or a number of bytes";
constexpr std::string_view a_boolean = "true or false (1/0, on/off, yes/no)";
constexpr std::string_view a_key = "visible ASCII characters without spaces";
constexpr std::string_view a_path = "a path of a file";

SettingSpec spec(std::string_view name, std::string_view default_text, std::string_view form,
                 std::string_view meaning) {
  SettingSpec made;
  made.name = name;
  made.default_text = default_text;
  made.form = form;
  made.meaning = meaning;
  return made;
}

SettingSpec later(SettingSpec made) {
  made.effect = Effect::not_yet;
  return made;
}

SettingSpec noted(SettingSpec made, std::string_view note) {
  made.default_note = note;
  return made;
}

SettingSpec duration(std::string_view name, std::string_view default_text, std::string_view meaning,
                     Duration Settings::* member, bool zero_allowed = false) {
  auto made = spec(name, default_text, zero_allowed ? a_duration : a_positive_duration, meaning);
  made.parse = [=](Settings& settings, std::string_view text) {
    const auto value = parse_duration(text);
    if (!value || *value > longest || (!zero_allowed && *value == Duration::zero())) return false;
    settings.*member = *value;
    return true;
  };
  made.show = [=](const Settings& settings) { return show_duration(settings.*member); };
  return made;
}

SettingSpec size(std::string_view name, std::string_view default_text, std::string_view form,
                 std::string_view meaning, std::size_t Settings::* member, std::uint64_t least,
                 std::uint64_t most) {
  auto made = spec(name, default_text, form, meaning);
  made.parse = [=](Settings& settings, std::string_view text) {
    const auto value = parse_size(text);
    if (!value || *value < least || *value > most) return false;
    settings.*member = *value;
    return true;
  };
  made.show = [=](const Settings& settings) { return show_size(settings.*member); };
  return made;
}

template <class Number>
SettingSpec count(std::string_view name, std::string_view default_text, std::string_view form,
                  std::string_view meaning, Number Settings::* member, std::uint64_t least,
                  std::uint64_t most) {
  auto made = spec(name, default_text, form, meaning);
  made.parse = [=](Settings& settings, std::string_view text) {
    const auto value = parse_whole(text);
    if (!value || *value < least || *value > most) return false;
    settings.*member = static_cast<Number>(*value);
    return true;
  };
  made.show = [=](const Settings& settings) { return std::to_string(settings.*member); };
  return made;
}

SettingSpec decimal(std::string_view name, std::string_view default_text, std::string_view form,
                    std::string_view meaning, double Settings::* member, double least, double most) {
  auto made = spec(name, default_text, form, meaning);
  made.parse = [=](Settings& settings, std::string_view text) {
    const auto value = parse_decimal(text);
    if (!value || *value < least || *value > most) return false;
    settings.*member = *value;
    return true;
  };
  made.show = [=](const Settings& settings) { return show_decimal(settings.*member); };
  return made;
}

SettingSpec boolean(std::string_view name, std::string_view default_text, std::string_view meaning,
                    bool Settings::* member) {
  auto made = spec(name, default_text, a_boolean, meaning);
  made.parse = [=](Settings& settings, std::string_view text) {
    const auto value = parse_boolean(text);
    if (value) settings.*member = *value;
    return value.has_value();
  };
  made.show = [=](const Settings& settings) { return std::string(settings.*member ? "true" : "false"); };
  return made;
}

template <class Enum, std::size_t N>
SettingSpec choice(std::string_view name, std::string_view default_text, std::string_view form,
                   std::string_view meaning, Enum Settings::* member,
                   const std::array<std::pair<std::string_view, Enum>, N>& choices) {
  auto made = spec(name, default_text, form, meaning);
  made.parse = [=](Settings& settings, std::string_view text) {
    const auto word = to_lower(text);
    const auto found =
        std::find_if(choices.begin(), choices.end(), [&](const auto& one) { return one.first == word; });
    if (found == choices.end()) return false;
    settings.*member = found->second;
    return true;
  };
  made.show = [=](const Settings& settings) {
    const auto found = std::find_if(choices.begin(), choices.end(),
                                    [&](const auto& one) { return one.second == settings.*member; });
    return std::string(found->first);
  };
  return made;
}

SettingSpec line(std::string_view name, std::string_view default_text, std::string_view form,
                 std::string_view meaning, std::string Settings::* member) {
  auto made = spec(name, default_text, form, meaning);
  made.parse = [=](Settings& settings, std::string_view text) {
    if (!is_one_line(text)) return false;
    settings.*member = text;
    return true;
  };
  made.show = [=](const Settings& settings) { return settings.*member; };
  return made;
}

SettingSpec address(std::string_view name, std::string_view default_text, std::string_view meaning,
                    std::string Settings::* member) {
  auto made = spec(name, default_text, "an IPv4 or IPv6 address", meaning);
  made.parse = [=](Settings& settings, std::string_view text) {
    const auto value = parse_address(text);
    if (value) settings.*member = *value;
    return value.has_value();
  };
  made.show = [=](const Settings& settings) { return settings.*member; };
  return made;
}

SettingSpec secret(std::string_view name, std::string_view form, std::string_view meaning,
                   Secret Settings::* member) {
  auto made = spec(name, "", form, meaning);
  made.secret = true;
  made.parse = [=](Settings& settings, std::string_view text) {
    auto value = parse_key(text);
    if (value) settings.*member = Secret(std::move(*value));
    return value.has_value();
  };
  return made;
}

constexpr std::string_view an_upstream =
    "https://host[:port][/path] without user, query or fragment; http:// for a loopback host only";

bool acceptable_upstream(const std::optional<BaseUrl>& url) {
  return url && (url->tls || is_loopback(url->host));
}

SettingSpec api_base_url() {
  auto made =
      spec("API_BASE_URL", "https://api.holysheep.ai/v1", an_upstream, "upstream origin and base path");
  made.parse = [](Settings& settings, std::string_view text) {
    auto url = parse_base_url(text);
    if (!acceptable_upstream(url)) return false;
    settings.api_base_url = std::move(*url);
    return true;
  };
  made.show = [](const Settings& settings) { return settings.api_base_url.text(); };
  return made;
}

SettingSpec fallback_base_url() {
  auto made = spec("FALLBACK_BASE_URL", "", an_upstream, "a second upstream, with its own pool and breaker");
  made.parse = [](Settings& settings, std::string_view text) {
    auto url = parse_base_url(text);
    if (!acceptable_upstream(url)) return false;
    settings.fallback_base_url = std::move(*url);
    return true;
  };
  made.show = [](const Settings& settings) {
    return settings.fallback_base_url ? settings.fallback_base_url->text() : std::string();
  };
  return made;
}

SettingSpec otlp_endpoint() {
  auto made = spec("OTEL_EXPORTER_OTLP_ENDPOINT", "",
                   "http(s)://host[:port][/path] without user, query or fragment", "traces over OTLP/HTTP");
  made.parse = [](Settings& settings, std::string_view text) {
    if (!parse_base_url(text)) return false;
    settings.otel_exporter_otlp_endpoint = text;
    return true;
  };
  made.show = [](const Settings& settings) { return settings.otel_exporter_otlp_endpoint; };
  return made;
}

/// A secret as a whole: the user and password in it are.
SettingSpec redis_url() {
  auto made = secret("REDIS_URL", "redis://[user:password@]host[:port][/database], or rediss:// for TLS",
                     "client limits and budgets shared by all pods", &Settings::redis_url);
  made.parse = [visible = made.parse](Settings& settings, std::string_view text) {
    const auto scheme = to_lower(text.substr(0, text.find("://")));
    if ((scheme != "redis" && scheme != "rediss") || text.size() <= scheme.size() + 3) return false;
    return visible(settings, text);
  };
  return made;
}

/// 0 stands for `auto` until the machine has been asked.
SettingSpec worker_processes() {
  auto made =
      count("WORKER_PROCESSES", "auto", "auto, or a number from 1 to 256",
            "event loops, one thread each; auto: the CPUs this process may use, cgroup quota included, "
            "rounded up",
            &Settings::worker_processes, 1, 256);
  made.parse = [number = made.parse](Settings& settings, std::string_view text) {
    if (to_lower(text) != "auto") return number(settings, text);
    settings.worker_processes = 0;
    return true;
  };
  return made;
}

SettingSpec memory_threshold() {
  auto made = spec("MEMORY_THRESHOLD_MB", "", "a number of MiB from 1 to 16777216",
                   "resident memory at which ACTION starts");
  made.default_note = "90 % of the cgroup limit, else off";
  made.parse = [](Settings& settings, std::string_view text) {
    const auto value = parse_whole(text);
    if (!value || *value == 0 || *value > 16777216) return false;
    settings.memory_threshold_mb = *value;
    return true;
  };
  made.show = [](const Settings& settings) {
    return settings.memory_threshold_mb ? std::to_string(*settings.memory_threshold_mb) : std::string("off");
  };
  return made;
}

SettingSpec retry_budget() {
  auto made =
      spec("RETRY_BUDGET_PERCENT", "20", "a percentage from 0 to 100",
           "retries in flight may be at most this share of requests in flight (never fewer than 3), so that "
           "a failing upstream is not met by a retry storm");
  made.parse = [](Settings& settings, std::string_view text) {
    const auto value = parse_percent(text);
    if (value) settings.retry_budget_percent = *value;
    return value.has_value();
  };
  made.show = [](const Settings& settings) { return std::to_string(settings.retry_budget_percent); };
  return made;
}

SettingSpec model_fallbacks() {
  auto made =
      spec("MODEL_FALLBACKS", "", R"(JSON, {"gpt-4.1":["deepseek-v3.2"]})", "models to try next, in order");
  made.parse = [](Settings& settings, std::string_view text) {
    auto value = parse_model_fallbacks(text);
    if (value) settings.model_fallbacks = std::move(*value);
    return value.has_value();
  };
  made.show = [](const Settings& settings) { return show_model_fallbacks(settings.model_fallbacks); };
  return made;
}

constexpr std::array<std::pair<std::string_view, LogLevel>, 7> log_levels{{{"trace", LogLevel::trace},
                                                                           {"debug", LogLevel::debug},
                                                                           {"info", LogLevel::info},
                                                                           {"warn", LogLevel::warn},
                                                                           {"error", LogLevel::error},
                                                                           {"critical", LogLevel::critical},
                                                                           {"off", LogLevel::off}}};
constexpr std::array<std::pair<std::string_view, LogFormat>, 2> log_formats{
    {{"json", LogFormat::json}, {"text", LogFormat::text}}};
constexpr std::array<std::pair<std::string_view, CacheCompletions>, 3> cache_choices{
    {{"opt-in", CacheCompletions::opt_in},
     {"deterministic", CacheCompletions::deterministic},
     {"off", CacheCompletions::off}}};
constexpr std::array<std::pair<std::string_view, MemoryAction>, 3> actions{
    {{"evict-oldest", MemoryAction::evict_oldest},
     {"reject", MemoryAction::reject},
     {"none", MemoryAction::none}}};

void add_upstream(Specs& all) {
  all.push_back(
      secret("HOLYSHEEP_API_KEY", a_key,
             "the upstream key, injected into every forwarded request. Unset: the client's own credentials "
             "pass through untouched",
             &Settings::holysheep_api_key));
  all.push_back(
      line("HOLYSHEEP_API_KEY_FILE", "", a_path,
           "the same from a file (a mounted Secret), re-read when it changes; setting both is an error",
           &Settings::holysheep_api_key_file));
  all.push_back(api_base_url());
}

void add_client_side(Specs& all) {
  all.push_back(noted(address("LISTEN_ADDRESS", "::", "client side", &Settings::listen_address),
                      ":: (dual stack; 0.0.0.0 where the machine has no IPv6)"));
  all.push_back(count("LISTEN_PORT", "8080", "a port from 0 to 65535; 0: any free one", "client side",
                      &Settings::listen_port, 0, 65535));
  all.push_back(address("ADMIN_ADDRESS", "127.0.0.1",
                        "dashboard, metrics, usage, health and the effective settings; never reachable "
                        "through the client port",
                        &Settings::admin_address));
  all.push_back(count("ADMIN_PORT", "9090", "a port from 0 to 65535; 0: off",
                      "port 0 turns the admin side off", &Settings::admin_port, 0, 65535));
  all.push_back(choice("LOG_LEVEL", "info", "trace, debug, info, warn, error, critical or off",
                       "what is logged", &Settings::log_level, log_levels));
  all.push_back(choice("LOG_FORMAT", "json", "json or text", "for tools or for people", &Settings::log_format,
                       log_formats));
}

void add_attempts(Specs& all) {
  all.push_back(
      duration("REQUEST_TIMEOUT", "60",
               "from the request's last byte to the first byte of the response that the client gets, "
               "queueing and every retry included. A client's X-Stainless-Timeout shortens it for that "
               "request",
               &Settings::request_timeout));
  all.push_back(count("MAX_RETRIES", "3", "a number from 0 to 100", "further attempts after the first",
                      &Settings::max_retries, 0, 100));
  all.push_back(retry_budget());
  all.push_back(
      count("REPLAY_BUFFER_MB", "128", "a number of MiB from 0 to 1048576",
            "this pod's memory for request bodies held so that they can be sent again. A body that does "
            "not fit streams straight through, and its request is not retried once its first body byte has "
            "left",
            &Settings::replay_buffer_mb, 0, 1048576));
  all.push_back(count("CIRCUIT_BREAKER_THRESHOLD", "5", "a number from 0 to 1000000; 0: off",
                      "consecutive upstream failures that open the breaker",
                      &Settings::circuit_breaker_threshold, 0, 1000000));
  all.push_back(duration("CIRCUIT_BREAKER_RESET", "10s", "open time before one probe is let through",
                         &Settings::circuit_breaker_reset));
}

void add_connections(Specs& all) {
  all.push_back(worker_processes());
  all.push_back(
      count("WORKER_CONNECTIONS", "2048", "a number from 1 to 1000000",
            "client connections per event loop; past it the longest idle one makes room; with none idle, up "
            "to 64 more are answered on /health and /ready and otherwise wait, then accepting pauses",
            &Settings::worker_connections, 1, 1000000));
  all.push_back(duration("KEEPALIVE_TIMEOUT", "65", "an idle client connection is closed after this",
                         &Settings::keepalive_timeout));
  all.push_back(duration("CLIENT_HEADER_TIMEOUT", "10s",
                         "from a request's first byte to the end of its header",
                         &Settings::client_header_timeout));
  all.push_back(duration("CLIENT_BODY_TIMEOUT", "30s", "between two reads of a request's body",
                         &Settings::client_body_timeout));
  all.push_back(size("CLIENT_MAX_HEADER_SIZE", "32k", "a size from 1k to 1m", "past it: 431",
                     &Settings::client_max_header_size, 1 << 10, 1 << 20));
  all.push_back(size("CLIENT_MAX_BODY_SIZE", "50m", a_size, "past it: 413", &Settings::client_max_body_size,
                     1, std::numeric_limits<std::int64_t>::max()));
  all.push_back(count("UPSTREAM_KEEPALIVE", "32", "a number from 0 to 100000",
                      "idle upstream connections kept per event loop", &Settings::upstream_keepalive, 0,
                      100000));
  all.push_back(
      count("UPSTREAM_MAX_CONNECTIONS", "1024", "a number from 1 to 1000000",
            "this pod's upstream connections, so its requests in flight upstream; past it requests wait in "
            "the queue",
            &Settings::upstream_max_connections, 1, 1000000));
  all.push_back(duration("UPSTREAM_IDLE_TIMEOUT", "55s", "an idle upstream connection is closed after this",
                         &Settings::upstream_idle_timeout));
  all.push_back(duration("UPSTREAM_CONNECT_TIMEOUT", "5s", "DNS, TCP and TLS together",
                         &Settings::upstream_connect_timeout));
  all.push_back(duration("UPSTREAM_SEND_TIMEOUT", "60s", "between two writes upstream",
                         &Settings::upstream_send_timeout));
  all.push_back(duration("UPSTREAM_READ_TIMEOUT", "60s",
                         "between two reads from upstream, so the longest silence allowed inside a stream",
                         &Settings::upstream_read_timeout));
  all.push_back(duration("FIRST_TOKEN_TIMEOUT", "0",
                         "from the attempt's start to a stream's first event, where shorter than "
                         "UPSTREAM_READ_TIMEOUT: past it the attempt counts as silence; 0: off",
                         &Settings::first_token_timeout, true));
}

void add_admission(Specs& all) {
  all.push_back(decimal("RATE_LIMIT_PER_SECOND", "50", "a number from 0 to 10000000; 0: no limit",
                        "this pod's token bucket, requests per second", &Settings::rate_limit_per_second, 0,
                        1e7));
  all.push_back(noted(decimal("RATE_LIMIT_BURST", "", "a number from 1 to 10000000", "bucket size",
                              &Settings::rate_limit_burst, 1, 1e7),
                      "one second's worth"));
  all.push_back(count("QUEUE_SIZE", "1000", "a number from 0 to 1000000",
                      "requests that may wait for a token or an upstream connection", &Settings::queue_size,
                      0, 1000000));
  all.push_back(
      boolean("BACKPRESSURE_ENABLED", "true",
              "true: a request over the limit waits in the queue, first come first served, clients of "
              "CLIENT_KEYS_FILE in turn. false: it gets 429 at once",
              &Settings::backpressure_enabled));
}

void add_answers(Specs& all) {
  all.push_back(size("MAX_RESPONSE_SIZE", "10m", a_size,
                     "a response that is not an event stream may be no larger", &Settings::max_response_size,
                     1, std::numeric_limits<std::int64_t>::max()));
  all.push_back(size("STREAM_CHUNK_SIZE", "4k", "a size from 512 to 16k",
                     "read size while relaying a body: what one slow reader may hold in memory, each way",
                     &Settings::stream_chunk_size, 512, 16 << 10));
  all.push_back(
      boolean("ENABLE_GZIP", "true",
              "compress JSON and text for clients that accept it; never an event stream, never what "
              "upstream already encoded",
              &Settings::enable_gzip));
  all.push_back(count("CACHE_SIZE_MB", "256", "a number of MiB from 0 to 1048576; 0: off",
                      "response cache, all of its bookkeeping included", &Settings::cache_size_mb, 0,
                      1048576));
  all.push_back(choice("CACHE_COMPLETIONS", "opt-in", "opt-in, deterministic or off",
                       "which completions are cached", &Settings::cache_completions, cache_choices));
  all.push_back(duration("CACHE_TTL", "300s", "how long an answer is reused", &Settings::cache_ttl));
  all.push_back(duration("STREAM_PING_INTERVAL", "15s",
                         "keep-alive on an event stream that upstream leaves silent; 0: off",
                         &Settings::stream_ping_interval, true));
  all.push_back(
      boolean("METER_STREAM_USAGE", "true",
              "ask upstream for the usage of a chat stream whose client did not, and take it out again",
              &Settings::meter_stream_usage));
  all.push_back(memory_threshold());
  all.push_back(choice("ACTION", "evict-oldest", "evict-oldest, reject or none",
                       "what happens at MEMORY_THRESHOLD_MB", &Settings::action, actions));
}

void add_operation(Specs& all) {
  all.push_back(
      line("SSL_CERT_FILE", "", a_path,
           "extra trust anchors (PEM bundle) for upstream TLS, added to the system store; re-read when it "
           "changes",
           &Settings::ssl_cert_file));
  all.push_back(
      line("CLIENT_KEYS_FILE", "", a_path,
           "clients that may use this proxy. Unset: any client, and a warning at start where it listens "
           "beyond loopback with an upstream key set",
           &Settings::client_keys_file));
  all.push_back(line(
      "MODELS_FILE", "", a_path,
      "prices of models. Unset: config/models.json as it was when this was built; re-read when it changes",
      &Settings::models_file));
  all.push_back(duration("SHUTDOWN_GRACE", "30s",
                         "after SIGTERM and SHUTDOWN_DELAY, how long requests in flight may run on",
                         &Settings::shutdown_grace));
  all.push_back(
      duration("SHUTDOWN_DELAY", "0s",
               "after SIGTERM, how long new connections are still accepted although /ready says 503, for a "
               "balancer that looks only now and then",
               &Settings::shutdown_delay, true));
  all.push_back(fallback_base_url());
  all.push_back(secret("FALLBACK_API_KEY", a_key,
                       "the key for FALLBACK_BASE_URL. Unset: the client's own credentials, where "
                       "HOLYSHEEP_API_KEY is unset too",
                       &Settings::fallback_api_key));
  all.push_back(line("FALLBACK_API_KEY_FILE", "", a_path, "the same from a file, re-read when it changes",
                     &Settings::fallback_api_key_file));
  all.push_back(model_fallbacks());
  all.push_back(line("USAGE_FILE", "", a_path,
                     "append-only ledger of what requests cost, JSON lines; opened anew on SIGHUP",
                     &Settings::usage_file));
  all.push_back(later(redis_url()));
  all.push_back(decimal("LOG_SAMPLE", "1", "a number from 0 to 1",
                        "share of successful requests that get a log line; others always do",
                        &Settings::log_sample, 0, 1));
  all.push_back(later(otlp_endpoint()));
  all.push_back(later(line("OTEL_SERVICE_NAME", "holysheep-proxy", "a name", "this service's name in traces",
                           &Settings::otel_service_name)));
}

Specs make_table() {
  Specs all;
  add_upstream(all);
  add_client_side(all);
  add_attempts(all);
  add_connections(all);
  add_admission(all);
  add_answers(all);
  add_operation(all);
  return all;
}

}  // namespace

const std::vector<SettingSpec>& setting_table() {
  static const Specs table = make_table();
  return table;
}

const SettingSpec* find_setting(std::string_view name) {
  const auto& table = setting_table();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& one) { return one.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::string_view nearest_setting(std::string_view mistyped) {
  std::string upper(mistyped.substr(0, 64));
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '-' || c == '.') c = '_';
  }
  std::vector<std::string_view> names;
  for (const auto& one : setting_table()) names.push_back(one.name);
  return nearest_name(upper, names);
}

}  // namespace holysheep
