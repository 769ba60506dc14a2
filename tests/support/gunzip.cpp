#include "support/gunzip.hpp"

#include <array>

#include <zlib.h>

namespace holysheep::testing {

Inflated gunzip(std::string_view packed) {
  Inflated out;
  z_stream stream{};
  if (::inflateInit2(&stream, 15 + 16) != Z_OK) return {{}, false, true};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::array<char, 16384> buffer;
  int status = Z_OK;
  do {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = ::inflate(&stream, Z_SYNC_FLUSH);
    out.bytes.append(buffer.data(), buffer.size() - stream.avail_out);
  } while (status == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0));
  out.complete = status == Z_STREAM_END && stream.avail_in == 0;
  out.broken = status != Z_STREAM_END && status != Z_OK && status != Z_BUF_ERROR;
  ::inflateEnd(&stream);
  return out;
}

}  // namespace holysheep::testing
