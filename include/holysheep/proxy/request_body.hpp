#pragma once

#include <holysheep/core/fault.hpp>
#include <holysheep/core/task.hpp>
#include <holysheep/http/body_edit.hpp>
#include <holysheep/http/chunk_decoder.hpp>
#include <holysheep/http/request_head.hpp>
#include <holysheep/http/request_scan.hpp>
#include <holysheep/policy/replay_memory.hpp>
#include <holysheep/proxy/client_connection.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep::proxy {

/// A request's body: held, so that it can be sent again, as long as the pod's replay memory takes it
/// (`REPLAY_BUFFER_MB`); what does not fit streams straight through. A small body stays where it was read,
/// behind its head, and costs nothing more; the rest lies in blocks of the loop's pool, and what these take
/// is what counts. One request; one event loop.
class RequestBody {
 public:
  struct Limits {
    std::uint64_t max_size;  ///< `CLIENT_MAX_BODY_SIZE`
    Duration patience;       ///< `CLIENT_BODY_TIMEOUT`
  };

  /// `behind_head`: what was received with the head; the client's input must not move while this lives.
  RequestBody(ClientConnection& client, BodyReservation reservation, Limits limits,
              const http::RequestHead& head, std::string_view behind_head);
  RequestBody(const RequestBody&) = delete;
  RequestBody& operator=(const RequestBody&) = delete;
  ~RequestBody() { release(); }

  /// Reads until the body is complete or the memory is full (then `complete()` is false and the rest is to be
  /// streamed). Answers `Expect: 100-continue`. Faults: request_too_large, request_timeout, bad_request,
  /// client_gone.
  Task<Fault> hold();
  [[nodiscard]] bool complete() const noexcept { return complete_ && not_held_.empty(); }
  /// After `hold`: it is not complete for want of memory that others have now, as far as its size is known.
  [[nodiscard]] bool crowded_out() const noexcept {
    return !complete() && reservation_.possible(std::max(length_, received_));
  }

  /// What is held and goes upstream, in order; pieces may be empty.
  [[nodiscard]] std::size_t piece_count() const noexcept {
    return edited_.empty() ? 1 + blocks_.size() : edited_.size();
  }
  [[nodiscard]] std::string_view piece(std::size_t index) const noexcept {
    return edited_.empty() ? held_piece(index) : edited_[index];
  }
  /// All pieces, one behind the other.
  [[nodiscard]] std::string text() const;
  /// Bytes of all pieces.
  [[nodiscard]] std::uint64_t held() const noexcept { return held_ + longer_; }
  /// Where the model's name can be replaced: in a body that is held whole, names one, once, and may be edited
  /// (`http::may_edit_body`).
  [[nodiscard]] std::optional<http::RequestScan::Span> model_span() const noexcept;
  /// From now on this model goes upstream, in the place of the name that the client gave; every other byte
  /// stays as it was. Only where there is a `model_span`.
  void name_model(std::string_view model);
  /// From now on it asks upstream for the stream's usage (`http::usage_edit`); every other byte stays as it
  /// was. False: it cannot be made to, or the client asked itself. Whatever it says, it says again.
  bool ask_for_usage();
  /// What it says, read as far as it is held, and in the first piece that is not.
  [[nodiscard]] const http::RequestScan& scan() const noexcept { return scan_; }
  /// How it goes on: its length when that is known, else chunked.
  [[nodiscard]] http::Framing onward_framing() const noexcept;
  [[nodiscard]] std::uint64_t onward_length() const noexcept;
  [[nodiscard]] std::string_view trailers() const noexcept { return decoder_.trailers(); }
  /// Body bytes received from the client so far.
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

  /// For what is streamed: the next payload that has been received and not been taken, without waiting.
  /// `none` with an empty `piece`: more must be received first (`receive`), unless `complete()`.
  Fault take(std::string_view& piece);
  /// Receives more, once; `wanted` tells that the client has nothing now and the readable event is asked for.
  Fault receive(bool& wanted);
  [[nodiscard]] Duration patience() const noexcept { return limits_.patience; }

  /// After the answer is decided: nothing is sent again, so nothing is held.
  void release() noexcept;
  /// The same, but that a copy of it is held instead: that keeps what this had taken of the replay memory.
  [[nodiscard]] BodyReservation hand_over() noexcept;
  /// Raw bytes of `behind_head` that belonged to this body.
  [[nodiscard]] std::size_t consumed_behind_head() const noexcept { return behind_head_size_ - raw_.size(); }
  /// What was received beyond the body, of the next request (pipelining), not counting `behind_head`.
  [[nodiscard]] std::string_view surplus() const noexcept { return input_.bytes().substr(taken_); }

 private:
  [[nodiscard]] std::string_view held_piece(std::size_t index) const noexcept;
  [[nodiscard]] std::vector<std::string_view> held_pieces() const;
  [[nodiscard]] std::optional<http::BodyEdit> find_usage_edit() const;
  [[nodiscard]] bool may_edit() const noexcept;
  void edit();
  bool store(std::string_view piece);
  [[nodiscard]] bool reserve(std::size_t bytes) noexcept;
  void drop_taken() noexcept;
  bool say_continue();

  ClientConnection& client_;
  Limits limits_;
  BodyReservation reservation_;
  http::Framing framing_;
  std::uint64_t length_;
  bool expects_continue_;
  bool editable_;  // as far as its head says
  bool complete_ = false;
  std::size_t behind_head_size_;
  std::string_view raw_;       // received with the head and not yet taken
  net::Buffer input_;          // received after that and not yet taken
  std::size_t taken_ = 0;      // of input_: shown by the last `take`, consumed at the next `receive`
  std::string_view not_held_;  // a piece that did not fit, the first to be streamed
  std::uint64_t received_ = 0;
  std::uint64_t held_ = 0;
  http::ChunkDecoder decoder_;
  http::RequestScan scan_;
  std::vector<char*> blocks_;
  std::size_t block_used_ = net::BufferPool::block_size;
  std::string_view in_place_;
  std::optional<http::BodyEdit> name_edit_;
  std::string other_name_;  // as JSON
  bool usage_looked_for_ = false;
  std::optional<http::BodyEdit> usage_edit_;
  std::vector<std::string_view> edited_;  // the pieces with the edits among them
  std::uint64_t longer_ = 0;              // by so many bytes than what is held (modulo 2^64)
};

}  // namespace holysheep::proxy
