#pragma once

#include "support/http_client.hpp"
#include "support/process.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace holysheep::testing {

/// The proxy under test: HOLYSHEEP_PROXY_BINARY where that is set (one built with a sanitizer), else this
/// build's.
std::string proxy_binary();
/// That one was built with a sanitizer: what its memory holds, and how much, says nothing.
bool proxy_is_sanitized();

/// While this lives another program is taken for the proxy under test: one that becomes it.
class ProxyUsed {
 public:
  explicit ProxyUsed(const std::string& binary);
  ~ProxyUsed();
  ProxyUsed(const ProxyUsed&) = delete;
  ProxyUsed& operator=(const ProxyUsed&) = delete;

 private:
  std::optional<std::string> before_;
};

/// What the proxy is started with unless a test says otherwise: loopback, any free port, no admin port.
Environment proxy_settings(const Environment& over = {});

/// A command that ends in becoming the daemon (exec), such as setpriv's.
struct Command {
  std::vector<std::string> words;
};

/// The real daemon, serving. Its constructor returns once `/ready` says 200, and throws with the daemon's
/// output when it does not come to that.
class ProxyProcess {
 public:
  explicit ProxyProcess(const Environment& settings, std::vector<std::string> arguments = {});
  explicit ProxyProcess(std::initializer_list<Environment::value_type> settings)
      : ProxyProcess(Environment(settings)) {}
  ProxyProcess(Command command, const Environment& settings);
  ~ProxyProcess();

  std::uint16_t port() const { return port_; }
  Process& process() { return process_; }
  const Process& process() const { return process_; }

  /// All log lines so far that are JSON; a line still being written is left out.
  std::vector<nlohmann::json> log() const;
  /// The log lines whose `field` has `value`.
  std::vector<nlohmann::json> log_where(std::string_view field, std::string_view value) const;
  /// Waits for the request line of a request id; null when it does not come.
  nlohmann::json request_line(std::string_view request_id) const;

  /// SIGTERM, then the exit code; -1 when it does not end in time or a signal ended it.
  int stop(std::chrono::milliseconds limit = std::chrono::seconds{40} * time_scale());

 private:
  void await_readiness();

  Process process_;
  std::uint16_t port_ = 0;
};

}  // namespace holysheep::testing
