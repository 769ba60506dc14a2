#include <holysheep/core/value_forms.hpp>

#include <algorithm>

namespace holysheep {
namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_label(std::string_view label) {
  const auto fits = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; };
  return !label.empty() && label.size() <= 63 && std::all_of(label.begin(), label.end(), fits);
}

/// A DNS name, or an IPv4 address. What ends in a number and is no address is neither.
bool is_host(std::string_view host) {
  if (parse_address(host)) return true;
  if (host.size() > 253) return false;
  std::string_view label;
  for (auto rest = host;;) {
    const auto dot = rest.find('.');
    label = rest.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == rest.npos) break;
    rest.remove_prefix(dot + 1);
  }
  return !parse_whole(label);
}

/// The characters of RFC 3986 §3.3, percent-encoded ones as they are. No dot segments: the request's path is
/// appended, and nobody means to leave the base.
bool is_path(std::string_view path) {
  const auto fits = [](char c) {
    return is_alphanumeric(c) || std::string_view("/-._~!$&'()*+,;=:@%").find(c) != std::string_view::npos;
  };
  const auto bounded = std::string(path) + "/";
  return std::all_of(path.begin(), path.end(), fits) && bounded.find("/./") == std::string::npos &&
         bounded.find("/../") == std::string::npos;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_whole(text);
  if (!port || *port == 0 || *port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

/// Takes `host`, `host:port`, `[v6]` or `[v6]:port` apart.
bool read_authority(std::string_view authority, BaseUrl& url) {
  const bool bracketed = authority.starts_with('[');
  const auto host_end = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && host_end == authority.npos) return false;
  const auto host = authority.substr(bracketed ? 1 : 0, bracketed ? host_end - 1 : host_end);
  const auto rest =
      host_end == authority.npos ? std::string_view{} : authority.substr(host_end + (bracketed ? 1 : 0));
  if (bracketed ? host.find(':') == host.npos || !parse_address(host) : !is_host(host)) return false;
  url.host = to_lower(host);
  if (rest.empty()) return true;
  if (rest.front() != ':') return false;
  const auto port = parse_port(rest.substr(1));
  if (port) url.port = *port;
  return port.has_value();
}

}  // namespace

std::optional<BaseUrl> parse_base_url(std::string_view text) {
  const auto mark = text.find("://");
  if (mark == text.npos) return std::nullopt;
  const auto scheme = to_lower(text.substr(0, mark));
  if (scheme != "https" && scheme != "http") return std::nullopt;
  BaseUrl url{.tls = scheme == "https", .host = {}, .port = 443, .path = {}};
  if (!url.tls) url.port = 80;
  const auto rest = text.substr(mark + 3);
  const auto slash = rest.find('/');
  if (!read_authority(rest.substr(0, slash), url)) return std::nullopt;
  auto path = slash == rest.npos ? std::string_view{} : rest.substr(slash);
  if (!is_path(path)) return std::nullopt;
  while (path.ends_with('/')) path.remove_suffix(1);
  url.path = path;
  return url;
}

}  // namespace holysheep
