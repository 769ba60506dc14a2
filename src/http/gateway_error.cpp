#include "error_body.hpp"
#include "lines.hpp"
#include <holysheep/http/gateway_error.hpp>
#include <holysheep/http/retry_after.hpp>

namespace holysheep::http {
namespace {

void append_status_and_body_fields(std::string& out, int status, std::size_t body_size) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(status));
  out.append(" ", 1).append(reason_phrase(status)).append("\r\nContent-Type: application/json\r\n");
  append_line(out, "Content-Length", std::uint64_t{body_size});
}

void append_rest(std::string& out, const OwnAnswer& answer, bool close, std::string_view body) {
  out.append(answer.extra);
  append_line(out, "Date", answer.date);
  append_line(out, "X-Request-Id", answer.request_id);
  append_server_timing(out, answer.timing);
  append_via(out, 1);
  append_connection(out, answer.client_version_minor, close);
  out.append("\r\n", 2);
  if (!answer.head_only) out.append(body);
}

/// Another attempt would end the same way, whoever makes it.
bool hopeless(Fault fault) noexcept {
  switch (fault) {
    case Fault::insufficient_quota:
    case Fault::tls_handshake:
    case Fault::tls_verify:
    case Fault::response_too_large:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::uint16_t status_of(Fault fault, Dialect dialect) noexcept {
  const bool overloaded = fault == Fault::queue_full || fault == Fault::queue_timeout;
  return overloaded && dialect == Dialect::anthropic ? 529 : traits(fault).status;
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 529:
      return "Overloaded";
    default:
      return "";
  }
}

void write_gateway_error(std::string& out, const GatewayError& error) {
  const FaultTraits& meaning = traits(error.fault);
  std::string body;
  append_error_body(body, error.dialect, error.fault, advice(error.fault, error.detail),
                    error.answer.request_id);
  append_status_and_body_fields(out, status_of(error.fault, error.dialect), body.size());
  append_line(out, "X-HolySheep-Error", meaning.code);
  if (error.dialect == Dialect::anthropic) append_line(out, "request-id", error.answer.request_id);
  if (error.fault == Fault::invalid_api_key) append_line(out, "WWW-Authenticate", "Bearer");
  if (error.fault == Fault::method_not_allowed) append_line(out, "Allow", error.allow);
  if (error.retry_after) append_retry_after(out, *error.retry_after);
  if (hopeless(error.fault)) {
    out.append("x-should-retry: false\r\n");
  } else if (error.should_retry) {
    append_line(out, "x-should-retry", *error.should_retry ? "true" : "false");
  }
  append_rest(out, error.answer, meaning.closes || !error.answer.keep_alive, body);
}

void write_stream_error(std::string& out, Dialect dialect, Fault fault, std::string_view message,
                        std::string_view request_id) {
  if (dialect == Dialect::anthropic) out.append("event: error\n");
  out.append("data: ");
  const std::string fallback = message.empty() ? advice(fault, {}) : std::string();
  append_error_body(out, dialect, fault, message.empty() ? fallback : message, request_id);
  out.append("\n\n");
}

void write_json_answer(std::string& out, int status, std::string_view body, const OwnAnswer& answer) {
  append_status_and_body_fields(out, status, body.size());
  append_rest(out, answer, !answer.keep_alive, body);
}

}  // namespace holysheep::http
