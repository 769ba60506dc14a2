#pragma once

#include <holysheep/http/gateway_error.hpp>
#include <holysheep/http/response_writer.hpp>
#include <holysheep/http/route.hpp>
#include <holysheep/http/server_timing.hpp>
#include <holysheep/proxy/attempts.hpp>
#include <holysheep/proxy/relay.hpp>
#include <holysheep/proxy/shared_request.hpp>

#include <optional>
#include <string>

namespace holysheep::proxy {

/// What a request is called by, copied: it outlives the head, whose memory goes back to the pool once the
/// answer has begun. One for each session, so that the next request finds the room that this one took.
struct RequestNames {
  std::string method;
  std::string path;
  std::string request_id;
  std::string trace_id;
  std::string model;
  std::string answer_model;  ///< as the answer names it
};

/// The life of one request, from its parsed head to its log line: refused, answered here, or tried upstream
/// and relayed. Nothing goes to the client before `commit`, and nothing is tried again after it. Every path
/// ends in `finish`, once. One event loop.
class Exchange {
 public:
  /// `head` views into `client.input`, whose first `head_size` bytes it is.
  Exchange(LoopContext& context, ClientConnection& client, const http::RequestHead& head,
           std::size_t head_size, RequestNames& names, TimePoint started);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Task<void> run();
  /// Answers what is no request: it could not be parsed, or did not come in time.
  Task<void> refuse(Fault fault, std::string_view why);

  /// May the client send another request on this connection?
  [[nodiscard]] bool keeps_alive() const noexcept { return keep_alive_; }
  /// The client must learn by a reset that what it got is not the whole.
  [[nodiscard]] bool must_reset() const noexcept { return must_reset_; }

 private:
  void identify();
  Fault refusal();
  [[nodiscard]] bool ends_here() const;
  Task<Fault> answer_options();
  Task<Fault> answer_probe();
  Task<Fault> forward();
  Task<Fault> forward_alone(const Ask& ask);
  Task<Fault> forward_shared(const AnswerStore::Wanted& wanted, const Ask& ask);
  Task<Fault> relay(UpstreamCall& call);
  Task<Fault> relay_shared();
  Task<Fault> answer_error_event(const http::EventError& error, std::string_view other_model);
  http::Coding choose_coding(const http::ResponseHead& head, std::optional<std::uint64_t> length,
                             std::optional<Compression>& gzip);
  Downstream begin_answer(const http::ResponseHead& head, http::Downward& down, std::string_view other_model);
  void settle_relay(Fault fault, int status, std::uint64_t body_bytes, bool must_reset);
  std::string name_used_model(std::string_view other_model);
  Task<void> answer_fault(Fault fault);
  Task<bool> send_scratch();
  void commit(int status);
  void settle_input();
  void finish(Fault outcome);

  [[nodiscard]] const Fared* fared() const;
  [[nodiscard]] Duration patience() const;
  [[nodiscard]] unsigned client_retries() const;
  [[nodiscard]] bool asks_for_stream() const;
  [[nodiscard]] std::string_view find_model() const;
  Fault judge_model();
  [[nodiscard]] http::OwnAnswer own_answer();
  [[nodiscard]] http::ServerTiming timing(TimePoint now) const;

  LoopContext& context_;
  ClientConnection& client_;
  const Settings& settings_;
  const http::RequestHead& head_;
  const std::size_t head_size_;
  const Counted counted_;
  const TimePoint started_;
  TimePoint received_;  // the request's last byte

  http::Route route_;
  RequestNames& names_;
  Caller caller_;
  std::string_view why_;  // static text that says more about a refusal
  std::optional<RequestBody> body_;
  std::optional<Attempts> attempts_;
  std::optional<SharedRequest> shared_;

  bool keep_alive_;
  bool must_reset_ = false;
  bool committed_ = false;
  bool broken_ = false;   // the relay's answer was cut after its header had gone out
  bool partial_ = false;  // the answer ended before its end
  bool settled_ = false;
  bool let_in_ = false;  // it may ask upstream
  http::Usage usage_;
  std::optional<Duration> overhead_;  // of what was answered from upstream and is no stream
  std::string used_model_;            // of MODEL_FALLBACKS
  int status_ = 0;
  std::uint64_t response_bytes_ = 0;
};

}  // namespace holysheep::proxy
