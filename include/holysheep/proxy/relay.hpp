#pragma once

#include <holysheep/proxy/answer_body.hpp>
#include <holysheep/proxy/answer_writer.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace holysheep::proxy {

/// Carries an answer's body from upstream to the one client that asked for it, as it arrives: read, look,
/// write, and only then read again, so that a slow client slows upstream and holds one chunk of memory. A
/// stream that upstream leaves silent is kept alive by pings, which do not make upstream's silence any
/// shorter.
class Relay {
 public:
  Relay(LoopContext& context, ClientConnection& client, UpstreamCall& call, Downstream down);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// Sends `head_bytes` (the client's head, written by the caller, of memory that others use while this
  /// waits) and the body behind it. `call.input` starts with the body.
  /// `none`: the client has everything, and the upstream connection has nothing left over.
  /// `client_gone`: nobody reads any more. Else what broke: the client has been told as far as its framing
  /// allows (an error event in a stream), and its connection must be closed.
  Task<Fault> run(std::string_view head_bytes);

  [[nodiscard]] const AnswerBody& body() const noexcept { return body_; }
  [[nodiscard]] std::uint64_t body_bytes() const noexcept { return writer_.body_bytes(); }
  [[nodiscard]] bool must_reset() const noexcept { return writer_.must_reset(); }

 private:
  Task<Fault> receive();
  Task<Fault> break_off(Fault fault);

  UpstreamCall& call_;
  const bool compresses_;
  AnswerBody body_;
  AnswerWriter writer_;
};

}  // namespace holysheep::proxy
