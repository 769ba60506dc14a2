#include <holysheep/core/value_forms.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <arpa/inet.h>
#include <nlohmann/json.hpp>

namespace holysheep {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_visible(char c) {
  return c > ' ' && c < '\x7f';
}

bool is_address(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (text.find('\0') != text.npos) return false;  // it reads up to there
  return inet_pton(family, std::string(text).c_str(), bytes.data()) == 1;
}

struct Unit {
  std::string_view suffix;
  double nanoseconds;
};
constexpr std::array units{Unit{"ms", 1e6}, Unit{"s", 1e9}, Unit{"m", 60e9}, Unit{"", 1e9}};

}  // namespace

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  if (!all_digits(text)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{}) return std::nullopt;
  return value;
}

std::optional<double> parse_decimal(std::string_view text) {
  const auto point = text.find('.');
  if (!all_digits(text.substr(0, point))) return std::nullopt;
  if (point != text.npos && !all_digits(text.substr(point + 1))) return std::nullopt;
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{}) return std::nullopt;
  return value;
}

std::optional<Duration> parse_duration(std::string_view text) {
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return text.ends_with(u.suffix); });
  const auto number = parse_decimal(text.substr(0, text.size() - unit->suffix.size()));
  if (!number) return std::nullopt;
  const double nanoseconds = *number * unit->nanoseconds;
  if (nanoseconds >= static_cast<double>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  const auto rounded = std::llround(nanoseconds);
  return std::chrono::nanoseconds(rounded == 0 && *number > 0 ? 1 : rounded);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto shift = std::string_view("kmg").find(to_lower(text.substr(text.size() - 1)));
  const unsigned bits = shift == std::string_view::npos ? 0 : 10 * (static_cast<unsigned>(shift) + 1);
  const auto number = parse_whole(bits == 0 ? text : text.substr(0, text.size() - 1));
  if (!number || *number > std::numeric_limits<std::uint64_t>::max() >> bits) return std::nullopt;
  return *number << bits;
}

std::optional<bool> parse_boolean(std::string_view text) {
  const auto word = to_lower(text);
  for (const auto* yes : {"true", "1", "on", "yes"})
    if (word == yes) return true;
  for (const auto* no : {"false", "0", "off", "no"})
    if (word == no) return false;
  return std::nullopt;
}

std::optional<unsigned> parse_percent(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  const auto number = parse_whole(text);
  if (!number || *number > 100) return std::nullopt;
  return static_cast<unsigned>(*number);
}

std::optional<std::string> parse_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    const auto inner = text.substr(1, text.size() - 2);
    if (!is_address(AF_INET6, inner)) return std::nullopt;
    return std::string(inner);
  }
  if (!is_address(AF_INET, text) && !is_address(AF_INET6, text)) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> parse_key(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_visible)) return std::nullopt;
  return std::string(text);
}

std::optional<std::map<std::string, std::vector<std::string>>> parse_model_fallbacks(std::string_view text) {
  if (text.find('\0') != text.npos) return std::nullopt;  // the parser takes it for the end
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  std::map<std::string, std::vector<std::string>> fallbacks;
  for (const auto& [model, next] : json.items()) {
    if (model.empty() || !next.is_array() || next.empty()) return std::nullopt;
    for (const auto& name : next) {
      if (!name.is_string()) return std::nullopt;
      const auto& text_of_name = name.get_ref<const std::string&>();  // it goes into a header line
      if (text_of_name.empty() || !std::all_of(text_of_name.begin(), text_of_name.end(), is_visible))
        return std::nullopt;
      fallbacks[model].push_back(name.get<std::string>());
    }
  }
  return fallbacks;
}

std::string show_duration(Duration duration) {
  using namespace std::chrono;
  const auto nanoseconds = duration_cast<std::chrono::nanoseconds>(duration).count();
  if (nanoseconds % 1'000'000'000 == 0) return std::to_string(nanoseconds / 1'000'000'000) + "s";
  if (nanoseconds % 1'000'000 == 0) return std::to_string(nanoseconds / 1'000'000) + "ms";
  return show_decimal(static_cast<double>(nanoseconds) / 1e6) + "ms";
}

std::string show_size(std::uint64_t bytes) {
  for (const auto& [bits, suffix] : {std::pair{30, "g"}, std::pair{20, "m"}, std::pair{10, "k"}}) {
    const auto unit = std::uint64_t{1} << bits;
    if (bytes != 0 && bytes % unit == 0) return std::to_string(bytes / unit) + suffix;
  }
  return std::to_string(bytes);
}

std::string show_decimal(double number) {
  std::array<char, 400> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed).ptr;
  return {text.data(), end};
}

std::string show_model_fallbacks(const std::map<std::string, std::vector<std::string>>& fallbacks) {
  return fallbacks.empty() ? "" : nlohmann::json(fallbacks).dump(-1, ' ', true);
}

bool is_loopback(std::string_view host) {
  if (host == "localhost") return true;
  if (is_address(AF_INET, host)) return host.starts_with("127.");
  in6_addr address{};
  return inet_pton(AF_INET6, std::string(host).c_str(), &address) == 1 && IN6_IS_ADDR_LOOPBACK(&address) != 0;
}

bool is_wildcard(std::string_view address) {
  in6_addr six{};
  if (inet_pton(AF_INET6, std::string(address).c_str(), &six) == 1) return IN6_IS_ADDR_UNSPECIFIED(&six) != 0;
  return address == "0.0.0.0";
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (auto& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

}  // namespace holysheep
