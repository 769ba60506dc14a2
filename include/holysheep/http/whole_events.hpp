#pragma once

#include <holysheep/http/sse_tracker.hpp>

#include <span>
#include <string>
#include <string_view>

#include <boost/container/static_vector.hpp>

namespace holysheep::http {

/// Lets an event stream pass in whole events: an event's beginning that has come without its end waits for
/// it, up to `most_held` bytes, so that a stream that breaks in the middle of an event leaves its reader with
/// whole events only, and an error event can follow that every SDK can read. What is complete passes at once
/// and is not copied. One stream, not thread-safe.
class WholeEvents {
 public:
  static constexpr std::size_t most_pieces = 24;
  using Pieces = boost::container::static_vector<std::string_view, most_pieces + 1>;

  WholeEvents(Dialect dialect, std::size_t most_held) noexcept : tracker_(dialect), most_held_(most_held) {}

  /// Takes the pieces that came, at most `most_pieces`, and puts in their place those that pass now: views
  /// into the same memory, or into this object's until the next call. `last`: nothing comes after them, so
  /// everything passes.
  void pass(Pieces& pieces, bool last);

  /// The stream came to its own end mark.
  [[nodiscard]] bool ended() const noexcept { return tracker_.ended(); }
  /// Were this the stream's last byte, would it end within an event that is not its end mark?
  [[nodiscard]] bool torn() const noexcept;
  /// See SseTracker::progress.
  [[nodiscard]] std::uint64_t progress() const noexcept { return tracker_.progress(); }
  /// The beginning of an event has passed (it was too large to be held) and its end has not.
  [[nodiscard]] bool inside_event() const noexcept { return begun_; }

 private:
  SseTracker tracker_;
  std::size_t most_held_;
  std::string held_;
  std::string lead_;  // what was held and passes now
  bool begun_ = false;
};

}  // namespace holysheep::http
