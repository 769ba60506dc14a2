#include "field_section.hpp"
#include <holysheep/http/max_forwards.hpp>

namespace holysheep::http {

std::optional<std::uint64_t> max_forwards(Method method, std::string_view value) noexcept {
  std::uint64_t times = 0;
  if (method != Method::options && method != Method::trace) return std::nullopt;
  if (!parse_length(value, times)) return std::nullopt;
  return times;
}

}  // namespace holysheep::http
