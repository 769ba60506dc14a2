#pragma once

#include "support/fault_plan.hpp"
#include "support/own_hosts.hpp"
#include "support/proxy_process.hpp"
#include "support/raw_client.hpp"
#include "support/simulator_process.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holysheep::testing {

/// A proxy with two upstreams, and all around it that a fault plan disturbs. One thread disturbs; the rest
/// may be asked from any.
class SoakWorld {
 public:
  /// The name resolves only once `restore_names` has been called, where names can be steered.
  SoakWorld();
  ~SoakWorld();

  /// Lives through a plan that begins now.
  void live_through(const std::vector<PlannedFault>& plan);
  void restore_names() const;

  ProxyProcess& proxy() { return *proxy_; }
  std::uint16_t port() const { return proxy_->port(); }
  std::uint16_t admin() const { return admin_; }
  std::vector<const SimulatorProcess*> upstreams() const { return {&primary_, &second_}; }
  std::filesystem::path ledger() const { return files_.path() / "usage.jsonl"; }
  /// The upstream key that is in force.
  std::string key() const { return "upstream-key-" + std::to_string(keys_); }
  /// Requests that only held memory so far; their ids are `hog-0`, …
  std::size_t hogs() const { return hogs_; }
  /// What this machine cannot disturb; one line each.
  const std::vector<std::string>& left_out() const { return left_out_; }
  /// A proxy built with a sanitizer, whose memory says nothing.
  bool instrumented() const { return instrumented_; }

 private:
  void begin(const PlannedFault& fault);
  void end(const PlannedFault& fault);
  void happen(const PlannedFault& fault);

  Environment settings();
  void replace(const std::string& name, const std::string& content) const;
  void hang_up() const;
  void spoil_files();
  void connections_of_primary(const std::string& control) const;
  void close_connections() const;
  void hog_memory();
  void set_clock(std::chrono::seconds from_true_time) const;
  std::string both_anchors() const;

  TempDirectory files_;
  bool instrumented_;
  std::unique_ptr<OwnHosts> hosts_;
  SimulatorProcess primary_;
  SimulatorProcess second_;
  std::uint16_t admin_ = unused_port();
  std::unique_ptr<ProxyProcess> proxy_;
  std::size_t descriptors_ = 0;  ///< the limit in peace
  std::vector<RawClient> hogging_;
  std::atomic<std::size_t> hogs_ = 0;
  std::atomic<int> keys_ = 0;
  int trusts_ = 0;
  bool has_guest_ = true;
  std::vector<std::string> left_out_;
};

}  // namespace holysheep::testing
