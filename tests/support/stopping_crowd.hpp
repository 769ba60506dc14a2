#pragma once

#include "support/deadline.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep::testing {

/// Many clients that each send one request and look at the answer's status; what happens then is their habit.
/// One epoll instance, driven by the thread that calls.
class StoppingCrowd {
 public:
  /// stop: reads no further, and keeps a small receive buffer, so that upstream's bytes stay with the proxy.
  /// drain: reads to the end.
  enum class Habit { stop, drain };
  struct Member {
    int descriptor = -1;
    Habit habit = Habit::stop;
    std::string head;       ///< of the request
    std::string_view body;  ///< behind it; the caller's
    std::size_t sent = 0;   ///< bytes of both
    std::string beginning;  ///< of the answer: its head, or what there is of it
    std::uint64_t received = 0;
    int status = 0;      ///< 0: none yet
    bool ended = false;  ///< closed by the peer, or by us
    bool lost = false;   ///< without a status
  };

  explicit StoppingCrowd(std::uint16_t port);
  ~StoppingCrowd();
  StoppingCrowd(const StoppingCrowd&) = delete;
  StoppingCrowd& operator=(const StoppingCrowd&) = delete;

  void add(std::size_t count, Habit habit, const std::string& head, std::string_view body = {});
  /// Moves bytes until `done()` holds; false when `limit` passed before.
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds limit = patience());
  void close_all();

  const std::vector<Member>& members() const { return members_; }
  std::size_t having_status(int status) const;
  std::size_t lost() const;
  /// Each has a status or is lost; those that drain have their end.
  bool settled() const;

 private:
  void close(Member& member);
  void send(Member& member);
  void read(Member& member);

  std::uint16_t port_;
  int epoll_;
  std::vector<Member> members_;
};

}  // namespace holysheep::testing
