#include "characters.hpp"
#include <holysheep/http/client_credentials.hpp>

namespace holysheep::http {
namespace {

/// Behind the scheme and its spaces; empty where the scheme is another.
std::string_view bearer_token(std::string_view authorization) noexcept {
  const std::string_view given = authorization.substr(0, authorization.find(' '));
  if (!same_ignoring_case(given, "bearer")) return {};
  const std::size_t token = authorization.find_first_not_of(' ', given.size());
  return token == authorization.npos ? std::string_view() : authorization.substr(token);
}

}  // namespace

ClientCredentials client_credentials(const HeaderBlock& fields) noexcept {
  ClientCredentials found;
  for (const std::string_view key :
       {bearer_token(fields.value(FieldName::authorization)), fields.value(FieldName::x_api_key),
        fields.value(FieldName::x_goog_api_key)}) {
    if (!key.empty()) found.push_back(key);
  }
  return found;
}

}  // namespace holysheep::http
