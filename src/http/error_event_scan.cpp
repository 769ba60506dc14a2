#include <holysheep/http/error_event_scan.hpp>

#include <cstddef>

namespace holysheep::http {
namespace {

/// White space may stand before each character that is not part of a name.
constexpr std::array<std::string_view, 2> patterns{R"("error":{)", R"("type":"error")"};

constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// A place where JSON allows white space: before or behind a colon.
constexpr bool may_have_space(std::string_view pattern, std::size_t at) noexcept {
  return at > 0 && (pattern[at] == ':' || pattern[at - 1] == ':');
}

}  // namespace

void ErrorEventScan::feed(std::string_view bytes) noexcept {
  for (const char c : bytes) {
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      std::uint8_t& at = matched_[i];
      if (c != patterns[i][at]) {
        if (is_space(c) && may_have_space(patterns[i], at)) continue;
        at = c == '"' ? 1 : 0;
        continue;
      }
      if (++at < patterns[i].size()) continue;
      found_ = true;
      at = 0;
    }
  }
}

}  // namespace holysheep::http
