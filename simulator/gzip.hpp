#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace holysheep::sim {

/// A gzip stream of stored blocks (RFC 1951 §3.2.4, RFC 1952): every reader takes it, and no library
/// that the proxy might share is needed to write it.
class StoredGzip {
 public:
  /// `bytes` as whole blocks, the header before the first.
  std::string write(std::string_view bytes);
  /// The last block and the trailer.
  std::string finish();

 private:
  bool begun_ = false;
  std::uint32_t crc_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace holysheep::sim
