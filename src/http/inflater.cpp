#include <holysheep/http/inflater.hpp>

#include <algorithm>

#include <zlib.h>

namespace holysheep::http {
namespace {

constexpr int widest = 15;
constexpr int with_gzip_framing = 16;  // zlib adds it to the window
constexpr std::uint64_t always_allowed = std::uint64_t{1} << 20;
constexpr std::uint64_t most_grown = 100;                         // times
constexpr std::size_t most_taken_at_once = std::size_t{1} << 30;  // zlib counts in 32 bits

/// Does a zlib header (RFC 1950) begin so? Deflate alone does not, but where its first block is stored with
/// padding that is not zero, or its codes are of a kind that no encoder writes.
bool begins_zlib(char first) noexcept {
  const auto byte = static_cast<unsigned char>(first);
  return (byte & 0x0fU) == Z_DEFLATED && (byte >> 4U) <= 7;
}

}  // namespace

void Inflater::End::operator()(z_stream_s* stream) const noexcept {
  ::inflateEnd(stream);
  delete stream;
}

Inflater::Inflater(ContentCoding coding) : coding_(coding), stream_(new z_stream()) {}

Inflater::~Inflater() = default;

bool Inflater::begin(char first) noexcept {
  begun_ = true;
  int window = -widest;
  if (coding_ == ContentCoding::gzip) window = widest + with_gzip_framing;
  if (coding_ == ContentCoding::deflate && begins_zlib(first)) window = widest;
  return ::inflateInit2(stream_.get(), window) == Z_OK;
}

void Inflater::fail() noexcept {
  failed_ = true;
  stream_.reset();
}

bool Inflater::grows_too_much() const noexcept {
  return given_ > always_allowed && given_ / most_grown > taken_;
}

std::string_view Inflater::next(std::string_view& input) noexcept {
  if (stream_ && !begun_ && !input.empty() && !begin(input.front())) fail();
  while (stream_ && begun_) {
    z_stream& stream = *stream_;
    const auto most = static_cast<uInt>(std::min(input.size(), most_taken_at_once));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream.avail_in = most;
    stream.next_out = reinterpret_cast<Bytef*>(out_.data());
    stream.avail_out = static_cast<uInt>(out_.size());
    const int result = ::inflate(&stream, Z_NO_FLUSH);
    const std::size_t taken = most - stream.avail_in;
    const std::size_t given = out_.size() - stream.avail_out;
    input.remove_prefix(taken);
    taken_ += taken;
    given_ += given;
    const bool fine = result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
    if (!fine || grows_too_much()) {
      fail();
    } else if (result == Z_STREAM_END && coding_ == ContentCoding::gzip) {
      ::inflateReset(&stream);  // another member may follow
    } else if (result == Z_STREAM_END) {
      stream_.reset();
    }
    if (given > 0) return {out_.data(), given};
    if (input.empty() || result == Z_BUF_ERROR) break;
  }
  input = {};
  return {};
}

}  // namespace holysheep::http
