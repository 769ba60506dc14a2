#pragma once

#include <holysheep/http/answer_coding.hpp>
#include <holysheep/http/dialect.hpp>
#include <holysheep/http/request_head.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace holysheep::http {

/// A client's request on its way to upstream. Everything is lent for the call alone.
struct Onward {
  const RequestHead& head;
  std::string_view base_path{};  ///< of API_BASE_URL, such as "/v1", without a slash at its end
  std::string_view rest{};       ///< of the client's path: what comes after `/v1`; all of it with `beta`
  bool beta = false;             ///< a path beside the base path, such as `/v1beta/...`
  std::string_view authority{};  ///< upstream's, for `Host`
  std::string_view key{};        ///< upstream's key; empty: the client's own credentials pass untouched
  bool withhold = false;  ///< the client's credentials are not for this upstream, with or without a key
  Dialect dialect = Dialect::openai;
  std::string_view client_address{};  ///< for X-Forwarded-For
  std::string_view request_id{};
  Framing framing = Framing::none;   ///< how the body is sent on: none, length or chunked
  std::uint64_t content_length = 0;  ///< with Framing::length
  AnswerCoding answer_coding = AnswerCoding::as_asked;
};

/// Appends the head that goes upstream, as spec.md "Forwarding rules" has it: hop-by-hop fields, credentials
/// and framing are ours, the rest is the client's in its order and case, but for an `Accept-Encoding` that
/// `answer_coding` narrows: one line in the place of the first. `Max-Forwards` of an OPTIONS is
/// counted down; the caller answers the one that came with 0 itself (RFC 9110 §7.6.2). No allocation beyond
/// `out`'s growth, which comes before the key is in it; any thread.
void write_request_head(std::string& out, const Onward& onward);

}  // namespace holysheep::http
