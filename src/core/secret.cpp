#include <holysheep/core/secret.hpp>

#include <cstring>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace holysheep {

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // grows into what it has: no allocation
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

Secret::Secret(std::string&& text) {
  keep(text);
  wipe(text);
}

Secret::Secret(const Secret& other) {
  keep(other.reveal());
}

Secret::~Secret() {
  if (bytes_ == nullptr) return;
  ::explicit_bzero(bytes_, size_);
  ::munmap(bytes_, size_);
}

void Secret::keep(std::string_view text) {
  if (text.empty()) return;
  void* const pages =
      ::mmap(nullptr, text.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  // Both are more than can be promised (no right to lock, an old kernel), and nothing fails without them.
  (void)::madvise(pages, text.size(), MADV_DONTDUMP);
  (void)::mlock(pages, text.size());
  bytes_ = static_cast<char*>(pages);
  size_ = text.size();
  std::memcpy(bytes_, text.data(), size_);
}

void Secret::swap(Secret& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
}

}  // namespace holysheep
