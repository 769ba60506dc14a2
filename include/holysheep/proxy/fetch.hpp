#pragma once

#include <holysheep/http/error_event_scan.hpp>
#include <holysheep/http/route.hpp>
#include <holysheep/net/remote_event.hpp>
#include <holysheep/policy/response_cache.hpp>
#include <holysheep/proxy/answer_body.hpp>
#include <holysheep/proxy/attempts.hpp>
#include <holysheep/proxy/shared_answer.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace holysheep::proxy {

class Fetches;

/// A request as it was asked for by a client that may leave before its answer has come: lent for the making
/// of a Fetch, which copies it.
struct FetchRequest {
  CacheKey key;
  std::string_view head;     ///< its bytes
  RequestBody& body;         ///< held by the Fetch from then on, and no longer here
  std::string_view address;  ///< the client's
  const Ask& ask;
};

/// Asks upstream on behalf of all who want the same answer, and gives it to a SharedAnswer. It depends on no
/// single client: it goes on while anybody reads, and is cancelled when the last one leaves. Lives and dies
/// on one event loop, owned by its Fetches.
class Fetch {
 public:
  Fetch(LoopContext& context, Fetches& owner, const FetchRequest& request,
        std::shared_ptr<SharedAnswer> answer);
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;
  ~Fetch();

  void start();
  /// The process ends: those who read are told so.
  void cut() { client_.wakeup.raise(net::Event::shutdown); }

 private:
  Task<void> live();
  Task<Fault> run();
  Task<Fault> pass_on(UpstreamCall& call);
  Task<Fault> wait_for_readers(AnswerBody& body);
  void finish(AnswerBody& body, UpstreamCall& call);

  LoopContext& context_;
  Fetches& owner_;
  const CacheKey key_;
  const std::string request_id_;
  const std::string model_;
  const Caller caller_;
  ClientConnection client_;  // nobody's: a wakeup, and the request's bytes as if one had sent them
  http::RequestHead head_;
  http::Route route_;
  Ask ask_;  // the client's, of our own copy
  std::size_t head_size_;
  std::optional<BodyReservation> copied_;  // for the request's body in `client_`
  std::optional<RequestBody> body_;
  std::optional<Attempts> attempts_;
  http::ErrorEventScan errors_;
  std::int64_t held_ = 0;  // of the answer, promised by this event loop
  net::RemoteEvent needed_;
  net::RemoteEvent abandoned_;
  std::shared_ptr<SharedAnswer> answer_;
  Task<void> life_;
};

/// The fetches of one event loop.
class Fetches {
 public:
  /// `on_bug`: an exception left a fetch.
  Fetches(LoopContext& context, std::function<void(const std::exception&)> on_bug)
      : context_(context), on_bug_(std::move(on_bug)) {}
  Fetches(const Fetches&) = delete;
  Fetches& operator=(const Fetches&) = delete;

  void start(const FetchRequest& request, std::shared_ptr<SharedAnswer> answer);
  void remove(Fetch& fetch) { all_.erase(&fetch); }
  void cut_all();
  void report(const std::exception& bug) const { on_bug_(bug); }

 private:
  LoopContext& context_;
  std::function<void(const std::exception&)> on_bug_;
  std::unordered_map<Fetch*, std::unique_ptr<Fetch>> all_;
};

}  // namespace holysheep::proxy
