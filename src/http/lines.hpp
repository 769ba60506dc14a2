#pragma once

#include <holysheep/http/header_block.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace holysheep::http {

// What every writer appends. All of it only ever grows the caller's string, whose capacity it reuses.

inline void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

inline void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ", 2).append(value).append("\r\n", 2);
}

inline void append_line(std::string& out, std::string_view name, std::uint64_t number) {
  out.append(name).append(": ", 2);
  append_number(out, number);
  out.append("\r\n", 2);
}

inline void append_line(std::string& out, const Field& field) {
  append_line(out, field.name, field.value);
}

/// `Via` as this proxy signs it; `version_minor` is of the message that came in (RFC 9110 §7.6.3).
inline void append_via(std::string& out, int version_minor) {
  out.append(version_minor == 0 ? "Via: 1.0 holysheep-proxy\r\n" : "Via: 1.1 holysheep-proxy\r\n");
}

/// What the client has to be told about its connection: 1.1 stays open and 1.0 closes unless said otherwise.
inline void append_connection(std::string& out, int client_version_minor, bool close) {
  if (close) {
    out.append("Connection: close\r\n");
  } else if (client_version_minor == 0) {
    out.append("Connection: keep-alive\r\n");
  }
}

/// Meant for this connection alone (RFC 9110 §7.6.1). `Trailer` is another matter: it goes with the chunked
/// coding.
inline bool hop_by_hop(const Field& field) noexcept {
  switch (field.id) {
    case FieldName::connection:
    case FieldName::keep_alive:
    case FieldName::proxy_authenticate:  // between the client and this proxy, if anybody
    case FieldName::proxy_authorization:
    case FieldName::proxy_connection:
    case FieldName::te:
    case FieldName::transfer_encoding:
    case FieldName::upgrade:
      return true;
    default:
      return field.nominated;
  }
}

/// ASCII only, as field values are compared.
inline bool equal_ignoring_case(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + ('a' - 'A')) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

}  // namespace holysheep::http
