#include "cache_control.hpp"

#include "lines.hpp"
#include "list_elements.hpp"

#include <utility>

namespace holysheep::http {
void append_cache_control_no_transform(std::string& out, std::string_view name, const HeaderBlock& fields) {
  out.append(name).append(": ", 2);
  bool forbidden = false;
  for (const Field& field : fields) {
    if (field.id != FieldName::cache_control || field.nominated) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const std::string_view directive = take_element(list);
      if (directive.empty()) continue;
      if (equal_ignoring_case(directive, "no-transform") && std::exchange(forbidden, true)) continue;
      out.append(directive).append(", ", 2);
    }
  }
  if (forbidden) {
    out.resize(out.size() - 2);
  } else {
    out.append("no-transform");
  }
  out.append("\r\n", 2);
}

}  // namespace holysheep::http
