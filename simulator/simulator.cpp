#include <array>
#include <csignal>
#include <stdexcept>
#include <thread>

#include <simulator/api_service.hpp>
#include <simulator/certificates.hpp>
#include <simulator/control_service.hpp>
#include <simulator/event_loop.hpp>
#include <simulator/listening_socket.hpp>
#include <simulator/simulator.hpp>
#include <sys/epoll.h>

namespace holysheep::sim {
namespace {

/// A folder in the system's temporary one, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() = default;
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& make() {
    std::string pattern = (std::filesystem::temp_directory_path() / "holysheep-simulator-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("simulator: cannot make a folder");
    return path_ = pattern;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

bool parse_tls_fault(std::string_view text, TlsFault& out) {
  static constexpr std::array<std::pair<std::string_view, TlsFault>, 4> names{
      {{"none", TlsFault::none},
       {"handshake-close", TlsFault::handshake_close},
       {"handshake-stall", TlsFault::handshake_stall},
       {"tls11-only", TlsFault::tls11_only}}};
  for (const auto& [name, fault] : names) {
    if (name != text) continue;
    out = fault;
    return true;
  }
  return false;
}

/// Destroyed from the bottom up: threads have ended before, sessions go with their loops, then the rest.
struct Simulator::Parts {
  explicit Parts(Options given, Simulator& simulator)
      : options(std::move(given)),
        recorder(options.record),
        usage(options.record),
        api(recorder, usage),
        control(simulator) {}

  /// One thread's: its loop and its own listening socket on the API port.
  struct Worker {
    EventLoop loop;
    int listen_fd = -1;
    ListeningSocket* listener = nullptr;
    std::thread thread;
  };

  Options options;
  TemporaryFolder temporary;
  Recorder recorder;
  UsageBook usage;
  ApiService api;
  ControlService control;
  TlsContext context{nullptr, SSL_CTX_free};
  std::atomic<TlsFault> fault{TlsFault::none};
  std::atomic<std::uint64_t> next_connection{1};
  std::uint16_t port = 0;
  std::uint16_t control_port = 0;
  std::vector<std::unique_ptr<Worker>> workers;
  EventLoop control_loop;
  std::thread control_thread;

  void load_certificate();
  void listen();
  void listen_for_control();
  void start();
  void stop();
  void each_loop(const std::function<void(Worker&)>& action);
};

void Simulator::Parts::load_certificate() {
  if (options.certificate_file.empty()) {
    if (options.certificate_folder.empty()) options.certificate_folder = temporary.make();
    make_certificates(options.certificate_folder);
    const auto file = options.certificate_folder / options.certificate;
    context = make_tls_context(file.string() + ".pem", file.string() + ".key");
  } else {
    context = make_tls_context(options.certificate_file, options.key_file);
  }
}

void Simulator::Parts::listen() {
  port = options.port;
  for (unsigned i = 0; i < std::max(options.threads, 1U); ++i) {
    auto worker = std::make_unique<Worker>();
    const int fd = listen_on(options.address, port);
    port = port_of(fd);
    auto listener = std::make_unique<ListeningSocket>(fd, [this, &loop = worker->loop](int accepted) {
      SSL_CTX* tls = context.get();
      auto session =
          std::make_unique<Session>(Session::Setup{loop, api, tls, fault, next_connection++}, accepted);
      loop.adopt(accepted, EPOLLIN | EPOLLRDHUP, std::move(session));
    });
    worker->listen_fd = fd;
    worker->listener = listener.get();
    worker->loop.adopt(fd, options.accept_paused ? 0U : EPOLLIN, std::move(listener));
    workers.push_back(std::move(worker));
  }
}

void Simulator::Parts::listen_for_control() {
  const int fd = listen_on("127.0.0.1", options.control_port);
  control_port = port_of(fd);
  control_loop.adopt(fd, EPOLLIN, std::make_unique<ListeningSocket>(fd, [this](int accepted) {
                       const Session::Setup setup{control_loop, control, nullptr, TlsFault::none, 0};
                       control_loop.adopt(accepted, EPOLLIN | EPOLLRDHUP,
                                          std::make_unique<Session>(setup, accepted));
                     }));
}

void Simulator::Parts::start() {
  // OpenSSL writes with write(2): a client that is gone must be an error here, not a signal.
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  for (const int signal : {SIGPIPE, SIGTERM, SIGINT}) sigaddset(&blocked, signal);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  for (const auto& worker : workers) {
    worker->thread = std::thread([&loop = worker->loop] { loop.run(); });
  }
  control_thread = std::thread([this] { control_loop.run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Simulator::Parts::stop() {
  control_loop.stop();
  for (const auto& worker : workers) worker->loop.stop();
  if (control_thread.joinable()) control_thread.join();
  for (const auto& worker : workers) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

void Simulator::Parts::each_loop(const std::function<void(Worker&)>& action) {
  for (const auto& worker : workers) {
    worker->loop.post([action, &target = *worker] { action(target); });
  }
}

Simulator::Simulator(Options options) : parts_(std::make_unique<Parts>(std::move(options), *this)) {
  const Options& wanted = parts_->options;
  if (wanted.tls) parts_->load_certificate();
  const std::string problem = parts_->api.set_default_script(wanted.script);
  if (!problem.empty()) throw std::runtime_error("simulator: " + problem);
  parts_->fault = wanted.tls_fault;
  parts_->api.set_idle_limit(wanted.idle_close);
  parts_->api.set_requests_per_connection(wanted.max_requests_per_connection);
  parts_->listen();
  parts_->listen_for_control();
  parts_->start();
}

Simulator::~Simulator() {
  parts_->stop();
}

std::uint16_t Simulator::port() const {
  return parts_->port;
}
std::uint16_t Simulator::control_port() const {
  return parts_->control_port;
}

std::string Simulator::url() const {
  const std::string& address = parts_->options.address;
  const std::string host = address.find(':') == std::string::npos ? address : "[" + address + "]";
  return (parts_->options.tls ? "https://" : "http://") + host + ":" + std::to_string(port());
}

std::filesystem::path Simulator::ca_file() const {
  const Options& options = parts_->options;
  return options.certificate_file.empty() && options.tls ? options.certificate_folder / "ca.pem"
                                                         : std::filesystem::path{};
}

const std::filesystem::path& Simulator::certificate_folder() const {
  return parts_->options.certificate_folder;
}
std::vector<RequestRecord> Simulator::requests() const {
  return parts_->recorder.requests();
}
std::vector<Telling> Simulator::told_usage() const {
  return parts_->usage.tellings();
}
Stats Simulator::stats() const {
  return parts_->recorder.stats();
}

bool Simulator::wait_until(const std::function<bool(const Stats&)>& reached,
                           std::chrono::milliseconds limit) const {
  return parts_->recorder.wait_until(reached, limit);
}

void Simulator::reset() {
  parts_->recorder.reset();
  parts_->usage.reset();
  parts_->api.reset();
  parts_->api.set_default_script({});
}

std::string Simulator::set_script(std::string_view text) {
  return parts_->api.set_default_script(text);
}
void Simulator::set_tls_fault(TlsFault fault) {
  parts_->fault = fault;
}

void Simulator::set_max_requests_per_connection(std::uint64_t limit) {
  parts_->api.set_requests_per_connection(limit);
}

void Simulator::set_idle_close(std::chrono::milliseconds limit) {
  parts_->api.set_idle_limit(limit);
}

void Simulator::set_accept_paused(bool paused) {
  parts_->each_loop([paused](Parts::Worker& worker) {
    worker.loop.change(worker.listen_fd, paused ? 0U : EPOLLIN, *worker.listener);
  });
}

void Simulator::close_connections() {
  parts_->each_loop([](Parts::Worker& worker) { worker.loop.close_all(); });
}

}  // namespace holysheep::sim
