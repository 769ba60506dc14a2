#include <holysheep/core/settings.hpp>

namespace holysheep {

std::string BaseUrl::authority() const {
  const std::string bracketed = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? 443 : 80) ? bracketed : bracketed + ":" + std::to_string(port);
}

std::string BaseUrl::text() const {
  return (tls ? "https://" : "http://") + authority() + path;
}

}  // namespace holysheep
