#include <holysheep/net/buffer.hpp>

#include <algorithm>

namespace holysheep::net {

std::span<char> Buffer::room(std::size_t most) {
  const std::size_t held = size();
  if (held >= most) return {};
  if (block_ == nullptr) acquire();
  if (begin_ > 0 && (held == 0 || end_ == capacity_)) compact();
  if (end_ == capacity_) {  // full from its very front: a header past the block's size
    const std::size_t larger = capacity_ * 2;
    char* moved = new char[larger];
    std::memcpy(moved, block_, held);
    release();
    block_ = moved;
    capacity_ = larger;
    pool_->lent.add(static_cast<std::int64_t>(larger));
    end_ = held;
  }
  return {block_ + end_, std::min(capacity_ - end_, most - held)};
}

void Buffer::acquire() {
  block_ = pool_->take();
  capacity_ = BufferPool::block_size;
  pool_->lent.add(BufferPool::block_size);
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
