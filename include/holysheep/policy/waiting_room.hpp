#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>

namespace holysheep {

/// One request that waits for its turn. Guarded by the Admission that it waits at.
struct Waiter {
  enum class State : unsigned char { waiting, granted, done };

  std::string model;
  std::function<void()> on_granted;
  State state = State::waiting;
  std::list<std::shared_ptr<Waiter>>::iterator place;
};

/// Who waits, and in which order their turns come: first come, first served. Only the order is decided here.
class WaitingRoom {
 public:
  using Line = std::list<std::shared_ptr<Waiter>>;

  void enter(const std::shared_ptr<Waiter>& waiter) { waiter->place = line_.insert(line_.end(), waiter); }
  void leave(const Waiter& waiter) { line_.erase(waiter.place); }
  [[nodiscard]] std::size_t size() const noexcept { return line_.size(); }
  /// In the order of their turns.
  [[nodiscard]] Line& line() noexcept { return line_; }

 private:
  Line line_;
};

}  // namespace holysheep
