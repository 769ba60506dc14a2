#pragma once

#include <holysheep/core/token_counts.hpp>
#include <holysheep/http/usage_scan.hpp>

namespace holysheep::http {

/// What is priced of it: tokens written to a cache are input.
constexpr TokenCounts token_counts(const Usage& usage) noexcept {
  return {usage.input, usage.cached_input, usage.output, usage.reasoning};
}

}  // namespace holysheep::http
