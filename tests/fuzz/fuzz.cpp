#include "fuzz.hpp"

#include <array>

namespace holysheep::fuzz {
namespace {

constexpr std::array all{
#ifdef HOLYSHEEP_FUZZ_PARSERS
    Entry{"request_head", request_head},
    Entry{"response_head", response_head},
    Entry{"chunked_body", chunked_body},
    Entry{"event_stream", event_stream},
    Entry{"usage", usage},
    Entry{"usage_removal", usage_removal},
    Entry{"request_body", request_body},
    Entry{"cache_key", cache_key},
    Entry{"coded_body", coded_body},
    Entry{"settings", settings},
    Entry{"documents", documents},
    Entry{"header_forms", header_forms},
    Entry{"texts", texts},
#endif
#ifdef HOLYSHEEP_FUZZ_EXCHANGE
    Entry{"exchange", exchange},
#endif
};

}  // namespace

std::span<const Entry> targets() noexcept {
  return all;
}

Target find_target(std::string_view name) noexcept {
  for (const Entry& entry : all) {
    if (entry.name == name) return entry.run;
  }
  return nullptr;
}

Chance::Chance(std::string_view input) noexcept : state_(0xcbf29ce484222325) {
  for (const char c : input) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  if (state_ == 0) state_ = 1;
}

std::uint64_t Chance::next() noexcept {
  state_ ^= state_ >> 12U;
  state_ ^= state_ << 25U;
  state_ ^= state_ >> 27U;
  return (state_ * 0x2545f4914f6cdd1d) >> 8U;
}

}  // namespace holysheep::fuzz
