#include <holysheep/http/request_id.hpp>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <system_error>

#include <unistd.h>

namespace holysheep::http {
namespace {

void put_hex(char* at, std::uint64_t word) noexcept {
  for (int shift = 60; shift >= 0; shift -= 4) *at++ = "0123456789abcdef"[word >> shift & 0xf];
}

bool all_lower_hex(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool all_zero(std::string_view text) noexcept {
  return text.find_first_not_of('0') == text.npos;
}

}  // namespace

bool valid_request_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= 128 &&
         std::ranges::all_of(id, [](char c) { return c >= 0x21 && c <= 0x7e; });
}

RequestIds::RequestIds() {
  do {
    if (::getentropy(state_.data(), sizeof state_) != 0) {
      throw std::system_error(errno, std::generic_category(), "getentropy");
    }
  } while (state_ == std::array<std::uint64_t, 4>{});  // the one state that the generator never leaves
}

RequestId RequestIds::next() noexcept {
  RequestId id;
  put_hex(id.digits.data(), next_word());
  put_hex(id.digits.data() + 16, next_word());
  return id;
}

// xoshiro256**, as published by Blackman and Vigna (https://prng.di.unimi.it).
std::uint64_t RequestIds::next_word() noexcept {
  const std::uint64_t word = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return word;
}

std::string_view trace_id(std::string_view traceparent) noexcept {
  constexpr std::size_t length = 55;  // version-traceid-parentid-flags: 2 + 32 + 16 + 2 digits and dashes
  if (traceparent.size() < length) return {};
  const auto version = traceparent.substr(0, 2);
  const auto trace = traceparent.substr(3, 32);
  const auto parent = traceparent.substr(36, 16);
  const auto flags = traceparent.substr(53, 2);
  if (traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-') return {};
  if (!all_lower_hex(version) || !all_lower_hex(trace) || !all_lower_hex(parent) || !all_lower_hex(flags))
    return {};
  if (version == "ff" || all_zero(trace) || all_zero(parent)) return {};
  // Later versions may add fields after another dash; version 00 is exactly this long.
  if (traceparent.size() > length && (version == "00" || traceparent[length] != '-')) return {};
  return trace;
}

}  // namespace holysheep::http
