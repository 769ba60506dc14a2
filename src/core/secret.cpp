#include <holysheep/core/secret.hpp>

#include <openssl/crypto.h>

namespace holysheep {

void Secret::wipe() noexcept {
  // The small-string buffer included: capacity is never less than what may hold old bytes.
  value_.resize(value_.capacity());
  OPENSSL_cleanse(value_.data(), value_.size());
  value_.clear();
}

}  // namespace holysheep
