#pragma once

#include <cstddef>

namespace holysheep {

/// Memory for coroutine frames, kept per thread in size classes: a request runs through the same few frames
/// as the one before it, so after the first it allocates none. Under AddressSanitizer every frame comes from
/// and goes back to the heap, so that a use after destruction is seen.
struct FrameMemory {
  static void* allocate(std::size_t size);
  static void release(void* frame, std::size_t size) noexcept;
  /// Gives back to the heap what the calling thread keeps for frames to come.
  static void trim() noexcept;
};

}  // namespace holysheep
