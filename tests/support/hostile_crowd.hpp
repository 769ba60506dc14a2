#pragma once

#include "support/deadline.hpp"

#include <atomic>
#include <cstdint>
#include <string>

#include <sys/types.h>

namespace holysheep::testing {

/// Thousands of connections that mean no good, in a process of their own: so that they have descriptors of
/// their own, and go on while the test asks. Who is thrown out comes again, at most 500 a second.
class HostileCrowd {
 public:
  enum class Habit {
    silent,       ///< connects, and says nothing
    part,         ///< sends a part of a header, and no more
    drip,         ///< sends a header a byte at a time, for ever
    half_closed,  ///< sends a part of a header and closes its sending side
    stop,         ///< sends the request, reads the beginning of its answer, and no further
  };
  /// How far it is, as of now.
  struct Figures {
    std::atomic<std::uint32_t> connected = 0;  ///< connections that are open now
    std::atomic<std::uint32_t> settled = 0;    ///< of those, who have come to what is their habit
    std::atomic<std::uint32_t> ended = 0;      ///< connections that the proxy has ended
  };

  /// `number`: of its source address, 127.0.0.NUMBER, so that ports do not run out. `request`: of `stop`.
  HostileCrowd(std::uint16_t port, Habit habit, std::uint32_t count, int number, std::string request = {});
  ~HostileCrowd();
  HostileCrowd(const HostileCrowd&) = delete;
  HostileCrowd& operator=(const HostileCrowd&) = delete;

  const Figures& figures() const { return *figures_; }

 private:
  Figures* figures_;  // shared with the child
  pid_t child_;
};

}  // namespace holysheep::testing
