#pragma once

#include <holysheep/net/remote_event.hpp>
#include <holysheep/proxy/answer_store.hpp>
#include <holysheep/proxy/attempts.hpp>

#include <optional>
#include <string_view>

namespace holysheep::proxy {

/// A request that somebody else's answer will do for: gets one that is kept, reads along with one under way,
/// or has one fetched that others may read along with. One request; one event loop.
class SharedRequest {
 public:
  /// `head`: the request's bytes, from its start line on. `ask.deadline` is this client's own.
  SharedRequest(LoopContext& context, ClientConnection& client, RequestBody& body, std::string_view head,
                const Ask& ask);
  SharedRequest(const SharedRequest&) = delete;
  SharedRequest& operator=(const SharedRequest&) = delete;

  /// What a request wants, if another's answer to the same question will do (spec.md "Cache"). Its body is
  /// read, where that matters, so it must have come.
  static std::optional<AnswerStore::Wanted> wanted(LoopContext& context, const RequestBody& body,
                                                   const Ask& ask);

  /// Waits for the answer's head. `none`: `reader` has an answer to be given, or there is none for this
  /// client
  /// (`on_its_own`). Else what became of it; `deadline` and `client_gone` are this client's.
  Task<Fault> open(const AnswerStore::Wanted& wanted);
  /// What it was in time to read along with has failed: it has to ask for itself.
  [[nodiscard]] bool on_its_own() const noexcept { return !reader_; }
  [[nodiscard]] SharedReader& reader() noexcept { return *reader_; }

  /// hit, miss or coalesced.
  [[nodiscard]] std::string_view cache() const noexcept { return cache_; }
  /// How long a kept answer has been kept.
  [[nodiscard]] Duration age() const noexcept { return age_; }
  /// For the head of what was asked for another.
  [[nodiscard]] Duration waited() const noexcept { return waited_; }
  /// Of what was asked for this client, once that is known; else null.
  [[nodiscard]] const Fared* fared() const noexcept;
  /// Reads no more. What the answer cost, if it is for this one to tell.
  http::Usage leave() { return reader_ ? reader_->leave() : http::Usage(); }

 private:
  Task<Fault> open_kept(const AnswerStore::Wanted& wanted);
  Task<Fault> wait_for_head(SharedReader::Look& look);
  Task<bool> pass_interims();
  [[nodiscard]] bool takes_coded() const;

  LoopContext& context_;
  ClientConnection& client_;
  RequestBody& body_;
  const std::string_view head_;
  const Ask ask_;
  std::optional<net::RemoteEvent> more_;
  std::optional<SharedReader> reader_;
  bool answered_ = false;
  std::string_view cache_ = "miss";
  Duration age_{};
  Duration waited_{};
};

}  // namespace holysheep::proxy
