#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holysheep {

using Digest = std::array<std::uint8_t, 32>;

/// SHA-256 (FIPS 180-4) of `text` with `rest` behind it. Allocates for a thread's first digest only. Throws
/// std::runtime_error where OpenSSL gives none. Any thread.
Digest sha256(std::string_view text, std::string_view rest = {});

/// Takes as long whatever they are.
bool same_digest(const Digest& one, const Digest& other) noexcept;

/// 64 hexadecimal digits in either case, nothing else.
std::optional<Digest> parse_digest(std::string_view hex) noexcept;
/// In lower case.
std::string show_digest(const Digest& digest);

/// The bytes of a digest as the input of another.
std::string_view bytes_of(const Digest& digest) noexcept;

}  // namespace holysheep
