#pragma once

#include <holysheep/core/fault.hpp>
#include <holysheep/core/secret.hpp>
#include <holysheep/core/settings.hpp>
#include <holysheep/http/early_answer.hpp>
#include <holysheep/http/first_event.hpp>
#include <holysheep/http/head_scanner.hpp>
#include <holysheep/http/request_writer.hpp>
#include <holysheep/http/response_head.hpp>
#include <holysheep/http/usage_scan.hpp>
#include <holysheep/policy/circuit_breaker.hpp>
#include <holysheep/proxy/request_body.hpp>
#include <holysheep/proxy/upstream.hpp>

#include <optional>
#include <string>

namespace holysheep::proxy {

/// How long one attempt may take.
struct CallLimits {
  TimePoint deadline;  ///< the request's
  Duration patience;   ///< what that was made of: runs anew from the last byte of a streamed body
  /// A stream whose first event has not come for so long, from the attempt's start (from the last byte of a
  /// streamed body, which is the client's time), is silent.
  Duration first_token = Duration::max();
  bool asks_for_stream = false;  ///< the answer will be a stream, so `first_token` bounds its head too
  Trial* reachability =
      nullptr;  ///< whether upstream can be reached: told as soon as a new connection shows it
};

/// One attempt's exchange with upstream up to the head of its answer: a connection, the request onto it, the
/// head off it. A reused connection that proves dead at its first use is replaced once, silently.
/// It gives up when the client leaves or the deadline passes, in every wait, and leaves nothing behind.
class UpstreamCall {
 public:
  UpstreamCall(const Settings& settings, ClientConnection& client, UpstreamShard& upstream, RequestBody& body)
      : input(client.loop.buffers), settings_(settings), client_(client), upstream_(upstream), body_(body) {}
  UpstreamCall(const UpstreamCall&) = delete;
  UpstreamCall& operator=(const UpstreamCall&) = delete;
  ~UpstreamCall() {
    if (!blocked_.empty()) wipe(blocked_);
  }

  /// `none`: `head` is the answer's final head (its views lie in `input`), and the body follows there.
  Task<Fault> run(const http::Onward& onward, CallLimits limits);
  /// The answer's body, read into `input` behind its head as far as that is a block's size: for an error that
  /// must be understood. It is still to be relayed.
  Task<Fault> receive_small_body(TimePoint deadline, std::string& body);
  /// The body's length: as the head tells it, or because all of the body is here already.
  [[nodiscard]] std::optional<std::uint64_t> body_length() const;
  /// What the answer says of its cost, as far as it lies here. Allocates.
  [[nodiscard]] http::Usage received_usage(http::Dialect dialect) const;
  /// Puts the answer aside while the request is tried again: nothing is read, and the connection goes back to
  /// the pool when the whole answer is here already.
  void set_aside(TimePoint now);
  /// Takes it up again, to be relayed.
  void take_up();
  /// The status that the answer stands for.
  [[nodiscard]] int status() const noexcept { return error_event ? error_event->status : head.status; }
  /// The client gets fewer bytes than come: what was asked for besides is taken out.
  [[nodiscard]] bool takes_usage_out() const noexcept { return usage_asked && head.readable_events(); }
  /// After the body has been taken: may the connection carry another request?
  [[nodiscard]] bool reusable() const noexcept { return request_sent && head.keep_alive && input.empty(); }

  net::Lease lease;
  net::Buffer input;  ///< the answer's bytes, from its head on
  http::ResponseHead head;
  std::size_t head_size = 0;                    ///< bytes of `input` that the head takes
  std::optional<http::EventError> error_event;  ///< a stream whose first event is an error
  std::string_view other_model;                 ///< of MODEL_FALLBACKS, where one was asked for
  std::string detail;                           ///< of a fault, for the one who must mend it
  TimePoint answered = never;                   ///< when the first byte of the answer came
  bool request_sent = false;                    ///< all of it: the connection can be used again
  bool interim_forwarded = false;               ///< a 1xx that says something has gone to the client
  bool usage_asked = false;                     ///< of a stream whose client did not: it is taken out again

  /// True once a byte of a streamed (not held) body has left: the request cannot be sent again.
  [[nodiscard]] bool body_spent() const noexcept { return body_spent_; }

 private:
  Task<Fault> exchange(const http::Onward& onward, CallLimits limits);
  Task<Fault> send(const http::Onward& onward, TimePoint deadline);
  Task<Fault> send_held(TimePoint deadline);
  Task<Fault> send_streamed();
  Task<Fault> send_piece(std::string_view piece, bool chunked);
  Task<Fault> write(std::string_view bytes, TimePoint deadline);
  Task<Fault> receive_head(http::Method method, TimePoint deadline);
  Task<Fault> receive_first_event(http::Dialect dialect, TimePoint deadline);
  Task<Fault> receive(std::size_t most, TimePoint deadline);
  Task<Fault> forward_interim();
  bool read_body(std::string& body, std::string_view& surplus) const;
  void look_for_early_answer();

  const Settings& settings_;
  ClientConnection& client_;
  UpstreamShard& upstream_;
  RequestBody& body_;
  std::string blocked_;  // what a write could not take at once, of memory that others use meanwhile
  int client_minor_ = 1;
  TimePoint started_ = never;
  TimePoint heard_ = never;        // when upstream last carried its answer on, or had the request
  TimePoint first_event_ = never;  // by when a stream's first event must have come
  bool body_spent_ = false;
  bool ended_ = false;  // upstream ended its side in order, where that delimits the body
  bool early_ = false;  // upstream answered, or left, before it had the whole request
  http::EarlyAnswer early_answer_;
};

}  // namespace holysheep::proxy
