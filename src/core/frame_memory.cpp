#include <holysheep/core/address_sanitizer.hpp>
#include <holysheep/core/frame_memory.hpp>

#include <array>
#include <new>
#include <utility>

namespace holysheep {
namespace {

constexpr std::size_t granule = 128;
constexpr std::size_t classes = 48;       // up to 6 KiB; larger frames are rare and go to the heap
constexpr unsigned kept_per_class = 256;  // beyond it a burst's frames go back to the heap

struct Free {
  Free* next;
};
struct Class {
  Free* first = nullptr;
  unsigned count = 0;
};

struct Cache {
  std::array<Class, classes> of;
  void clear() noexcept {
    for (auto& one : of) {
      while (one.first) ::operator delete(std::exchange(one.first, one.first->next));
      one.count = 0;
    }
  }
  ~Cache() {
    clear();
    // A frame that outlives the thread's cache goes to the heap.
    for (auto& one : of) one.count = kept_per_class;
  }
};

constexpr bool recycle = !address_sanitizer;

thread_local Cache cache;

constexpr std::size_t class_of(std::size_t size) {
  return (size + granule - 1) / granule - 1;
}

}  // namespace

void* FrameMemory::allocate(std::size_t size) {
  const auto index = class_of(size);
  if (!recycle || index >= classes) return ::operator new(size);
  auto& mine = cache.of[index];
  if (mine.first == nullptr) return ::operator new((index + 1) * granule);
  --mine.count;
  Free* frame = mine.first;
  mine.first = frame->next;
  return frame;
}

void FrameMemory::release(void* frame, std::size_t size) noexcept {
  const auto index = class_of(size);
  if (!recycle || index >= classes) return ::operator delete(frame);
  auto& mine = cache.of[index];
  if (mine.count >= kept_per_class) return ::operator delete(frame);
  ++mine.count;
  mine.first = new (frame) Free{mine.first};
}

void FrameMemory::trim() noexcept {
  cache.clear();
}

}  // namespace holysheep
