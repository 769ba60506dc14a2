#include <holysheep/proxy/route_label.hpp>

#include <algorithm>
#include <array>

namespace holysheep::proxy {
namespace {

// In the order of the enumeration, which begins with the most frequent.
constexpr std::array<std::string_view, route_label_count> route_names{"/v1/chat/completions",
                                                                      "/v1/messages",
                                                                      "/v1/messages/count_tokens",
                                                                      "/v1/responses",
                                                                      "/v1/embeddings",
                                                                      "/v1/models",
                                                                      "/v1/completions",
                                                                      "/v1/other",
                                                                      "/v1beta/models",
                                                                      "/v1beta/other",
                                                                      "/health",
                                                                      "/ready",
                                                                      "other"};
static_assert(route_label_count == static_cast<std::size_t>(RouteLabel::other) + 1);

}  // namespace

RouteLabel route_label(const http::Route& route) noexcept {
  const auto found = std::find(route_names.begin(), route_names.end(), route.label);
  return found == route_names.end() ? RouteLabel::other
                                    : static_cast<RouteLabel>(found - route_names.begin());
}

std::string_view name(RouteLabel label) noexcept {
  return route_names[static_cast<std::size_t>(label)];
}

}  // namespace holysheep::proxy
