#include <holysheep/http/route.hpp>

#include <array>

namespace holysheep::http {
namespace {

constexpr std::string_view v1 = "/v1";
constexpr std::string_view v1beta = "/v1beta";
constexpr std::string_view messages = "/messages";
constexpr std::string_view beta_models = "/v1beta/models/";

// True for `prefix` itself and what is below it.
bool under(std::string_view path, std::string_view prefix) noexcept {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

struct Label {
  std::string_view label;
  bool with_all_below;
};

constexpr std::array labels{
    Label{"/v1/chat/completions", false},
    Label{"/v1/messages", false},
    Label{"/v1/messages/count_tokens", false},
    Label{"/v1/responses", true},
    Label{"/v1/embeddings", false},
    Label{"/v1/models", true},
    Label{"/v1/completions", false},
};

std::string_view label_of(std::string_view rest) noexcept {
  for (const auto& [label, with_all_below] : labels) {
    const std::string_view below_v1 = label.substr(v1.size());
    if (rest == below_v1 || (with_all_below && under(rest, below_v1))) return label;
  }
  return "/v1/other";
}

// NAME may hold encoded slashes and colons of its own (`ft:gpt:x`): the action follows the last colon.
std::string_view model_of(std::string_view path) noexcept {
  if (!path.starts_with(beta_models)) return {};
  const std::string_view name = path.substr(beta_models.size());
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos || name.find('/') != std::string_view::npos ? std::string_view{}
                                                                                     : name.substr(0, colon);
}

Route beta_route(std::string_view path) noexcept {
  return {.endpoint = Endpoint::forward,
          .dialect = Dialect::gemini,
          .beta = true,
          .rest = path,
          .model = model_of(path),
          .label = under(path, "/v1beta/models") ? "/v1beta/models" : "/v1beta/other"};
}

Route v1_route(std::string_view path) noexcept {
  if (under(path.substr(v1.size()), v1)) path.remove_prefix(v1.size());
  const std::string_view rest = path.substr(v1.size());
  return {.endpoint = Endpoint::forward,
          .dialect = under(rest, messages) ? Dialect::anthropic : Dialect::openai,
          .rest = rest,
          .label = label_of(rest)};
}

}  // namespace

Route route(std::string_view path) noexcept {
  if (under(path, v1)) return v1_route(path);
  if (under(path, v1beta)) return beta_route(path);
  if (path == "/health") return {.endpoint = Endpoint::health, .label = "/health"};
  if (path == "/ready") return {.endpoint = Endpoint::ready, .label = "/ready"};
  return {};
}

}  // namespace holysheep::http
