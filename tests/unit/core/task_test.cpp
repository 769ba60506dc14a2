#include <holysheep/core/task.hpp>

#include <coroutine>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

/// A wait that the test ends by hand.
struct Gate {
  std::coroutine_handle<> waiting;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiting = handle; }
  void await_resume() const noexcept {}
};

struct Counted {
  explicit Counted(int& of) : count(of) { ++count; }
  Counted(const Counted&) = delete;
  ~Counted() { --count; }
  int& count;
};

Task<std::string> inner(Gate& gate, int& alive) {
  const Counted counted(alive);
  co_await gate;
  co_return "from within";
}

Task<std::string> outer(Gate& gate, int& alive) {
  const Counted counted(alive);
  auto text = co_await inner(gate, alive);
  co_return text + "!";
}

TEST(Task, StartsWhenItIsStartedAndGivesItsValueThroughEveryLevel) {
  Gate gate;
  int alive = 0;
  auto task = outer(gate, alive);
  EXPECT_EQ(alive, 0);
  task.start();
  EXPECT_EQ(alive, 2);
  EXPECT_FALSE(task.done());
  gate.waiting.resume();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), "from within!");
  EXPECT_EQ(alive, 0);
}

TEST(Task, DestroyedInTheMiddleOfAWaitGivesBackWhatEveryFrameHeld) {
  Gate gate;
  int alive = 0;
  {
    auto task = outer(gate, alive);
    task.start();
    EXPECT_EQ(alive, 2);
  }
  EXPECT_EQ(alive, 0);
}

Task<int> thrower() {
  throw std::runtime_error("bug");
  co_return 1;
}

Task<int> passes_on() {
  const int value = co_await thrower();
  co_return value;
}

TEST(Task, AnExceptionTravelsToWhoeverAwaits) {
  auto task = passes_on();
  task.start();
  ASSERT_TRUE(task.done());
  EXPECT_THROW((void)task.result(), std::runtime_error);
}

Task<int> plus_one(int depth) {
  if (depth == 0) co_return 0;
  const int below = co_await plus_one(depth - 1);
  co_return below + 1;
}

TEST(Task, FramesOfEverySizeAndDepthComeAndGo) {
  for (int round = 0; round < 3; ++round) {
    auto task = plus_one(500);
    task.start();
    EXPECT_EQ(task.result(), 500);
  }
}

}  // namespace
}  // namespace holysheep
