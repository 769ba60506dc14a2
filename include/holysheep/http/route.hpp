#pragma once
#include <string_view>
#include <holysheep/http/dialect.hpp>
namespace holysheep::http {
enum class Endpoint : std::uint8_t { health, ready, forward, not_found };
struct Route {
  Endpoint endpoint = Endpoint::not_found;
  Dialect dialect = Dialect::openai;
  bool beta = false;
  std::string_view rest;
  std::string_view model;
  std::string_view label;
};
Route route(std::string_view path) noexcept;
}
