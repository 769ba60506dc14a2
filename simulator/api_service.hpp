#pragma once
#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include <simulator/recorder.hpp>
#include <simulator/script.hpp>
#include <simulator/service.hpp>

namespace holysheep::sim {

/// The simulated API: parses the script of each request, answers it, records it. Thread-safe.
class ApiService : public Service {
 public:
  ApiService(Recorder& recorder, UsageBook& usage) : recorder_(recorder), usage_(usage) {}

  /// For requests that bring no script; empty: none. Gives what is wrong with `text`, else empty.
  std::string set_default_script(std::string_view text);
  void set_idle_limit(std::chrono::milliseconds limit) { idle_limit_ms_ = limit.count(); }
  /// 0: no limit.
  void set_requests_per_connection(std::uint64_t limit) { requests_per_connection_ = limit; }
  /// Forgets the failures counted by `fail`.
  void reset();

  void opened() override { recorder_.accepted(); }
  void closed() override { recorder_.closed(); }
  void handshake_done(bool resumed) override { recorder_.handshake_done(resumed); }
  bool answers_early(const Request& request) override;
  Reply answer(const Request& request, std::uint64_t connection, std::uint64_t nth, bool body_complete,
               std::uint64_t body_length, std::string& out) override;
  void left_while_asking(const Request& request, std::uint64_t connection, std::uint64_t read) override;
  void told(const Reply& reply, const ToldUsage& usage) override;
  void ended(const Reply& reply, End how) override;
  std::chrono::milliseconds idle_limit() override { return std::chrono::milliseconds(idle_limit_ms_); }

 private:
  std::string default_script();
  /// Whether this request is one of the first that `fail` lets fail; counts it.
  bool fails_now(const Script& script);

  Recorder& recorder_;
  UsageBook& usage_;
  std::atomic<std::int64_t> idle_limit_ms_{0};
  std::atomic<std::uint64_t> requests_per_connection_{0};
  std::atomic<bool> has_default_{false};
  std::mutex mutex_;
  std::string default_script_;
  std::map<std::string, std::uint64_t> failed_;
};

}  // namespace holysheep::sim
