#pragma once

#include <holysheep/core/fault.hpp>
#include <holysheep/core/settings.hpp>
#include <holysheep/http/chunk_decoder.hpp>
#include <holysheep/http/response_head.hpp>
#include <holysheep/http/usage_scan.hpp>
#include <holysheep/http/whole_events.hpp>
#include <holysheep/proxy/client_connection.hpp>
#include <holysheep/proxy/compression.hpp>
#include <holysheep/proxy/upstream_call.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace holysheep::proxy {

/// How the answer's body goes to the client.
struct Downstream {
  http::Framing framing;  ///< none, length, chunked or until_close (HTTP/1.0)
  http::Dialect dialect;
  std::string_view request_id;  ///< must outlive the relay
  Compression* gzip = nullptr;  ///< of a body that is compressed, chunked; lent to the relay
};

/// Carries an answer's body from upstream to the client as it arrives: read, look, write, and only then read
/// again, so that a slow client slows upstream and holds one chunk of memory. The coding of the upstream side
/// is taken off and the client's put on; the bytes between are not copied, but for the beginning of an event
/// that has come without its end: that waits for it, up to STREAM_CHUNK_SIZE, so that a stream that breaks in
/// the middle of an event leaves the client with whole events and an error that its SDK can read. A stream
/// that upstream leaves silent is kept alive by pings, which do not make upstream's silence any shorter.
class Relay {
 public:
  Relay(const Settings& settings, ClientConnection& client, UpstreamCall& call, Downstream down);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// Sends `head_bytes` (the client's head, written by the caller, of memory that others use while this
  /// waits) and the body behind it. `call.input` starts with the body.
  /// `none`: the client has everything, and the upstream connection has nothing left over.
  /// `client_gone`: nobody reads any more. Else what broke: the client has been told as far as its framing
  /// allows (an error event in a stream), and its connection must be closed.
  Task<Fault> run(std::string_view head_bytes);

  /// What the client got of the body: of one that is compressed, compressed.
  [[nodiscard]] std::uint64_t body_bytes() const noexcept { return body_bytes_; }
  /// What the answer cost, as far as it has come.
  [[nodiscard]] http::Usage usage() const noexcept { return usage_.usage(); }
  /// The end of the body lay where the framing put it: the connection may be used again.
  [[nodiscard]] bool upstream_reusable() const noexcept {
    return upstream_complete_ && !closed_by_end_ && call_.reusable();
  }
  /// False when a body delimited by the connection's end could only be broken off by a reset.
  [[nodiscard]] bool must_reset() const noexcept { return must_reset_; }

 private:
  enum class Found : unsigned char { nothing, payload, end, malformed };

  Found next_piece(std::string_view& rest, std::string_view& piece);
  Fault gather(Gather& out);
  void note_progress() noexcept;
  Task<Fault> receive();
  Task<Fault> send_now(std::string_view payload);
  Task<Fault> break_off(Fault fault);
  [[nodiscard]] TimePoint next_ping() const noexcept;
  [[nodiscard]] std::string framed(std::string_view payload) const;

  const Settings& settings_;
  ClientConnection& client_;
  UpstreamCall& call_;
  Downstream down_;
  http::Framing framing_;
  std::uint64_t remaining_;
  const bool event_stream_;
  const bool readable_events_;
  const bool metered_;
  http::ChunkDecoder decoder_;
  http::WholeEvents events_;
  http::UsageScan usage_;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t received_ = 0;  // of the body from upstream
  std::uint64_t progress_ = 0;  // of events_ when heard_ was set
  TimePoint heard_;             // when upstream last carried the answer on, or the client last held it up
  TimePoint sent_;              // when the client last got something
  std::size_t taken_ = 0;       // of the call's input: in the Gather, consumed once it is sent
  http::WholeEvents::Pieces pieces_;
  std::array<char, 20> size_line_;
  std::string trailer_;
  std::string unsent_head_;
  unsigned in_a_row_ = 0;  // pieces without a wait
  bool upstream_complete_ = false;
  bool closed_by_end_ = false;
  bool must_reset_ = false;
};

}  // namespace holysheep::proxy
