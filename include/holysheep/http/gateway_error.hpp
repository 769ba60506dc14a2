#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/core/fault.hpp>
#include <holysheep/http/dialect.hpp>
#include <holysheep/http/server_timing.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holysheep::http {

/// What every answer of the proxy's own says besides its status and body, and to whom.
struct OwnAnswer {
  std::string_view request_id{};
  std::string_view date{};
  ServerTiming timing{};
  int client_version_minor = 1;
  bool keep_alive = true;    ///< false: the answer says `Connection: close`
  bool head_only = false;    ///< answers a HEAD: the length is said, the body left out
  std::string_view extra{};  ///< further lines, each with its CRLF
};

/// An error that the proxy itself made (spec.md "Gateway errors").
struct GatewayError {
  Fault fault = Fault::bad_request;
  Dialect dialect = Dialect::openai;
  std::string_view detail{};  ///< the particular cause, for `advice`; never holds a secret
  std::optional<Duration> retry_after{};
  std::optional<bool> should_retry{};  ///< `x-should-retry`; some codes say false whatever this is
  std::string_view allow{};            ///< `Allow`; told with method_not_allowed only
  OwnAnswer answer{};
};

/// The status towards a client of that dialect: the table's, but 529 where Anthropic's API would say
/// `overloaded_error` (a queue that is full or too slow). `fault` is one that has a code.
std::uint16_t status_of(Fault fault, Dialect dialect) noexcept;

/// As in the IANA registry; empty for a status that is not there (RFC 9112 §4 allows that), but for 529.
std::string_view reason_phrase(int status) noexcept;

/// What happened and what to check, in whole sentences for the client. `detail` is the particular cause (a
/// name, a limit, a subject and issuer) and may be empty.
std::string advice(Fault fault, std::string_view detail);

/// Appends a complete response, head and body; a 401 names the scheme (RFC 9110 §11.6.1). The connection
/// closes where the fault's traits or `answer.keep_alive` say so.
void write_gateway_error(std::string& out, const GatewayError& error);

/// Appends the event that ends a broken stream. `message` is for the client; empty: the fault's advice.
void write_stream_error(std::string& out, Dialect dialect, Fault fault, std::string_view message,
                        std::string_view request_id);

/// Appends a complete response with a JSON body that is already there: probes, and an error object that came
/// from upstream inside a stream.
void write_json_answer(std::string& out, int status, std::string_view body, const OwnAnswer& answer);

}  // namespace holysheep::http
