#include <holysheep/app/new_client_key.hpp>
#include <holysheep/core/random_bytes.hpp>
#include <holysheep/core/sha256.hpp>

#include <array>
#include <cstdint>
#include <span>

namespace holysheep::app {
namespace {

/// RFC 4648 §5, without padding.
std::string base64url(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6; held -= 6) text += alphabet[bits >> (held - 6) & 0x3f];
  }
  if (held > 0) text += alphabet[bits << (6 - held) & 0x3f];
  return text;
}

}  // namespace

NewClientKey new_client_key(std::string_view id) {
  std::array<std::uint8_t, 32> random{};
  fill_random(random);
  NewClientKey made;
  made.key = "hsk_" + base64url(random);
  made.entry.append(R"({"id":")").append(id);  // its characters stand for themselves
  made.entry.append(R"(","key_sha256":")").append(show_digest(sha256(made.key))).append(R"("})");
  return made;
}

}  // namespace holysheep::app
