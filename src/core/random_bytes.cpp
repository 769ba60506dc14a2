#include <holysheep/core/random_bytes.hpp>

#include <stdexcept>

#include <openssl/rand.h>

namespace holysheep {

void fill_random(std::span<std::uint8_t> out) {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) {
    throw std::runtime_error("the machine gives no random bytes");
  }
}

}  // namespace holysheep
