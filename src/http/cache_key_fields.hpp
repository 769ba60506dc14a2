#pragma once

#include "characters.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holysheep::http {

/// The request fields that an answer may depend on: who asks, and the dialects' that change what comes. Their
/// order is the digest's.
inline constexpr std::array<std::string_view, 14> cache_key_fields{
    "accept",         "accept-encoding", "accept-language", "anthropic-beta", "anthropic-version",
    "api-key",        "authorization",   "cookie",          "openai-beta",    "openai-organization",
    "openai-project", "origin",          "x-api-key",       "x-goog-api-key",
};

/// Bit n: one of them is n bytes long. Most fields of a request are told apart by that.
inline constexpr std::uint32_t cache_key_field_sizes = [] {
  std::uint32_t sizes = 0;
  for (const std::string_view name : cache_key_fields) sizes |= std::uint32_t{1} << name.size();
  return sizes;
}();

/// The place of a field in the list above, by its name in any case.
constexpr std::optional<std::uint8_t> cache_key_field(std::string_view name) noexcept {
  if (name.size() >= 32 || (cache_key_field_sizes >> name.size() & 1) == 0) return std::nullopt;
  for (std::size_t i = 0; i < cache_key_fields.size(); ++i) {
    if (same_ignoring_case(name, cache_key_fields[i])) return static_cast<std::uint8_t>(i);
  }
  return std::nullopt;
}

}  // namespace holysheep::http
