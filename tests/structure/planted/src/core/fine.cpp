// What looks like a violation and is none: the checker must stay silent about this file.
// co_await f({.a = 1}); co_await Aggregate{}.run();
Task<int> fine(bool c, Values values) {
  const char* text = "co_await f({ ? : }) [p]() { co_await x; }()";
  const auto raw = R"({"co_await":"a ? b : c"})";
  int a = 0;
  if (c) {
    a = co_await one();
  } else {
    a = c ? 1 : 2;
  }
  for (const auto& value : co_await all()) a += value;
  switch (co_await kind()) {
    case Kind::one: a = 1; break;
    default: a = c ? 3 : 4;
  }
  while (!co_await done()) {
    a = values[a](1);
  }
  const Options options{.a = 1};
  co_await f(options, values[3]);
  auto run = [](Pointer p) -> Task<> { co_await p->run(); };
  co_await run(p);
  const int sum = [&] { return a + 1; }();
  auto named = [a]() -> int { return a; };
  co_await f(std::move(named));
  Result r{co_await one()};
  if (const auto got = co_await one(); got) co_return sum;
  co_return a;
}
