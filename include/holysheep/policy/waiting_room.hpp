#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/policy/client_share.hpp>
#include <holysheep/policy/upstream_pause.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

namespace holysheep {

struct WaitingLane;

/// One request that waits for its turn. Guarded by the Admission that it waits at.
struct Waiter {
  enum class State : unsigned char { waiting, granted, put_out, done };

  std::string model;
  ClientShare* client = nullptr;
  bool first = true;  ///< needs a token of its client's own rate
  TimePoint deadline = never;
  std::function<void()> on_decided;
  State state = State::waiting;
  Duration wait{};  ///< once put out: for `Retry-After`

  // The room's.
  std::uint64_t number = 0;  // in the order of coming
  WaitingLane* lane = nullptr;
  std::list<std::shared_ptr<Waiter>>::iterator place;
};

struct WaitingClient;

/// Those of one client who can only go together: the same model, and the same need of a token of its own.
struct WaitingLane {
  std::string model;
  bool first;
  WaitingClient* client;
  std::list<WaitingLane>::iterator self{};
  TimePoint paused_until = TimePoint::min();
  std::list<std::shared_ptr<Waiter>> line{};
};

/// All who wait of one client; gone when the last one is.
struct WaitingClient {
  ClientShare* share;  // null: those who belong to none
  std::list<WaitingLane> lanes{};
  std::size_t size = 0;
};

/// Who waits, and in which order their turns come. Only the order is decided here.
///
/// Within a client first come, first served, past those who cannot go: whose model is paused, or who lack a
/// token of their client's rate. Between clients the next turn is of who had the fewest: start-time fair
/// queuing (Goyal et al. 1996), but with a memory. A client that comes back is put level not with those who
/// wait but up to `memory` turns before them, as far as it has not used those turns. So a client that asks
/// for less than its share goes past one that always waits, and not in turn with it, and nobody who was away
/// can keep the others waiting for longer than `memory` turns. Equal ones go in the order of their coming; so
/// do all who belong to no client. Turns of those who never waited are not counted.
///
/// Everything costs at most a walk over the lanes, however many wait in them.
class WaitingRoom {
 public:
  static constexpr double memory = 32;

  void enter(const std::shared_ptr<Waiter>& waiter);
  void leave(const Waiter& waiter);
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// When the first of the pauses of those who wait ends; `never`: none is paused. To be called before the
  /// others while anything is paused.
  TimePoint see_pauses(const UpstreamPauses& pauses, TimePoint now);
  /// Whose turn it is among those whose model and client let them go; null: nobody's.
  [[nodiscard]] std::shared_ptr<Waiter> next(TimePoint now) const;
  /// When the next token comes to a client whose waiters lack only that; `never`: to none.
  [[nodiscard]] TimePoint next_token(TimePoint now) const;
  /// His turn is used, and he leaves.
  void serve(const Waiter& waiter);

  struct Ahead {
    std::size_t all;  ///< turns that are sure to come before his
    std::size_t own;  ///< of his own client, and who need a token of its rate
  };
  /// For the last to come of a client. Not sure are those whose model is paused, unless it is the same one,
  /// and those whose client's limits keep them back until his deadline.
  [[nodiscard]] Ahead turns_ahead(const Waiter& waiter, TimePoint now) const;

  /// Who has to go for this newcomer when the room is full: the last of the client with the most waiters, if
  /// that one has more than the newcomer's has with him. Null: nobody has.
  [[nodiscard]] std::shared_ptr<Waiter> whom_to_put_out(const Waiter& newcomer) const;

 private:
  [[nodiscard]] double turn(const WaitingClient& client) const noexcept;

  std::unordered_map<ClientShare*, WaitingClient> clients_;
  std::size_t size_ = 0;
  std::uint64_t came_ = 0;
  double latest_turn_ = 0;
  double turn_of_no_client_ = 0;
};

}  // namespace holysheep
