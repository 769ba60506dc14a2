#pragma once

#include <holysheep/core/fault.hpp>
#include <holysheep/core/task.hpp>
#include <holysheep/http/dialect.hpp>
#include <holysheep/http/request_head.hpp>
#include <holysheep/proxy/client_connection.hpp>
#include <holysheep/proxy/compression.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace holysheep::proxy {

/// How an answer's body goes to the client.
struct Downstream {
  http::Framing framing;  ///< none, length, chunked or until_close (HTTP/1.0)
  http::Dialect dialect;
  std::string_view request_id;   ///< must outlive the writer
  bool readable_events = false;  ///< a stream that pings and an error event can be put into
  Duration ping_interval{};      ///< STREAM_PING_INTERVAL; zero: off
  Compression* gzip = nullptr;   ///< of a body that is compressed, chunked; lent to the writer
  bool edited = false;           ///< see http::Downward
};

/// Gives one answer to the client: head, body in the client's framing, pings while a stream is silent, and of
/// a body that breaks an ending that cannot be taken for its own. Compresses where it is told to, else copies
/// no byte of the body. One event loop.
class AnswerWriter {
 public:
  AnswerWriter(ClientConnection& client, Downstream down)
      : client_(client),
        down_(down),
        sent_(client.now()),
        must_reset_(down.framing == http::Framing::until_close) {}
  AnswerWriter(const AnswerWriter&) = delete;
  AnswerWriter& operator=(const AnswerWriter&) = delete;

  /// These are sent together by the next `send`: at most one of each kind, and all that they show must stay
  /// until then; but `head` may lie in memory that others use while this waits. `payload`: bytes of `pieces`,
  /// of which there may be 26.
  void add_head(std::string_view head);
  /// `last`: the body ends with them.
  void add_body(std::span<const std::string_view> pieces, std::uint64_t payload, bool last);
  /// `trailers`: lines as upstream sent them, each with its CRLF.
  void add_end(std::string_view trailers);

  /// True: all that was added has gone, without waiting: the common case. Else `send` goes on.
  bool send_at_once() noexcept;
  /// False: the client is gone.
  Task<bool> send();

  /// Before a wait for more of the body: what is inside the encoder goes out. True: nothing was, the common
  /// case, or it has gone; else `send` goes on.
  bool flush_at_once();

  /// When a ping is due, were the stream at an event's boundary; `never` where none may be put in.
  [[nodiscard]] TimePoint ping_due() const noexcept;
  /// `client_gone` or `none`.
  Task<Fault> ping();

  /// Ends what `fault` broke. `ended`: only the end of the HTTP message was lost, behind the stream's own
  /// end: it is complete. `inside_event`: what was sent last ended within one. Gives what the exchange's
  /// outcome is: `none` where it is complete, `client_gone`, else `fault`; then the connection must be
  /// closed.
  Task<Fault> break_off(Fault fault, bool ended, bool inside_event);

  /// Of the body, as the client counts them.
  [[nodiscard]] std::uint64_t body_bytes() const noexcept { return body_bytes_; }
  /// A body delimited by the connection's end, of which not all was sent, nor an event that says so: only a
  /// reset keeps it from looking whole.
  [[nodiscard]] bool must_reset() const noexcept { return must_reset_; }

 private:
  [[nodiscard]] std::string framed(std::string_view payload) const;
  void add_payload(std::span<const std::string_view> pieces, std::uint64_t payload);
  void all_sent() noexcept;

  ClientConnection& client_;
  const Downstream down_;
  Gather out_;
  std::string_view head_;    // where it was lent
  std::string unsent_head_;  // of it, once this had to wait
  std::string trailers_;
  std::array<char, 20> size_line_;
  TimePoint sent_;  // when the client last got something
  std::uint64_t body_bytes_ = 0;
  bool ends_ = false;  // the end has been added
  bool must_reset_;
};

}  // namespace holysheep::proxy
