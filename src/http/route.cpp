#include "characters.hpp"
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
  Route to;
  to.endpoint = Endpoint::forward;
  to.dialect = Dialect::gemini;
  to.beta = true;
  to.rest = path;
  to.model = model_of(path);
  to.label = under(path, "/v1beta/models") ? "/v1beta/models" : "/v1beta/other";
  return to;
}

Route v1_route(std::string_view path) noexcept {
  if (under(path.substr(v1.size()), v1)) path.remove_prefix(v1.size());
  Route to;
  to.endpoint = Endpoint::forward;
  to.rest = path.substr(v1.size());
  to.dialect = under(to.rest, messages) ? Dialect::anthropic : Dialect::openai;
  to.label = label_of(to.rest);
  return to;
}

Route own_route(Endpoint endpoint, std::string_view label) noexcept {
  Route to;
  to.endpoint = endpoint;
  to.label = label;
  return to;
}

}  // namespace

std::string decoded_model(const Route& route) {
  std::string name;
  for (std::string_view left = route.model; !left.empty();) {
    const int high = left.size() >= 3 && left.front() == '%' ? hex_digit(left[1]) : -1;
    const int low = high >= 0 ? hex_digit(left[2]) : -1;
    name.push_back(low >= 0 ? static_cast<char>(high * 16 + low) : left.front());
    left.remove_prefix(low >= 0 ? 3 : 1);
  }
  return name;
}

bool may_name_unread_model(const Route& route) noexcept {
  return route.model.empty() && route.rest.find_first_of(":%") != std::string_view::npos;
}

Route route(std::string_view path) noexcept {
  if (under(path, v1)) return v1_route(path);
  if (under(path, v1beta)) return beta_route(path);
  if (path == "/health") return own_route(Endpoint::health, "/health");
  if (path == "/ready") return own_route(Endpoint::ready, "/ready");
  return {};
}

}  // namespace holysheep::http
