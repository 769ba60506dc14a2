#include <holysheep/net/buffer.hpp>

#include <algorithm>

namespace holysheep::net {
namespace {

constexpr std::size_t little = 2048;
constexpr std::size_t granule = 64;

}  // namespace

std::span<char> Buffer::room(std::size_t most) {
  const std::size_t held = size();
  if (held >= most) return {};
  if (block_ == nullptr) acquire();
  if (capacity_ < BufferPool::block_size) move_to(pool_->take(), BufferPool::block_size);
  if (begin_ > 0 && (held == 0 || end_ == capacity_)) compact();
  if (end_ == capacity_) {  // full from its very front: a header past the block's size
    const std::size_t larger = capacity_ * 2;
    move_to(new char[larger], larger);
  }
  return {block_ + end_, std::min(capacity_ - end_, most - held)};
}

void Buffer::acquire() {
  block_ = pool_->take();
  capacity_ = BufferPool::block_size;
  pool_->lent.add(BufferPool::block_size);
}

void Buffer::move_to(char* block, std::size_t capacity) noexcept {
  const std::size_t held = size();
  std::memcpy(block, block_ + begin_, held);
  release();
  block_ = block;
  capacity_ = capacity;
  end_ = held;
  pool_->lent.add(static_cast<std::int64_t>(capacity));
}

void Buffer::shrink() {
  if (capacity_ != BufferPool::block_size || size() > little) return;
  const std::size_t enough = (std::max<std::size_t>(size(), 1) + granule - 1) / granule * granule;
  move_to(new char[enough], enough);
}

std::span<char> Buffer::spare() noexcept {
  if (block_ == nullptr) acquire();
  return {block_ + end_, capacity_ - end_};
}

void Buffer::compact() noexcept {
  if (begin_ == 0) return;
  std::memmove(block_, block_ + begin_, size());
  end_ = size();
  begin_ = 0;
}

void Buffer::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto into = room(size() + bytes.size());
    const auto part = bytes.substr(0, into.size());
    std::memcpy(into.data(), part.data(), part.size());
    added(part.size());
    bytes.remove_prefix(part.size());
  }
}

void Buffer::release() noexcept {
  if (block_ == nullptr) return;
  pool_->lent.add(-static_cast<std::int64_t>(capacity_));
  if (capacity_ == BufferPool::block_size) {
    pool_->give_back(block_);
  } else {
    delete[] block_;
  }
  block_ = nullptr;
  capacity_ = begin_ = end_ = 0;
}

}  // namespace holysheep::net
