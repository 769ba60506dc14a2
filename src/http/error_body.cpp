#include "error_body.hpp"

#include "lines.hpp"
#include <holysheep/core/text.hpp>
#include <holysheep/http/gateway_error.hpp>

namespace holysheep::http {
namespace {

std::string_view openai_type(Fault fault) noexcept {
  if (fault == Fault::insufficient_quota) return "insufficient_quota";
  const auto status = status_of(fault, Dialect::openai);
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 429:
      return "rate_limit_exceeded";
    default:
      return status < 500 ? "invalid_request_error" : "server_error";
  }
}

/// As Anthropic's API documents its error types; a 503 has none there, and asks for the same patience as 529.
std::string_view anthropic_type(Fault fault) noexcept {
  const auto status = status_of(fault, Dialect::anthropic);
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 503:
    case 529:
      return "overloaded_error";
    case 504:
      return "timeout_error";
    default:
      return status < 500 ? "invalid_request_error" : "api_error";
  }
}

bool unreachable(Fault fault) noexcept {
  return fault == Fault::dns || fault == Fault::connect || fault == Fault::no_socket ||
         fault == Fault::tls_handshake || fault == Fault::tls_verify;
}

/// The google.rpc.Code that Gemini's API would give.
std::string_view gemini_status(Fault fault) noexcept {
  const auto status = status_of(fault, Dialect::gemini);
  switch (status) {
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 408:
      return "DEADLINE_EXCEEDED";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 501:
      return "UNIMPLEMENTED";
    case 502:
      return unreachable(fault) ? "UNAVAILABLE" : "INTERNAL";
    case 503:
      return "UNAVAILABLE";
    case 504:
      return "DEADLINE_EXCEEDED";
    default:
      return status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
  }
}

void append_openai(std::string& out, Fault fault, std::string_view message) {
  out.append(R"({"error":{"message":)");
  append_json_string(out, message);
  out.append(R"(,"type":")").append(openai_type(fault));
  out.append(R"(","param":null,"code":")").append(traits(fault).code).append(R"("}})");
}

void append_anthropic(std::string& out, Fault fault, std::string_view message, std::string_view request_id) {
  out.append(R"({"type":"error","error":{"type":")").append(anthropic_type(fault));
  out.append(R"(","message":)");
  append_json_string(out, message);
  out.append(R"(},"request_id":)");
  append_json_string(out, request_id);
  out.push_back('}');
}

void append_gemini(std::string& out, Fault fault, std::string_view message) {
  out.append(R"({"error":{"code":)");
  append_number(out, status_of(fault, Dialect::gemini));
  out.append(R"(,"message":)");
  append_json_string(out, message);
  out.append(R"(,"status":")").append(gemini_status(fault)).append(R"("}})");
}

}  // namespace

void append_error_body(std::string& out, Dialect dialect, Fault fault, std::string_view message,
                       std::string_view request_id) {
  switch (dialect) {
    case Dialect::openai:
      return append_openai(out, fault, message);
    case Dialect::anthropic:
      return append_anthropic(out, fault, message, request_id);
    case Dialect::gemini:
      return append_gemini(out, fault, message);
  }
}

}  // namespace holysheep::http
