#pragma once

#include <cstdint>
#include <string_view>

#include <boost/container/small_vector.hpp>

namespace holysheep::http {

/// The header fields that some rule speaks of. Told once, while parsing, so that every later decision is a
/// switch and not a string comparison.
enum class FieldName : std::uint8_t {
  other,
  accept_encoding,
  age,
  authorization,
  cache_control,
  connection,
  content_encoding,
  content_length,
  content_type,
  date,
  expect,
  host,
  keep_alive,
  max_forwards,
  proxy_authenticate,
  proxy_authorization,
  proxy_connection,
  retry_after,
  retry_after_ms,
  server_timing,
  set_cookie,
  te,
  traceparent,
  trailer,
  transfer_encoding,
  upgrade,
  via,
  x_accel_buffering,
  x_api_key,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_proto,
  x_goog_api_key,
  x_request_id,
  x_should_retry,
  x_stainless_retry_count,
  x_stainless_timeout,
};

/// Case-insensitive, no allocation.
FieldName field_name(std::string_view name) noexcept;

/// One field line, as views into the bytes that were parsed: name in its own case, value without the white
/// space around it.
struct Field {
  std::string_view name;
  std::string_view value;
  FieldName id = FieldName::other;
  bool nominated = false;  ///< named by `Connection`, so hop-by-hop (RFC 9110 §7.6.1)
};

/// The fields of one message in their order, duplicates kept. Capacity survives `clear()`.
class HeaderBlock {
 public:
  void clear() noexcept { fields_.clear(); }
  void add(Field field) { fields_.push_back(field); }
  [[nodiscard]] const Field* find(FieldName id) const noexcept;       ///< the first, or nullptr
  [[nodiscard]] std::string_view value(FieldName id) const noexcept;  ///< of the first, or empty
  [[nodiscard]] auto begin() noexcept { return fields_.begin(); }
  [[nodiscard]] auto end() noexcept { return fields_.end(); }
  [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
  [[nodiscard]] auto end() const noexcept { return fields_.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }

 private:
  boost::container::small_vector<Field, 32> fields_;  // nearly every message: no allocation
};

}  // namespace holysheep::http
