#pragma once

namespace holysheep {

/// Under AddressSanitizer memory is not kept for reuse: what comes from the heap each time and goes back to
/// it shows every use after its end.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool address_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool address_sanitizer = true;
#else
inline constexpr bool address_sanitizer = false;
#endif
#else
inline constexpr bool address_sanitizer = false;
#endif

}  // namespace holysheep
