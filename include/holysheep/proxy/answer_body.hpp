#pragma once

#include <holysheep/core/fault.hpp>
#include <holysheep/core/settings.hpp>
#include <holysheep/http/chunk_decoder.hpp>
#include <holysheep/http/usage_meter.hpp>
#include <holysheep/http/usage_removal.hpp>
#include <holysheep/http/whole_events.hpp>
#include <holysheep/policy/loop_memory.hpp>
#include <holysheep/policy/memory_accounts.hpp>
#include <holysheep/proxy/client_connection.hpp>
#include <holysheep/proxy/loop_context.hpp>
#include <holysheep/proxy/upstream_call.hpp>

#include <cstdint>
#include <string_view>

namespace holysheep::proxy {

/// An answer's body as it comes from upstream: its transfer coding taken off, of a stream whole events only
/// (the beginning of one waits for its end, up to STREAM_CHUNK_SIZE), its tokens read as they pass, and the
/// usage that only the proxy asked for taken out. What it shows lies where it was received, and nothing more
/// is received until that has been consumed: whoever takes it on sets the pace. What it takes to read the
/// tokens of a coded answer is charged to `MemoryUse::compression`, and promised by its event loop. One event
/// loop.
class AnswerBody {
 public:
  /// `call.input` starts with the body. `client`: whose wait this is, and who can end it.
  AnswerBody(LoopContext& context, ClientConnection& client, UpstreamCall& call, http::Dialect dialect);
  AnswerBody(const AnswerBody&) = delete;
  AnswerBody& operator=(const AnswerBody&) = delete;

  /// Looks at what has been received. `none`: `pieces` are next, or there are none yet. answer_malformed:
  /// they are the last good ones. response_too_large: past MAX_RESPONSE_SIZE, and there are none.
  Fault take();
  [[nodiscard]] const http::WholeEvents::Pieces& pieces() const noexcept { return pieces_; }
  /// Bytes of `pieces`.
  [[nodiscard]] std::uint64_t payload() const noexcept { return payload_; }
  /// They have been taken on: their memory may be used again.
  void consume() noexcept { call_.input.consume(std::exchange(taken_, 0)); }
  /// Something received lies there still, to be taken.
  [[nodiscard]] bool has_more() const noexcept { return !call_.input.empty(); }
  /// The end has been taken.
  [[nodiscard]] bool complete() const noexcept { return complete_; }
  /// Nothing before the end: lines that no blank one has followed may be none.
  [[nodiscard]] std::string_view trailers() const noexcept {
    return complete_ ? decoder_.trailers() : std::string_view{};
  }

  /// Waits for more. `none`: it came (`came` has upstream_readable), or `until` has passed or one of `also`
  /// has happened (`came` has that); one that has passed already: no wait at all. Else what ended the body:
  /// answer_cut, silence, draining, client_gone.
  Task<Fault> receive(TimePoint until, net::Event also, net::Event& came);
  /// Upstream was not asked for anything up to now, so its silence does not count.
  void held_up() noexcept { heard_ = client_.now(); }

  /// An event stream whose events can be read, and others put in between.
  [[nodiscard]] bool readable_events() const noexcept { return readable_events_; }
  /// The stream's own end mark has come.
  [[nodiscard]] bool ended() const noexcept { return events_.ended(); }
  /// The last piece taken ended within an event, one too large to be held back.
  [[nodiscard]] bool inside_event() const noexcept { return events_.inside_event(); }
  /// What the answer cost, as far as it has come.
  [[nodiscard]] http::Usage usage() const noexcept { return usage_.usage(); }
  /// The model that the answer names; see UsageScan::model.
  [[nodiscard]] std::string_view model() const noexcept { return usage_.model(); }
  /// The end of the body lay where the framing put it: the connection may be used again.
  [[nodiscard]] bool upstream_reusable() const noexcept {
    return complete_ && !closed_by_end_ && call_.reusable();
  }

 private:
  enum class Found : unsigned char { nothing, payload, end, malformed };

  Found next_piece(std::string_view& rest, std::string_view& piece);
  void note_progress() noexcept;
  void charge_meter() noexcept;
  void take_along();

  const Settings& settings_;
  ClientConnection& client_;
  UpstreamCall& call_;
  http::Framing framing_;
  std::uint64_t remaining_;
  const bool event_stream_;
  const bool readable_events_;
  const bool metered_;
  const bool takes_usage_out_;
  http::ChunkDecoder decoder_;
  http::WholeEvents events_;
  http::UsageMeter usage_;
  MemoryCharge charge_;
  LoopMemory::Held promised_;
  http::UsageRemoval removal_;
  http::WholeEvents::Pieces pieces_;
  std::uint64_t payload_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t progress_ = 0;  // of events_ when heard_ was set
  TimePoint heard_;             // when upstream last carried the answer on, or was last held up
  std::size_t taken_ = 0;       // of the call's input
  unsigned in_a_row_ = 0;       // received without a wait
  bool complete_ = false;
  bool closed_by_end_ = false;
};

}  // namespace holysheep::proxy
