// Each marked line is a form that ARCHITECTURE.md forbids.
Task<int> ternaries(bool c) {
  int a = c ? co_await one() : 2;  // finds: ternary
  int b = co_await one(c ? x() : y());  // finds: ternary
  auto long_one = c ? co_await one_with_a_long_name(argument, another_argument, a_third_argument)
                    : co_await another_one();  // finds: ternary
  co_return a + b;
}
Task<> temporaries() {
  co_await Aggregate{}.run();  // finds: braced temporary
  co_await Wait{.fd = 3};  // finds: braced temporary
  co_await net::Connect<Tls>{host};  // finds: braced temporary
  co_await f({.a = 1});  // finds: braced argument
  co_await f(first, {x, y});  // finds: braced argument
  auto options = Options{.a = co_await g()};  // finds: designated initializer
}
Task<> lambdas(Executor ex, Pointer p) {
  co_await f([p] { return *p; });  // finds: capturing lambda written inside an awaited call
  co_spawn(ex, [p]() -> Task<> { co_await p->run(); }(), done);  // finds: called as a temporary
  spawn([this, p]() mutable -> Task<void> {
    if (p) {
      co_await p->run();
    }
    co_return;
  }());  // finds: called as a temporary
}
