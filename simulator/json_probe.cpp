#include <cstring>

#include <nlohmann/json.hpp>
#include <simulator/json_probe.hpp>

namespace holysheep::sim {
namespace {

/// A cursor over JSON text; every move keeps within it and gives false where the text is not JSON.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool accept(char c) {
    space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  /// A string, quotes included.
  bool string(std::string_view& raw) {
    if (!accept('"')) return false;
    const char* begin = at_ - 1;
    for (;;) {
      const auto* quote =
          static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
      if (quote == nullptr) return false;
      const char* slash = quote;
      while (slash[-1] == '\\') --slash;
      at_ = quote + 1;
      if ((quote - slash) % 2 == 0) break;
    }
    raw = std::string_view(begin, static_cast<std::size_t>(at_ - begin));
    return true;
  }

  /// Any value, as written.
  bool value(std::string_view& raw) {
    space();
    const char* begin = at_;
    std::string_view ignored;
    int depth = 0;
    while (at_ != end_) {
      const char c = *at_;
      if (c == '"') {
        if (!string(ignored)) return false;
        if (depth == 0) break;
        continue;
      }
      if (depth == 0 && (c == ',' || c == '}')) break;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
      if (depth == 0 && (c == '}' || c == ']')) break;
    }
    raw = std::string_view(begin, static_cast<std::size_t>(at_ - begin));
    while (!raw.empty() && static_cast<unsigned char>(raw.back()) <= ' ') raw.remove_suffix(1);
    return depth == 0 && !raw.empty();
  }

  bool at_end() {
    space();
    return at_ == end_;
  }

 private:
  void space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  const char* at_;
  const char* end_;
};

std::string decoded(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"') return {};
  const std::string_view inner = raw.substr(1, raw.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return std::string(inner);
  const auto json = nlohmann::json::parse(raw, nullptr, false);
  return json.is_string() ? json.get<std::string>() : std::string{};
}

template <class Visit>
bool each_member(std::string_view text, Visit visit) {
  Scanner scan(text);
  if (!scan.accept('{')) return false;
  if (scan.accept('}')) return scan.at_end();
  for (;;) {
    std::string_view key;
    std::string_view value;
    if (!scan.string(key) || !scan.accept(':') || !scan.value(value)) return false;
    visit(key, value);
    if (scan.accept(',')) continue;
    return scan.accept('}') && scan.at_end();
  }
}

}  // namespace

JsonProbe probe_json(std::string_view text) {
  JsonProbe probe;
  probe.is_object = each_member(text, [&](std::string_view key, std::string_view value) {
    if (key == "\"model\"") probe.model = decoded(value);
    if (key == "\"stream\"") probe.stream = value == "true";
    if (key == "\"stream_options\"") {
      each_member(value, [&](std::string_view name, std::string_view option) {
        if (name == "\"include_usage\"") probe.include_usage = option == "true";
      });
    }
  });
  return probe;
}

}  // namespace holysheep::sim
