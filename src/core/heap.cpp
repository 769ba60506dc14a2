#include <holysheep/core/address_sanitizer.hpp>
#include <holysheep/core/heap.hpp>

#include <array>
#include <cstddef>
#include <cstdlib>

#include <malloc.h>

namespace holysheep {
namespace {

constexpr std::size_t smallest = 24;
constexpr std::size_t largest = 1032;
constexpr std::size_t step = 16;
constexpr std::size_t sizes = (largest - smallest) / step + 1;
constexpr std::size_t of_each = 7;

using Blocks = std::array<std::array<void*, of_each>, sizes>;

/// Not to be seen through: a compiler may leave out an allocation that is freed at once.
thread_local void* volatile seen;

void allocate(Blocks& blocks) noexcept {
  for (std::size_t i = 0; i < sizes; ++i) {
    for (void*& block : blocks[i]) {
      block = std::malloc(smallest + i * step);
      seen = block;
    }
  }
}

void free_all(const Blocks& blocks) noexcept {
  for (const auto& row : blocks) {
    for (void* block : row) std::free(block);
  }
}

}  // namespace

void renew_thread_cache() noexcept {
  if (address_sanitizer) return;
  Blocks cached;
  Blocks others;
  allocate(cached);
  allocate(others);
  free_all(others);  // fills the cache, so that what was in it goes to the heap
  free_all(cached);
}

void trim_heap() noexcept {
  ::malloc_trim(0);
}

}  // namespace holysheep
