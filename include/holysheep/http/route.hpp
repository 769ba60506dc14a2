#pragma once

#include <holysheep/http/dialect.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace holysheep::http {

enum class Endpoint : std::uint8_t { health, ready, forward, not_found };

/// Where a request's path leads (spec.md "Endpoints").
struct Route {
  Endpoint endpoint = Endpoint::not_found;
  Dialect dialect = Dialect::openai;
  /// `/v1beta/...`: goes to the upstream's origin, past its base path.
  bool beta = false;
  /// What is appended to the base path (`/chat/completions`), or with `beta` to the origin (the whole path).
  /// As it was spelt; empty for a path of just `/v1`.
  std::string_view rest;
  /// With `beta`: NAME of `/v1beta/models/NAME:action`, as it was spelt; else empty.
  std::string_view model;
  /// For metrics and logs: one of a fixed few static texts.
  std::string_view label = "other";
};

/// `route.model` without its percent-encoding, as upstream reads it.
std::string decoded_model(const Route& route);

/// Whether a path may name a model where `Route::model` does not have it: an action follows a colon, which
/// may be encoded.
bool may_name_unread_model(const Route& route) noexcept;

/// Reads a path without its query. Views point into `path`. No allocation, any thread.
Route route(std::string_view path) noexcept;

}  // namespace holysheep::http
