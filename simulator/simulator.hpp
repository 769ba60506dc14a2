#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <simulator/recorder.hpp>
#include <simulator/session.hpp>
#include <simulator/told_usage.hpp>

namespace holysheep::sim {

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;          ///< 0: any
  std::uint16_t control_port = 0;  ///< 0: any; on 127.0.0.1
  bool tls = true;
  unsigned threads = 1;
  bool record = true;
  /// Where certificates are made; empty with `certificate_file` empty: a temporary folder of its own.
  std::filesystem::path certificate_folder;
  /// Which of those is shown: server, expired, wronghost, selfsigned, otherca.
  std::string certificate = "server";
  /// Shown instead of a made one, with `key_file`.
  std::string certificate_file;
  std::string key_file;
  TlsFault tls_fault = TlsFault::none;
  std::uint64_t max_requests_per_connection = 0;
  std::chrono::milliseconds idle_close{0};
  bool accept_paused = false;
  std::string script;
};

/// Parses `handshake-close`, `handshake-stall`, `tls11-only` or `none`; false for anything else.
bool parse_tls_fault(std::string_view text, TlsFault& out);

/// A scriptable stand-in for the HolySheep API, on threads of its own. The constructor listens and
/// serves; the destructor ends every connection. All methods are thread-safe. Construction throws
/// std::runtime_error where it cannot listen or read its certificate.
class Simulator {
 public:
  explicit Simulator(Options options = {});
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;
  ~Simulator();

  std::uint16_t port() const;
  std::uint16_t control_port() const;
  /// `https://ADDRESS:PORT`, or `http://`.
  std::string url() const;
  /// The authority that signed the server's certificate; empty when one was given.
  std::filesystem::path ca_file() const;
  /// Of the made certificates.
  const std::filesystem::path& certificate_folder() const;

  std::vector<RequestRecord> requests() const;
  /// What was told of usage; empty where requests are not recorded.
  std::vector<Telling> told_usage() const;
  Stats stats() const;
  /// Waits until the counts are as wanted, at most `limit`; says whether they were.
  bool wait_until(const std::function<bool(const Stats&)>& reached,
                  std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
  /// Forgets requests, told usage, counts, `fail` counts and the default script; connection settings stay.
  void reset();

  /// For every request that brings none. Gives what is wrong with `text`, else empty.
  std::string set_script(std::string_view text);
  void set_tls_fault(TlsFault fault);
  void set_max_requests_per_connection(std::uint64_t limit);
  void set_idle_close(std::chrono::milliseconds limit);
  /// Paused: connections wait in the kernel's backlog.
  void set_accept_paused(bool paused);
  /// Ends every API connection now, whatever it is doing.
  void close_connections();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace holysheep::sim
