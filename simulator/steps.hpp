#pragma once
#include <chrono>
#include <coroutine>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include <simulator/told_usage.hpp>

namespace holysheep::sim {

/// One thing a connection does while it answers.
struct Step {
  enum class Kind {
    bytes,   ///< send these bytes
    wait,    ///< let this time pass
    stall,   ///< nothing more, the connection stays open
    linger,  ///< the answer is complete, but the connection takes no further request and stays open
    close,   ///< close_notify and FIN, cutting the answer
    drop,    ///< FIN without close_notify
    reset,   ///< RST
    finish,  ///< the answer is complete: close_notify and FIN
    finish_without_notify,
  };

  static Step send(std::string bytes) { return Step(Kind::bytes, std::move(bytes), {}); }
  static Step wait(std::chrono::nanoseconds time) { return Step(Kind::wait, {}, time); }
  static Step end(Kind kind) { return Step(kind, {}, {}); }

  Kind kind;
  std::string bytes;
  std::chrono::nanoseconds time;
  std::optional<ToldUsage> told = {};  ///< by these bytes, once the last of them is out

 private:
  Step(Kind k, std::string b, std::chrono::nanoseconds t) : kind(k), bytes(std::move(b)), time(t) {}
};

/// The steps of one answer, made one at a time as the connection has room for them: a coroutine that
/// yields Steps. Running off its end means that the answer is complete and the connection goes on.
class Steps {
 public:
  struct promise_type {
    Step* current = nullptr;
    Steps get_return_object() { return Steps(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    /// Takes named steps only: g++ 12 destroys some temporaries of an awaited expression twice.
    std::suspend_always yield_value(Step& step) noexcept {
      current = &step;
      return {};
    }
    void return_void() noexcept {}
    void unhandled_exception() { std::terminate(); }
  };

  Steps() = default;
  Steps(Steps&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  Steps& operator=(Steps&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Steps() {
    if (frame_) frame_.destroy();
  }

  explicit operator bool() const { return static_cast<bool>(frame_); }

  /// The next step, valid until the next call; null at the end.
  Step* next() {
    frame_.resume();
    return frame_.done() ? nullptr : frame_.promise().current;
  }

 private:
  explicit Steps(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  std::coroutine_handle<promise_type> frame_;
};

}  // namespace holysheep::sim
