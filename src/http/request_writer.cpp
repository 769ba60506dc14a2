#include "lines.hpp"
#include "list_elements.hpp"
#include <holysheep/http/credentials.hpp>
#include <holysheep/http/max_forwards.hpp>
#include <holysheep/http/request_writer.hpp>

#include <utility>

namespace holysheep::http {
namespace {

class RequestWriter {
 public:
  RequestWriter(std::string& out, const Onward& onward) noexcept
      : out_(out), onward_(onward), head_(onward.head) {}

  void write() {
    look_ahead();
    write_request_line();
    append_line(out_, "Host", onward_.authority);
    for (const Field& field : head_.fields) write_field(field);
    write_what_was_missing();
    if (!onward_.key.empty()) write_credentials();
    write_framing();
    append_via(out_, head_.version_minor);
    out_.append("\r\n", 2);
  }

 private:
  /// What must be known before the first field is written: a list that goes over several lines is appended
  /// to on the last of them.
  void look_ahead() noexcept {
    for (const Field& field : head_.fields) {
      if (field.nominated) continue;
      if (field.id == FieldName::x_forwarded_for) last_forwarded_for_ = &field;
      if (field.id == FieldName::x_forwarded_proto) has_forwarded_proto_ = true;
      if (field.id == FieldName::x_forwarded_host) has_forwarded_host_ = true;
    }
    narrows_coding_ =
        onward_.answer_coding == AnswerCoding::plain ||
        (onward_.answer_coding == AnswerCoding::readable && takes_unreadable_coding(head_.fields));
  }

  bool credentials_pass() const noexcept { return onward_.key.empty() && !onward_.withhold; }

  void write_request_line() {
    out_.append(head_.method_text).push_back(' ');
    const std::size_t target = out_.size();
    if (!onward_.beta) out_.append(onward_.base_path);
    out_.append(onward_.rest);
    if (out_.size() == target) out_.push_back('/');
    if (head_.has_query && credentials_pass()) {
      out_.append("?", 1).append(head_.query);
    } else if (head_.has_query) {
      append_query_without_key(out_, head_.query);
    }
    out_.append(" HTTP/1.1\r\n");
  }

  void write_field(const Field& field) {
    if (hop_by_hop(field)) return;
    if (is_credential(field.id) && !credentials_pass()) return;
    switch (field.id) {
      case FieldName::host:
      case FieldName::content_length:
        return;
      case FieldName::trailer:
        if (onward_.framing != Framing::chunked) return;
        break;
      case FieldName::expect:
        if (answered(field)) return;
        break;
      case FieldName::accept_encoding:
        if (narrows_coding_) return write_narrowed_coding(field.name);
        break;
      case FieldName::x_forwarded_for:
        return write_forwarded_for(field);
      case FieldName::x_request_id:
        return write_request_id(field.name);
      case FieldName::max_forwards:
        return write_max_forwards(field);
      default:
        break;
    }
    append_line(out_, field);
  }

  /// What it expects the proxy has answered, or nobody is to answer.
  static bool answered(const Field& expect) noexcept {
    for (std::string_view list = expect.value; !list.empty();) {
      const std::string_view expectation = take_element(list);
      if (!expectation.empty() && !same_ignoring_case(expectation, "100-continue")) return false;
    }
    return true;
  }

  void write_forwarded_for(const Field& field) {
    if (&field != last_forwarded_for_) return append_line(out_, field);
    out_.append(field.name).append(": ", 2).append(field.value);
    if (!field.value.empty()) out_.append(", ", 2);
    out_.append(onward_.client_address).append("\r\n", 2);
  }

  void write_narrowed_coding(std::string_view name) {
    if (std::exchange(has_coding_, true)) return;
    if (onward_.answer_coding == AnswerCoding::plain) return append_line(out_, name, "identity");
    out_.append(name).append(": ", 2);
    append_readable_codings(out_, head_.fields);
    out_.append("\r\n", 2);
  }

  void write_request_id(std::string_view name) {
    if (has_request_id_) return;
    has_request_id_ = true;
    append_line(out_, name, onward_.request_id);
  }

  void write_max_forwards(const Field& field) {
    const auto left = max_forwards(head_.method, field.value);
    if (left.value_or(0) == 0) return append_line(out_, field);
    append_line(out_, field.name, *left - 1);
  }

  void write_what_was_missing() {
    if (last_forwarded_for_ == nullptr) append_line(out_, "X-Forwarded-For", onward_.client_address);
    if (!has_forwarded_proto_) out_.append("X-Forwarded-Proto: http\r\n");
    if (!has_forwarded_host_ && !head_.host.empty()) append_line(out_, "X-Forwarded-Host", head_.host);
    if (!has_request_id_) append_line(out_, "X-Request-Id", onward_.request_id);
  }

  /// A string that grows leaves its old bytes behind, so it grows before the key is in it.
  void write_credentials() {
    constexpr std::size_t what_follows = 256;  // the names of the fields, framing, `Via`, the empty line
    out_.reserve(out_.size() + 2 * onward_.key.size() + what_follows);
    append_credentials(out_, onward_.key, onward_.dialect);
  }

  void write_framing() {
    switch (onward_.framing) {
      case Framing::length:
        append_line(out_, "Content-Length", onward_.content_length);
        break;
      case Framing::chunked:
        out_.append("Transfer-Encoding: chunked\r\n");
        break;
      case Framing::none:
      case Framing::until_close:
        // A method that is expected to bring a body says that it brings none (RFC 9110 §8.6).
        if (expects_body()) out_.append("Content-Length: 0\r\n");
        break;
    }
  }

  bool expects_body() const noexcept {
    return head_.method == Method::post || head_.method == Method::put || head_.method == Method::patch;
  }

  std::string& out_;
  const Onward& onward_;
  const RequestHead& head_;
  const Field* last_forwarded_for_ = nullptr;
  bool has_forwarded_proto_ = false;
  bool has_forwarded_host_ = false;
  bool has_request_id_ = false;
  bool narrows_coding_ = false;
  bool has_coding_ = false;
};

}  // namespace

void write_request_head(std::string& out, const Onward& onward) {
  RequestWriter(out, onward).write();
}

}  // namespace holysheep::http
