#pragma once

#include <cstdint>
#include <span>

namespace holysheep {

/// Fills `out` with bytes that nobody can foretell, fit for a key (OpenSSL's generator). Throws
/// std::runtime_error where there are none. Any thread.
void fill_random(std::span<std::uint8_t> out);

}  // namespace holysheep
