#include <holysheep/http/gzip_encoder.hpp>

#include <algorithm>
#include <cstdlib>
#include <new>

#include <zlib.h>

namespace holysheep::http {
namespace {

/// 6 takes five times as long for a tenth fewer bytes (ARCHITECTURE.md "Compression").
constexpr int level = 1;
constexpr int unknown_length_window = 13;
constexpr int gzip_format = 16;         // zlib adds it to the window for "with gzip's header and trailer"
constexpr int memory_below_window = 7;  // zlib's own relation: memory level 8 for a window of 15
constexpr std::uint64_t lookahead = 262;
constexpr std::size_t room_step = 4096;
constexpr std::size_t most_at_once = std::size_t{1} << 30;  // zlib counts in 32 bits

void* counted_allocation(void* memory, uInt count, uInt size) {
  void* const got = std::calloc(count, size);
  if (got != nullptr) *static_cast<std::size_t*>(memory) += std::size_t{count} * size;
  return got;
}

void release(void*, void* address) {
  std::free(address);
}

int flush_for(Then then) noexcept {
  if (then == Then::end) return Z_FINISH;
  return then == Then::wait ? Z_SYNC_FLUSH : Z_NO_FLUSH;
}

}  // namespace

GzipEncoder::GzipEncoder(int window) : stream_(std::make_unique<z_stream>()), window_(window) {
  stream_->zalloc = counted_allocation;
  stream_->zfree = release;
  stream_->opaque = &memory_;
  if (::deflateInit2(stream_.get(), level, Z_DEFLATED, window + gzip_format, window - memory_below_window,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

GzipEncoder::~GzipEncoder() {
  ::deflateEnd(stream_.get());
}

void GzipEncoder::restart() noexcept {
  ::deflateReset(stream_.get());
}

void GzipEncoder::feed(std::string_view piece, Then then, std::string& out) {
  for (; piece.size() > most_at_once; piece.remove_prefix(most_at_once)) {
    write(piece.substr(0, most_at_once), Z_NO_FLUSH, out);
  }
  write(piece, flush_for(then), out);
}

void GzipEncoder::write(std::string_view piece, int flush, std::string& out) {
  z_stream& stream = *stream_;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  stream.avail_in = static_cast<uInt>(piece.size());
  do {
    const std::size_t had = out.size();
    out.resize(had + room_step);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    stream.avail_out = static_cast<uInt>(room_step);
    ::deflate(&stream, flush);
    out.resize(out.size() - stream.avail_out);
  } while (stream.avail_out == 0);
}

int window_for(std::optional<std::uint64_t> length) noexcept {
  if (!length) return unknown_length_window;
  int window = GzipEncoder::least_window;
  while (window < GzipEncoder::most_window && *length > (std::uint64_t{1} << window) - lookahead) ++window;
  return window;
}

GzipEncoders::GzipEncoders() {
  for (auto& size : resting_) size.reserve(kept);
}

GzipEncoders::Lent GzipEncoders::take(std::optional<std::uint64_t> length) {
  const int window = window_for(length);
  auto& resting = resting_[static_cast<std::size_t>(window - GzipEncoder::least_window)];
  if (resting.empty()) return Lent(new GzipEncoder(window), GiveBack{this});
  Lent lent(resting.back().release(), GiveBack{this});
  resting.pop_back();
  lent->restart();
  return lent;
}

void GzipEncoders::give_back(GzipEncoder* encoder) noexcept {
  std::unique_ptr<GzipEncoder> back(encoder);
  auto& resting = resting_[static_cast<std::size_t>(back->window() - GzipEncoder::least_window)];
  if (resting.size() < kept) resting.push_back(std::move(back));  // cannot throw: reserved
}

std::size_t GzipEncoders::memory() const noexcept {
  std::size_t bytes = 0;
  for (const auto& size : resting_) {
    for (const auto& encoder : size) bytes += encoder->memory();
  }
  return bytes;
}

}  // namespace holysheep::http
