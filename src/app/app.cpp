#include <holysheep/app/accounting.hpp>
#include <holysheep/app/admin_pages.hpp>
#include <holysheep/app/admission_driver.hpp>
#include <holysheep/app/app.hpp>
#include <holysheep/app/file_watch.hpp>
#include <holysheep/app/memory_watch.hpp>
#include <holysheep/app/worker.hpp>
#include <holysheep/core/event_line.hpp>
#include <holysheep/core/log.hpp>
#include <holysheep/core/log_writer.hpp>
#include <holysheep/proxy/answer_store.hpp>
#include <holysheep/proxy/recent_errors.hpp>

#include <csignal>
#include <iostream>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/resource.h>
#include <unistd.h>

namespace holysheep::app {
namespace {

constexpr int exit_config = 78;  // EX_CONFIG
constexpr int exit_os = 71;      // EX_OSERR
/// Files are looked at this often: a change is in force within 10 s (spec.md "Settings").
constexpr Duration watch_interval = std::chrono::seconds(5);
/// How late an event loop is, is measured this often.
constexpr Duration lag_interval = std::chrono::seconds(1);
/// While draining, how long a connection with nothing in flight may stay silent before it is closed: a client
/// that was about to send on it still may.
constexpr Duration quiet_before_close = std::chrono::seconds(5);

void use_all_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

AdmissionLimits admission_limits(const Settings& settings) {
  return {.rate_per_second = settings.rate_limit_per_second,
          .burst = settings.rate_limit_burst,
          .places = settings.upstream_max_connections,
          .queue_size = settings.queue_size,
          .backpressure = settings.backpressure_enabled};
}

/// The daemon, from its first thread to its last.
class App {
 public:
  explicit App(const LoadedSettings& loaded)
      : loaded_(loaded),
        settings_(loaded.settings),
        writer_(STDOUT_FILENO, {.format = settings_.log_format}),
        log_(make_logger(writer_, settings_.log_level, settings_.log_format)),
        signals_(io_, SIGTERM, SIGINT, SIGHUP),
        watch_timer_(io_),
        lag_timer_(io_),
        drain_timer_(io_),
        accounting_(settings_, *log_),
        admin_(io_, [this](const AdminRequest& request) { return pages_->answer(request); }),
        pauses_(settings_.request_timeout),
        memory_(io_, *log_, loaded) {
    for (const auto& warning : loaded.warnings) log_->warn("{}", warning);
  }

  int run() {
    if (const int failed = prepare(); failed != 0) return failed;
    if (const int failed = listen(); failed != 0) return failed;
    if (const int failed = open_admin(); failed != 0) return failed;
    for (auto& worker : workers_) worker->start();
    memory_.start(workers_, *admission_);
    lifecycle_.serve();
    warn_of_keys();
    expect_signal();
    watch_files();
    measure_lag();
    io_.run();
    return result_;
  }

 private:
  int prepare();
  int listen();
  int open_admin();
  void warn_of_keys();
  void expect_signal();
  void watch_files();
  void measure_lag();
  Result<std::unique_ptr<Published<Secret>>, int> publish_key(std::string_view name, const Secret& given,
                                                              const std::string& file);
  std::unique_ptr<proxy::Upstream> make_upstream(std::string_view prefix, const BaseUrl& base,
                                                 const Published<Secret>& key);
  void reload_key(std::string_view name, const std::string& file, Published<Secret>& key);
  void reload_trust();
  void begin_drain();
  void watch_drain();
  void end(int result);
  int refuse(std::string_view setting, const std::string& why, int code);

  const LoadedSettings& loaded_;
  const Settings& settings_;
  boost::asio::io_context io_{1};
  LogWriter writer_;
  std::shared_ptr<spdlog::logger> log_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer watch_timer_;
  boost::asio::steady_timer lag_timer_;
  boost::asio::steady_timer drain_timer_;
  FileWatch files_;
  Accounting accounting_;
  std::unique_ptr<AdminPages> pages_;
  Admin admin_;

  proxy::Lifecycle lifecycle_;
  std::unique_ptr<Published<Secret>> key_;
  std::unique_ptr<Published<net::TlsContext>> trust_;
  std::unique_ptr<Published<Secret>> second_key_;
  UpstreamPauses pauses_;
  std::unique_ptr<proxy::Upstream> upstream_;
  std::unique_ptr<proxy::Upstream> second_upstream_;
  std::unique_ptr<Admission> admission_;
  std::unique_ptr<AdmissionDriver> admission_driver_;
  std::unique_ptr<RetryBudget> retry_budget_;
  MemoryWatch memory_;
  std::unique_ptr<ReplayMemory> replay_memory_;
  std::unique_ptr<ResponseCache> cache_;
  std::unique_ptr<proxy::AnswerStore> answers_;
  proxy::UsageBounds usage_bounds_;
  proxy::TimedModels timed_models_;
  proxy::RecentErrors errors_;
  std::unique_ptr<proxy::Pod> pod_;
  std::vector<std::unique_ptr<Worker>> workers_;

