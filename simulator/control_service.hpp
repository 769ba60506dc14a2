#pragma once
#include <simulator/service.hpp>

namespace holysheep::sim {

class Simulator;

/// The control port: `GET /requests`, `GET /usage`, `GET /stats`, `POST /reset`, `POST /script` (the body is
/// the script), `POST /connections` (JSON: `tls_fault`, `max_requests`, `idle_close_ms`, `accept_pause`) and
/// `POST /close-connections`.
class ControlService : public Service {
 public:
  explicit ControlService(Simulator& simulator) : simulator_(simulator) {}
  Reply answer(const Request& request, std::uint64_t connection, std::uint64_t nth, bool body_complete,
               std::uint64_t body_length, std::string& out) override;

 private:
  Simulator& simulator_;
};

}  // namespace holysheep::sim
