#include <holysheep/app/admin_host.hpp>

#include <algorithm>
#include <array>
#include <string>

#include <boost/asio/ip/address.hpp>

namespace holysheep::app {
namespace {

constexpr std::size_t longest_name = 253;  // RFC 1035 §2.3.4, without the root's label
constexpr std::array<std::string_view, 4> nobodys{".localhost", ".svc", ".cluster.local", ".internal"};

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_name_character(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool ends_in(std::string_view name, std::string_view suffix) noexcept {
  return name.size() > suffix.size() &&
         std::ranges::equal(name.substr(name.size() - suffix.size()), suffix, {}, lower);
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2) without its port. False: it is no such thing.
bool take_port_off(std::string_view& host) noexcept {
  const auto colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
  if (colon == std::string_view::npos) return true;
  const auto port = host.substr(colon + 1);
  host = host.substr(0, colon);
  return std::ranges::all_of(port, is_digit);
}

}  // namespace

bool is_local_host(std::string_view host) {
  if (!take_port_off(host) || host.empty() || host.size() > longest_name) return false;
  boost::system::error_code error;
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return false;
    boost::asio::ip::make_address_v6(std::string(host.substr(1, host.size() - 2)), error);
    return !error;
  }
  if (!std::ranges::all_of(host, is_name_character)) return false;
  boost::asio::ip::make_address_v4(std::string(host), error);
  if (!error) return true;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.find('.') == std::string_view::npos) return !host.empty();
  return std::ranges::any_of(nobodys, [host](std::string_view suffix) { return ends_in(host, suffix); });
}

}  // namespace holysheep::app
