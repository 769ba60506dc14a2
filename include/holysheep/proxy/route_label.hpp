#pragma once

#include <holysheep/http/route.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holysheep::proxy {

/// Where a request went, for metrics: few, whatever paths clients think of.
enum class RouteLabel : std::uint8_t {
  chat_completions,
  messages,
  count_tokens,
  responses,
  embeddings,
  models,
  completions,
  v1_other,
  beta_models,
  beta_other,
  health,
  ready,
  other,  ///< also of a request that never had a path
};
inline constexpr std::size_t route_label_count = 13;

RouteLabel route_label(const http::Route& route) noexcept;

/// `/v1/chat/completions`, …, `other`. Static text.
std::string_view name(RouteLabel label) noexcept;

}  // namespace holysheep::proxy
