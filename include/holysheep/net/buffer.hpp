#pragma once

#include <holysheep/core/address_sanitizer.hpp>
#include <holysheep/core/own_count.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace holysheep::net {

class BufferPool;

/// Bytes on their way: filled at the back, consumed at the front, in memory borrowed from its event loop's
/// pool only while there is something to hold. A connection that waits holds none: that is what an idle
/// stream costs (SSL_MODE_RELEASE_BUFFERS does the same on OpenSSL's side).
class Buffer {
 public:
  explicit Buffer(BufferPool& pool) noexcept : pool_(&pool) {}
  Buffer(Buffer&& other) noexcept
      : pool_(other.pool_),
        block_(std::exchange(other.block_, nullptr)),
        capacity_(std::exchange(other.capacity_, 0)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)) {}
  Buffer& operator=(Buffer&&) = delete;
  ~Buffer() { release(); }

  [[nodiscard]] std::string_view bytes() const noexcept { return {block_ + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  /// Bytes borrowed.
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// Room behind what is held: at least one byte and in all at most `most` bytes held. May move the bytes.
  /// Empty when `most` are held already.
  std::span<char> room(std::size_t most);
  /// Room behind what is held that needs no byte moved: views into what is held stay good. May be empty.
  std::span<char> spare() noexcept;
  void added(std::size_t count) noexcept { end_ += count; }
  void append(std::string_view bytes);
  void consume(std::size_t count) noexcept { begin_ += count; }
  /// Moves what is held to the front.
  void compact() noexcept;
  /// While nothing comes: what is held, where it is little, moves into memory of its own size, until `room`
  /// is asked for again.
  void shrink();
  /// Gives the memory back to the pool, with what it held.
  void release() noexcept;
  void release_if_empty() noexcept {
    if (block_ != nullptr && empty()) release();
  }

 private:
  void acquire();
  void move_to(char* block, std::size_t capacity) noexcept;

  BufferPool* pool_;
  char* block_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// Blocks of 16 KiB, last in first out, one pool for each event loop. Larger blocks (a header past 16 KiB)
/// come from the heap and go back there.
class BufferPool {
 public:
  static constexpr std::size_t block_size = 16 * 1024;

  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool() { trim(); }

  OwnCount lent;  ///< bytes that Buffers hold, large blocks included; any thread may read

  char* take() {
    if (free_.empty()) return new char[block_size];
    char* block = free_.back();
    free_.pop_back();
    return block;
  }
  void give_back(char* block) noexcept {
    if (free_.size() >= kept) {
      delete[] block;
    } else {
      free_.push_back(block);  // cannot throw: kept entries are reserved
    }
  }
  /// Gives back to the heap what is kept for later.
  void trim() noexcept {
    for (char* block : free_) delete[] block;
    free_.clear();
  }

 private:
  static constexpr std::size_t kept = address_sanitizer ? 0 : 64;
  std::vector<char*> free_ = reserved();
  static std::vector<char*> reserved() {
    std::vector<char*> blocks;
    blocks.reserve(kept);
    return blocks;
  }
};

}  // namespace holysheep::net
