#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace holysheep::testing {

/// What happens to a proxy and what surrounds it, beside the faults of single requests.
enum class Disturbance {
  // For a while:
  names_lost,         ///< upstream's name resolves no more
  names_moved,        ///< it resolves to an address where nobody listens
  handshakes_closed,  ///< upstream closes during the handshake
  handshakes_stalled,
  accepting_paused,   ///< upstream takes no new connection
  connections_short,  ///< upstream closes what is idle for 20 ms, and after three requests
  trust_lost,         ///< SSL_CERT_FILE holds another's anchors
  descriptors_short,  ///< RLIMIT_NOFILE is at what is open
  memory_hogged,      ///< large bodies are held, past MEMORY_THRESHOLD_MB
  // At once:
  hung_up,             ///< SIGHUP
  key_rotated,         ///< another upstream key in its file
  trust_rotated,       ///< the same anchors in a new file
  clients_rotated,     ///< a client comes or goes
  files_spoilt,        ///< key, trust and clients' files are nonsense, read, and then right again
  connections_closed,  ///< upstream closes all of its connections
  clock_jumped,        ///< the wall clock, by `amount`
};
std::string_view name_of(Disturbance what);

inline constexpr std::array lasting_disturbances{
    Disturbance::names_lost,         Disturbance::names_moved,       Disturbance::handshakes_closed,
    Disturbance::handshakes_stalled, Disturbance::accepting_paused,  Disturbance::connections_short,
    Disturbance::trust_lost,         Disturbance::descriptors_short, Disturbance::memory_hogged};
inline constexpr std::array sudden_disturbances{Disturbance::hung_up,       Disturbance::key_rotated,
                                                Disturbance::trust_rotated, Disturbance::clients_rotated,
                                                Disturbance::files_spoilt,  Disturbance::connections_closed,
                                                Disturbance::clock_jumped};

struct PlannedFault {
  Disturbance what = Disturbance::hung_up;
  std::chrono::milliseconds at{0};     ///< from the plan's begin
  std::chrono::milliseconds lasts{0};  ///< 0: it happens at once
  std::chrono::seconds amount{0};      ///< of a clock's jump: where it stands then, from the true time
};

/// Faults over `length` in the order of their begin, the same for the same seed: each lasting one once, one
/// at a time, over before the next begins; each sudden one twice, whenever. None is before the first or after
/// the last twentieth.
std::vector<PlannedFault> plan_of_faults(std::chrono::milliseconds length, std::uint64_t seed);

}  // namespace holysheep::testing
