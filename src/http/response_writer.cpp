#include "cache_control.hpp"
#include "characters.hpp"
#include "lines.hpp"
#include <holysheep/http/compressible.hpp>
#include <holysheep/http/response_writer.hpp>

#include <algorithm>
#include <charconv>

namespace holysheep::http {
namespace {

constexpr std::uint64_t longest_age = std::uint64_t{1} << 31;  // seconds, RFC 9111 §1.2.2

void append_status_line(std::string& out, const ResponseHead& head) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(head.status));
  out.append(" ", 1).append(head.reason).append("\r\n", 2);
}

/// Does `Vary` name this field, or everything?
bool names_accept_encoding(std::string_view vary) noexcept {
  while (!vary.empty()) {
    const std::size_t end = std::min(vary.find(','), vary.size());
    const std::string_view name = trimmed(vary.substr(0, end));
    vary.remove_prefix(std::min(end + 1, vary.size()));
    if (name == "*" || same_ignoring_case(name, "accept-encoding")) return true;
  }
  return false;
}

class ResponseWriter {
 public:
  ResponseWriter(std::string& out, const Downward& down) noexcept
      : out_(out), down_(down), head_(down.head) {}

  void write() {
    append_status_line(out_, head_);
    for (const Field& field : head_.fields) write_field(field);
    write_what_was_missing();
    write_framing();
    append_connection(out_, down_.client_version_minor, closes());
    out_.append("\r\n", 2);
  }

 private:
  void write_field(const Field& field) {
    if (field.id == FieldName::content_length) return write_length_in_place(field);
    if (hop_by_hop(field)) return;
    switch (field.id) {
      case FieldName::trailer:
        if (down_.framing != Framing::chunked) return;
        break;
      case FieldName::x_should_retry:
        if (down_.should_retry) return;
        break;
      case FieldName::x_accel_buffering:
        if (head_.event_stream) return;
        break;
      case FieldName::cache_control:
        if (head_.event_stream) return write_stream_cache_control(field.name);
        break;
      case FieldName::x_request_id:
        return append_line(out_, "X-Upstream-Request-Id", field.value);
      case FieldName::set_cookie:
        if (down_.second_hand) return;
        break;
      case FieldName::age:
        if (down_.age) return note_age(field.value);
        break;
      case FieldName::date:
        has_date_ = true;
        break;
      case FieldName::other:
        if (down_.edited && binds_plain_bytes(field.name)) return;
        if (down_.coding != Coding::none) return write_unless_of_plain_bytes(field);
        break;
      default:
        break;
    }
    append_line(out_, field);
  }

  void write_unless_of_plain_bytes(const Field& field) {
    if (same_ignoring_case(field.name, "vary")) has_vary_ |= names_accept_encoding(field.value);
    if (down_.coding == Coding::gzip) {
      if (same_ignoring_case(field.name, "accept-ranges") || binds_plain_bytes(field.name)) return;
      if (same_ignoring_case(field.name, "etag") && field.value.starts_with('"')) return append_weak(field);
    }
    append_line(out_, field);
  }

  /// The same in meaning, not byte for byte (RFC 9110 §8.8.1).
  void append_weak(const Field& strong) {
    out_.append(strong.name).append(": W/", 4).append(strong.value).append("\r\n", 2);
  }

  /// Without a body the length is a statement about another answer (HEAD, 304): it passes as it is. A 204
  /// may have none (RFC 9110 §8.6).
  void write_length_in_place(const Field& field) {
    if (down_.framing == Framing::length) {
      write_length(field.name);
    } else if (down_.framing == Framing::none && head_.status != 204 && !field.nominated) {
      append_line(out_, field);
    }
  }

  void write_length(std::string_view name) {
    if (has_length_) return;
    has_length_ = true;
    append_line(out_, name, down_.content_length);
  }

  void write_stream_cache_control(std::string_view name) {
    if (has_cache_control_) return;
    has_cache_control_ = true;
    append_cache_control_no_transform(out_, name, head_.fields);
  }

  /// How old it was when it came.
  void note_age(std::string_view value) {
    std::uint64_t seconds = 0;
    const char* const end = value.data() + value.size();
    if (std::from_chars(value.data(), end, seconds).ptr == end) {
      upstream_age_ = std::max(upstream_age_, std::min(seconds, longest_age));
    }
  }

  void write_what_was_missing() {
    if (down_.age) {
      const auto kept = std::chrono::duration_cast<std::chrono::seconds>(*down_.age).count();
      append_line(out_, "Age", upstream_age_ + static_cast<std::uint64_t>(kept));
    }
    if (!has_date_) append_line(out_, "Date", down_.date);
    if (head_.event_stream) {
      write_stream_cache_control("Cache-Control");
      out_.append("X-Accel-Buffering: no\r\n");
    }
    if (down_.should_retry) append_line(out_, "x-should-retry", *down_.should_retry ? "true" : "false");
    if (down_.coding == Coding::gzip) out_.append("Content-Encoding: gzip\r\n");
    if (down_.coding != Coding::none && !has_vary_) out_.append("Vary: Accept-Encoding\r\n");
    out_.append(down_.extra);
    append_line(out_, "X-Request-Id", down_.request_id);
    append_server_timing(out_, down_.timing);
    append_via(out_, head_.version_minor);
  }

  void write_framing() {
    if (down_.framing == Framing::length) write_length("Content-Length");
    if (down_.framing == Framing::chunked) out_.append("Transfer-Encoding: chunked\r\n");
  }

  bool closes() const noexcept { return down_.close || down_.framing == Framing::until_close; }

  std::string& out_;
  const Downward& down_;
  const ResponseHead& head_;
  std::uint64_t upstream_age_ = 0;  // seconds
  bool has_date_ = false;
  bool has_length_ = false;
  bool has_cache_control_ = false;
  bool has_vary_ = false;  // one that names Accept-Encoding
};

}  // namespace

void write_response_head(std::string& out, const Downward& down) {
  ResponseWriter(out, down).write();
}

void write_interim_head(std::string& out, const ResponseHead& head) {
  append_status_line(out, head);
  for (const Field& field : head.fields) {
    if (hop_by_hop(field) || field.id == FieldName::content_length || field.id == FieldName::trailer)
      continue;
    const bool renamed = field.id == FieldName::x_request_id;
    append_line(out, renamed ? "X-Upstream-Request-Id" : field.name, field.value);
  }
  append_via(out, head.version_minor);
  out.append("\r\n", 2);
}

}  // namespace holysheep::http
