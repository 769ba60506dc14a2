#include <holysheep/net/buffer.hpp>

#include <string>

#include <gtest/gtest.h>

namespace holysheep::net {
namespace {

void put(Buffer& buffer, std::string_view text, std::size_t most = 1 << 20) {
  while (!text.empty()) {
    const auto room = buffer.room(most);
    const auto part = text.substr(0, room.size());
    std::copy(part.begin(), part.end(), room.begin());
    buffer.added(part.size());
    text.remove_prefix(part.size());
  }
}

TEST(Buffer, KeepsWhatWasPutInItsOrder) {
  BufferPool pool;
  Buffer buffer(pool);
  put(buffer, "abcdef");
  buffer.consume(2);
  put(buffer, "gh");
  EXPECT_EQ(buffer.bytes(), "cdefgh");
}

TEST(Buffer, GivesNoRoomPastItsMost) {
  BufferPool pool;
  Buffer buffer(pool);
  put(buffer, std::string(100, 'x'));
  EXPECT_EQ(buffer.room(120).size(), 20u);
  EXPECT_TRUE(buffer.room(100).empty());
}

TEST(Buffer, GrowsPastABlockAndKeepsItsBytes) {
  BufferPool pool;
  Buffer buffer(pool);
  std::string text;
  for (int i = 0; i < 9000; ++i) text += std::to_string(i);
  put(buffer, text);
  EXPECT_EQ(buffer.bytes(), text);
}

TEST(Buffer, ShrunkHoldsNoMoreThanItNeedsAndGrowsAgain) {
  BufferPool pool;
  Buffer buffer(pool);
  put(buffer, "abc" + std::string(100, 'x'));
  buffer.consume(3);
  buffer.shrink();
  EXPECT_LE(buffer.capacity(), 128u);
  EXPECT_EQ(pool.lent.get(), static_cast<std::int64_t>(buffer.capacity()));
  EXPECT_EQ(buffer.bytes(), std::string(100, 'x'));
  put(buffer, std::string(40'000, 'y'));
  EXPECT_EQ(buffer.bytes(), std::string(100, 'x') + std::string(40'000, 'y'));
  buffer.shrink();
  EXPECT_EQ(buffer.size(), 40'100u) << "what is large stays where it is";
  buffer.release();
  EXPECT_EQ(pool.lent.get(), 0);
}

TEST(Buffer, SpareRoomMovesNothing) {
  BufferPool pool;
  Buffer buffer(pool);
  put(buffer, std::string(10, 'a'));
  const char* before = buffer.bytes().data();
  const auto spare = buffer.spare();
  EXPECT_EQ(spare.size(), BufferPool::block_size - 10);
  EXPECT_EQ(buffer.bytes().data(), before);
}

TEST(Buffer, CompactedKeepsItsBytesInPlaceUntilItIsFull) {
  BufferPool pool;
  Buffer buffer(pool);
  put(buffer, std::string(100, 'a') + "rest");
  buffer.consume(100);
  buffer.compact();
  const char* const where = buffer.bytes().data();
  put(buffer, std::string(BufferPool::block_size - 4, 'b'), BufferPool::block_size);
  EXPECT_EQ(buffer.bytes().data(), where);
  EXPECT_EQ(buffer.bytes().substr(0, 5), "restb");
}

TEST(Buffer, ReleasedMemoryIsLentAgain) {
  BufferPool pool;
  Buffer first(pool);
  const char* block = first.room(10).data();
  first.release();
  EXPECT_TRUE(first.empty());
  Buffer second(pool);
  if (!address_sanitizer) {
    EXPECT_EQ(second.room(10).data(), block);
  }
}

TEST(Buffer, AppendTakesBytesFromElsewhere) {
  BufferPool pool;
  Buffer buffer(pool);
  buffer.append("one");
  buffer.append(std::string(40000, 'z'));
  EXPECT_EQ(buffer.size(), 40003u);
  EXPECT_EQ(buffer.bytes().substr(0, 4), "onez");
}

TEST(BufferPool, CountsWhatItLends) {
  BufferPool pool;
  {
    Buffer buffer(pool);
    EXPECT_EQ(pool.lent.get(), 0);
    put(buffer, "a");
    EXPECT_EQ(pool.lent.get(), static_cast<std::int64_t>(BufferPool::block_size));
    put(buffer, std::string(3 * BufferPool::block_size, 'x'));
    EXPECT_EQ(pool.lent.get(), static_cast<std::int64_t>(4 * BufferPool::block_size));
    Buffer moved(std::move(buffer));
    buffer.release();
    EXPECT_EQ(pool.lent.get(), static_cast<std::int64_t>(4 * BufferPool::block_size));
  }
  EXPECT_EQ(pool.lent.get(), 0);
  pool.trim();
}

}  // namespace
}  // namespace holysheep::net
