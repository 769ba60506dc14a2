#include <holysheep/core/sha256.hpp>
#include <holysheep/http/client_credentials.hpp>
#include <holysheep/proxy/caller.hpp>

namespace holysheep::proxy {

std::string_view Caller::identify(const http::HeaderBlock& fields,
                                  const std::shared_ptr<const ClientTable>& clients,
                                  std::chrono::system_clock::time_point now) {
  std::string_view why = "the request has none, as Authorization: Bearer, x-api-key or x-goog-api-key";
  for (const std::string_view presented : http::client_credentials(fields)) {
    const Client* const found = clients->find(sha256(presented));
    if (found == nullptr) {
      why = "this one is not known";
    } else if (expired(*found, now)) {
      why = "this one has expired";
    } else {
      clients_ = clients;
      client_ = found;
      return {};
    }
  }
  return why;
}

}  // namespace holysheep::proxy
