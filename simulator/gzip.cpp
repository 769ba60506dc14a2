#include <algorithm>
#include <array>

#include <simulator/gzip.hpp>

namespace holysheep::sim {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1U) : value >> 1U;
    table[i] = value;
  }
  return table;
}();

std::uint32_t crc32(std::uint32_t crc, std::string_view bytes) {
  crc = ~crc;
  for (const char c : bytes) crc = crc_table[(crc ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (crc >> 8U);
  return ~crc;
}

void append_little_endian(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xFFU));
}

void append_block(std::string& out, std::string_view bytes, bool last) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  out.push_back(last ? '\1' : '\0');
  append_little_endian(out, size, 2);
  append_little_endian(out, ~size & 0xFFFFU, 2);
  out.append(bytes);
}

constexpr std::string_view gzip_header("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);

}  // namespace

std::string StoredGzip::write(std::string_view bytes) {
  std::string out;
  if (!begun_) out.append(gzip_header);
  begun_ = true;
  crc_ = crc32(crc_, bytes);
  size_ += static_cast<std::uint32_t>(bytes.size());
  while (!bytes.empty()) {
    const auto block = bytes.substr(0, std::min<std::size_t>(bytes.size(), 65'535));
    append_block(out, block, false);
    bytes.remove_prefix(block.size());
  }
  return out;
}

std::string StoredGzip::finish() {
  std::string out;
  if (!begun_) out.append(gzip_header);
  append_block(out, {}, true);
  append_little_endian(out, crc_, 4);
  append_little_endian(out, size_, 4);
  return out;
}

}  // namespace holysheep::sim
