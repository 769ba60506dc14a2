#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <simulator/request.hpp>

namespace holysheep::sim {

/// One request as the upstream saw it. Times are nanoseconds of the monotonic clock.
struct RequestRecord {
  std::uint64_t sequence = 0;  ///< from 1
  std::int64_t arrived_ns = 0;
  std::uint64_t connection = 0;
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::uint64_t body_length = 0;
  std::string body_sha256;  ///< of bodies under 64 KiB
  std::string model;
  std::string script;
  bool body_complete = true;
  bool answered = false;
  bool cancelled = false;     ///< the client went away before the answer was complete
  std::int64_t ended_ns = 0;  ///< when it was answered, or the client's leaving noticed

  /// The value of the first header of that name, in any case.
  std::string header(std::string_view name) const;
};

/// Counts since start or reset; `open` and `in_flight` are as of now.
struct Stats {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t handshakes = 0;
  std::uint64_t resumptions = 0;
  std::uint64_t requests = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t answered = 0;
  std::uint64_t cancelled = 0;
};

/// What happened, for whoever steers the simulator. Thread-safe.
class Recorder {
 public:
  explicit Recorder(bool keeps_requests) : keeps_requests_(keeps_requests) {}

  void accepted();
  void closed();
  void handshake_done(bool resumed);

  /// Gives the ticket for the two calls below.
  std::uint64_t begin(const Request& request, std::uint64_t connection, const std::string& model,
                      const std::string& script, bool body_complete, std::uint64_t body_length);
  void answered(std::uint64_t ticket);
  void cancelled(std::uint64_t ticket);
  /// Ended by the simulator's own script (a cut): neither answered nor cancelled.
  void broken_off(std::uint64_t ticket);

  std::vector<RequestRecord> requests() const;
  Stats stats() const;
  void reset();
  /// Waits until `reached`, at most `limit`; says whether it was.
  bool wait_until(const std::function<bool(const Stats&)>& reached, std::chrono::milliseconds limit) const;

 private:
  enum class End { answered, cancelled, broken_off };
  void end(std::uint64_t ticket, End how);
  void notify() const;

  const bool keeps_requests_;
  struct Counters {
    std::atomic<std::uint64_t> accepted{0}, open{0}, handshakes{0}, resumptions{0}, requests{0}, in_flight{0},
        answered{0}, cancelled{0};
  } counters_;
  mutable std::atomic<int> waiters_{0};
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::uint64_t next_ = 1;
  std::deque<RequestRecord> records_;
};

}  // namespace holysheep::sim
