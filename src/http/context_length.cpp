#include <holysheep/http/context_length.hpp>

#include <string>

#include <nlohmann/json.hpp>

namespace holysheep::http {

bool says_context_too_long(std::string_view body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("error") || !json["error"].is_object()) return false;
  const auto& error = json["error"];
  const auto text = [&](const char* name) {
    const auto member = error.find(name);
    return member != error.end() && member->is_string() ? member->get<std::string>() : std::string();
  };
  constexpr std::string_view code = "context_length_exceeded";
  return text("code") == code || text("type") == code || text("message").starts_with("prompt is too long");
}

}  // namespace holysheep::http
