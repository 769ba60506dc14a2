#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <simulator/request.hpp>
#include <simulator/steps.hpp>

namespace holysheep::sim {

/// What a port answers: the API's or the control's. Called on event loops, several at once.
class Service {
 public:
  struct Reply {
    Steps steps;  ///< none: the whole answer has been appended
    bool keep_alive = true;
    std::uint64_t ticket = 0;
    std::uint64_t telling = 0;           ///< its number in the usage book
    std::optional<ToldUsage> told = {};  ///< by the answer that has been appended
  };
  enum class End { answered, cancelled, broken_off };

  virtual ~Service() = default;
  virtual void opened() {}
  virtual void closed() {}
  virtual void handshake_done(bool /*resumed*/) {}
  /// Whether the request wants its answer before its body; only its head is known.
  virtual bool answers_early(const Request& /*request*/) { return false; }
  /// `nth`: which request of its connection, from 1.
  virtual Reply answer(const Request& request, std::uint64_t connection, std::uint64_t nth,
                       bool body_complete, std::uint64_t body_length, std::string& out) = 0;
  /// The client left in the middle of its request.
  virtual void left_while_asking(const Request& /*request*/, std::uint64_t /*connection*/,
                                 std::uint64_t /*read*/) {}
  /// The bytes that tell this usage have been given to the kernel.
  virtual void told(const Reply& /*reply*/, const ToldUsage& /*usage*/) {}
  virtual void ended(const Reply& /*reply*/, End /*how*/) {}
  /// 0: idle connections stay.
  virtual std::chrono::milliseconds idle_limit() { return std::chrono::milliseconds(0); }
};

}  // namespace holysheep::sim