  TimePoint drain_end_ = never;
  int result_ = 0;
};

int App::refuse(std::string_view setting, const std::string& why, int code) {
  std::cerr << setting << ": " << why << '\n';
  return code;
}

int App::prepare() {
  std::signal(SIGPIPE, SIG_IGN);
  use_all_descriptors();
  auto key =
      publish_key("HOLYSHEEP_API_KEY_FILE", settings_.holysheep_api_key, settings_.holysheep_api_key_file);
  if (!key) return key.error();
  key_ = std::move(*key);
  auto second =
      publish_key("FALLBACK_API_KEY_FILE", settings_.fallback_api_key, settings_.fallback_api_key_file);
  if (!second) return second.error();
  second_key_ = std::move(*second);
  auto trust = net::TlsContext::make(settings_.ssl_cert_file);
  if (!trust) return refuse("SSL_CERT_FILE", trust.error(), exit_config);
  trust_ = std::make_unique<Published<net::TlsContext>>(std::move(*trust));
  if (!settings_.ssl_cert_file.empty()) files_.add(settings_.ssl_cert_file, [this] { reload_trust(); });
  if (const auto problems = accounting_.open(files_); !problems.empty()) {
    for (const auto& problem : problems) std::cerr << problem << '\n';
    return exit_config;
  }

  upstream_ = make_upstream("", settings_.api_base_url, *key_);
  if (settings_.fallback_base_url) {
    second_upstream_ = make_upstream("\x01", *settings_.fallback_base_url, *second_key_);
  }
  admission_ = std::make_unique<Admission>(admission_limits(settings_), pauses_);
  admission_driver_ = std::make_unique<AdmissionDriver>(io_, *admission_);
  retry_budget_ = std::make_unique<RetryBudget>(settings_.retry_budget_percent);
  replay_memory_ =
      std::make_unique<ReplayMemory>(memory_.accounts(), std::uint64_t{settings_.replay_buffer_mb} << 20);
  cache_ = std::make_unique<ResponseCache>(std::uint64_t{settings_.cache_size_mb} << 20, settings_.cache_ttl,
                                           memory_.accounts());
  memory_.drop_first([this](std::uint64_t bytes) { return cache_->drop_oldest(bytes); });
  answers_ = std::make_unique<proxy::AnswerStore>(*cache_, memory_.accounts());
  pod_ = std::make_unique<proxy::Pod>(proxy::Pod{.settings = settings_,
                                                 .log = writer_,
                                                 .lifecycle = lifecycle_,
                                                 .upstream = *upstream_,
                                                 .second_upstream = second_upstream_.get(),
                                                 .admission = *admission_,
                                                 .retry_budget = *retry_budget_,
                                                 .memory = memory_.accounts(),
                                                 .replay_memory = *replay_memory_,
                                                 .answers = *answers_,
                                                 .clients = accounting_.clients(),
                                                 .prices = accounting_.prices(),
                                                 .ledger = accounting_.ledger(),
                                                 .usage_bounds = usage_bounds_,
                                                 .timed_models = timed_models_,
                                                 .errors = errors_,
                                                 .memory_refuses = memory_.refuses()});
  return 0;
}

/// A key as it was given, or as its file has it, which is watched from then on. Else the exit code.
Result<std::unique_ptr<Published<Secret>>, int> App::publish_key(std::string_view name, const Secret& given,
                                                                 const std::string& file) {
  Secret key = given;
  if (!file.empty()) {
    auto read = read_key_file(file);
    if (!read) return Unexpected{refuse(name, read.error(), exit_config)};
    key = std::move(*read);
  }
  auto published = std::make_unique<Published<Secret>>(std::make_shared<const Secret>(std::move(key)));
  if (!file.empty())
    files_.add(file, [this, name, &file, &key = *published] { reload_key(name, file, key); });
  return published;
}

std::unique_ptr<proxy::Upstream> App::make_upstream(std::string_view prefix, const BaseUrl& base,
                                                    const Published<Secret>& key) {
  return std::make_unique<proxy::Upstream>(
      prefix, base, *trust_, key, settings_.upstream_connect_timeout,
      BreakerLimits{settings_.circuit_breaker_threshold, settings_.circuit_breaker_reset}, pauses_);
}

int App::listen() {
  std::uint16_t port = settings_.listen_port;
  for (unsigned i = 0; i < settings_.worker_processes; ++i) {
    workers_.push_back(std::make_unique<Worker>(*pod_, *log_, i));
    auto bound = workers_.back()->listen(settings_.listen_address, port);
    if (!bound) return refuse("LISTEN_ADDRESS, LISTEN_PORT", "cannot listen on " + bound.error(), exit_os);
    port = *bound;
  }
  if (settings_.log_level <= LogLevel::info) {
    writer_.append(event_line(settings_.log_format, LogLevel::info, "listening",
                              {{"address", settings_.listen_address},
                               {"port", std::to_string(port)},
                               {"upstream", settings_.api_base_url.text()},
                               {"workers", std::to_string(settings_.worker_processes)},
                               {"version", HOLYSHEEP_VERSION}}));
  }
  return 0;
}

int App::open_admin() {
  if (settings_.admin_port == 0) return 0;
  pages_ = std::make_unique<AdminPages>(AdminSources{.loaded = loaded_,
                                                     .pod = *pod_,
                                                     .workers = workers_,
                                                     .memory = memory_,
                                                     .accounting = accounting_,
                                                     .cache = *cache_});
  auto bound = admin_.open(settings_.admin_address, settings_.admin_port);
  if (!bound) return refuse("ADMIN_ADDRESS, ADMIN_PORT", "cannot listen on " + bound.error(), exit_os);
  return 0;
}

void App::warn_of_keys() {
  const bool no_key = key_->current()->empty() && second_key_->current()->empty();
  if (accounting_.clients() != nullptr) {
    if (no_key) {
      log_->warn(
          "requests go upstream without any key: the clients' keys are for this proxy alone, and neither "
          "HOLYSHEEP_API_KEY nor HOLYSHEEP_API_KEY_FILE is set");
    }
    return;
  }
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(settings_.listen_address, error);
  if (error || address.is_loopback() || no_key) return;
  log_->warn(
      "anyone who can reach {} may spend the upstream key: CLIENT_KEYS_FILE is not set, so restrict who can "
      "reach this port (a NetworkPolicy, LISTEN_ADDRESS)",
      settings_.listen_address);
}

void App::expect_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      files_.look(true);
      accounting_.reopen_ledger();
    } else if (lifecycle_.draining()) {
      log_->warn("a second signal: ending at once");
      return end(1);
    } else {
      begin_drain();
    }
    expect_signal();
  });
}

