#include "proxy_in_process.hpp"

#include <holysheep/app/models_file.hpp>
#include <holysheep/core/settings_loader.hpp>
#include <holysheep/proxy/answer_store.hpp>
#include <holysheep/proxy/fetch.hpp>
#include <holysheep/proxy/recent_errors.hpp>
#include <holysheep/proxy/sessions.hpp>

#include <map>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/socket.h>

namespace holysheep::fuzz {
namespace {

Settings settings_for(std::uint16_t port) {
  const std::map<std::string_view, std::string> values{
      {"API_BASE_URL", "http://127.0.0.1:" + std::to_string(port) + "/v1"},
      {"HOLYSHEEP_API_KEY", "sk-the-keyofours"},
      {"MAX_RETRIES", "0"},
      {"CIRCUIT_BREAKER_THRESHOLD", "0"},
      {"RATE_LIMIT_PER_SECOND", "0"},
      {"BACKPRESSURE_ENABLED", "false"},
      {"ENABLE_GZIP", "false"},
      {"CACHE_SIZE_MB", "0"},
      {"METER_STREAM_USAGE", "false"},
      {"STREAM_PING_INTERVAL", "0"},
      {"LOG_SAMPLE", "0"},
      {"ADMIN_PORT", "0"}};
  auto loaded = load_settings(
      [&](std::string_view name) -> std::optional<std::string> {
        const auto found = values.find(name);
        if (found == values.end()) return std::nullopt;
        return found->second;
      },
      std::nullopt, MachineFacts{});
  if (!loaded) throw std::runtime_error(loaded.error().front());
  return loaded->settings;
}

/// What costs to make and remembers nothing of a request.
struct Lasting {
  explicit Lasting(std::uint16_t port)
      : settings(settings_for(port)),
        log(::open("/dev/null", O_WRONLY | O_CLOEXEC)),
        trust(net::TlsContext::make("").value()),
        key(std::make_shared<const Secret>(settings.holysheep_api_key)),
        prices(app::built_in_models().value()) {}

  const Settings settings;
  LogWriter log;
  Published<net::TlsContext> trust;
  Published<Secret> key;
  Published<PriceTable> prices;
};

Lasting& lasting(std::uint16_t port) {
  static Lasting all(port);
  return all;
}

}  // namespace

struct ProxyInProcess::Parts {
  explicit Parts(Lasting& lasting)
      : settings(lasting.settings),
        pauses(settings.request_timeout),
        upstream("", settings.api_base_url, lasting.trust, lasting.key, settings.upstream_connect_timeout,
                 BreakerLimits{settings.circuit_breaker_threshold, settings.circuit_breaker_reset}, pauses),
        admission({.rate_per_second = settings.rate_limit_per_second,
                   .burst = settings.rate_limit_burst,
                   .places = settings.upstream_max_connections,
                   .queue_size = settings.queue_size,
                   .backpressure = settings.backpressure_enabled},
                  pauses),
        retry_budget(settings.retry_budget_percent),
        replay_memory(accounts, std::uint64_t{settings.replay_buffer_mb} << 20),
        cache(0, settings.cache_ttl, accounts),
        answers(cache, accounts),
        pod{.settings = settings,
            .log = lasting.log,
            .lifecycle = lifecycle,
            .upstream = upstream,
            .second_upstream = nullptr,
            .admission = admission,
            .retry_budget = retry_budget,
            .memory = accounts,
            .replay_memory = replay_memory,
            .answers = answers,
            .clients = nullptr,
            .prices = lasting.prices,
            .ledger = nullptr,
            .usage_bounds = usage_bounds,
            .timed_models = timed_models,
            .errors = errors,
            .memory_refuses = refuses},
        context(loop, pod),
        fetches(context, [this](const std::exception&) { threw = true; }),
        sessions(context, 16, [] {}, [this](const std::exception&) { threw = true; }) {
    context.fetches = &fetches;
    lifecycle.serve();
  }

  const Settings& settings;
  bool threw = false;
  proxy::Lifecycle lifecycle;
  UpstreamPauses pauses;
  proxy::Upstream upstream;
  Admission admission;
  RetryBudget retry_budget;
  MemoryAccounts accounts;
  ReplayMemory replay_memory;
  ResponseCache cache;
  proxy::AnswerStore answers;
  proxy::UsageBounds usage_bounds;
  proxy::TimedModels timed_models;
  proxy::RecentErrors errors;
  std::atomic<bool> refuses = false;
  proxy::Pod pod;
  net::EventLoop loop;
  proxy::LoopContext context;
  proxy::Fetches fetches;
  proxy::Sessions sessions;
};

ProxyInProcess::ProxyInProcess(std::uint16_t upstream_port)
    : parts_(std::make_unique<Parts>(lasting(upstream_port))) {}

ProxyInProcess::~ProxyInProcess() = default;

int ProxyInProcess::connect() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::runtime_error("no socket pair");
  parts_->sessions.add(net::Socket(parts_->loop, ends[0], net::Socket::Stage::connected), "192.0.2.7");
  return ends[1];
}

bool ProxyInProcess::turn() {
  parts_->loop.io.restart();
  return parts_->loop.io.poll() > 0;
}

bool ProxyInProcess::wait() {
  parts_->loop.io.restart();
  return parts_->loop.io.run_one_for(std::chrono::milliseconds(2)) > 0;
}

void ProxyInProcess::cut() {
  parts_->sessions.cut_all();
}

std::size_t ProxyInProcess::connections() const noexcept {
  return parts_->sessions.count();
}

bool ProxyInProcess::holds_nothing() const noexcept {
  for (std::size_t use = 0; use < memory_use_count; ++use) {
    if (parts_->accounts.held(static_cast<MemoryUse>(use)) != 0) return false;
  }
  return parts_->admission.in_flight() == 0 && parts_->admission.waiting() == 0 &&
         parts_->context.memory.committed() == 0 && parts_->context.memory.requests() == 0;
}

bool ProxyInProcess::threw() const noexcept {
  return parts_->threw;
}

}  // namespace holysheep::fuzz
