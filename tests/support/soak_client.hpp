#pragma once

#include "support/soak_plan.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace holysheep::testing {

/// What a client of a soak can tell of one request.
struct SoakSeen {
  bool left = false;  ///< it did not wait for the end
  int status = 0;     ///< 0: it saw none
  BodyEnd end = BodyEnd::none;
  std::string code = {};   ///< X-HolySheep-Error
  std::string cache = {};  ///< as Server-Timing tells it
  int tries = 1;           ///< 2: its kept connection was closed as it asked, and it asked on a new one
  std::string wrong = {};  ///< what the contract does not allow; empty: nothing
};

/// What is wrong with an answer by the contract alone (the error's form in the path's dialect, a stream's
/// end, another request's answer); empty: nothing.
std::string wrong_with(const SoakRequest& request, const Response& answer);

/// A client that keeps its connection where it may.
class SoakClient {
 public:
  explicit SoakClient(std::uint16_t port) : port_(port), client_(port) {}

  SoakSeen live_through(const SoakRequest& request);

 private:
  SoakSeen leave_before(const SoakRequest& request) const;
  SoakSeen abandon(const SoakRequest& request) const;
  SoakSeen leave_in_mid_stream(const SoakRequest& request);
  SoakSeen ask(const SoakRequest& request);
  Response answer_to(const SoakRequest& request);

  std::uint16_t port_;
  HttpClient client_;
};

}  // namespace holysheep::testing