void App::watch_files() {
  watch_timer_.expires_after(watch_interval);
  watch_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    files_.look(false);
    watch_files();
  });
}

void App::measure_lag() {
  lag_timer_.expires_after(lag_interval);
  lag_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    for (auto& worker : workers_) worker->measure_lag();
    measure_lag();
  });
}

void App::reload_key(std::string_view name, const std::string& file, Published<Secret>& key) {
  auto read = read_key_file(file);
  if (!read) return log_->error("{}: {}; the old key stays in force", name, read.error());
  key.publish(std::make_shared<const Secret>(std::move(*read)));
  for (auto& worker : workers_) worker->forget_old_keys();
  log_->info("{}: read again", name);
}

void App::reload_trust() {
  auto trust = net::TlsContext::make(settings_.ssl_cert_file);
  if (!trust) return log_->error("SSL_CERT_FILE: {}; the old anchors stay in force", trust.error());
  trust_->publish(std::move(*trust));
  log_->info("SSL_CERT_FILE: read again");
}

void App::begin_drain() {
  const TimePoint now = Clock::now();
  drain_end_ = after(after(now, settings_.shutdown_delay), settings_.shutdown_grace);
  lifecycle_.drain(drain_end_);
  log_->info("draining");
  drain_timer_.expires_after(settings_.shutdown_delay);
  drain_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const Duration quiet = std::min<Duration>(quiet_before_close, settings_.shutdown_grace / 2);
    for (auto& worker : workers_) worker->close_listener(quiet);
    watch_drain();
  });
}

void App::watch_drain() {
  const bool served = std::ranges::all_of(
      workers_, [](const auto& worker) { return !worker->listening() && worker->connections() == 0; });
  if (served || Clock::now() >= drain_end_) return end(0);
  drain_timer_.expires_after(std::chrono::milliseconds(20));
  drain_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) watch_drain();
  });
}

void App::end(int result) {
  memory_.stop();
  std::size_t cut = 0;
  for (auto& worker : workers_) cut += worker->cut();
  for (auto& worker : workers_) cut += worker->stop();
  workers_.clear();
  if (cut > 0) log_->warn("{} requests were cut", cut);
  result_ = cut > 0 ? 1 : result;
  log_->info("stopped");
  io_.stop();
}

}  // namespace

int run(const LoadedSettings& loaded) {
  return App(loaded).run();
}

}  // namespace holysheep::app
