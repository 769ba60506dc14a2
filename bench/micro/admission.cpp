// The way in while nobody waits, alone and with another event loop at the same gate.
#include <holysheep/policy/admission.hpp>
#include <holysheep/policy/token_bucket.hpp>
#include <holysheep/policy/upstream_pause.hpp>

#include <chrono>

#include <benchmark/benchmark.h>

namespace holysheep::bench {
namespace {

using std::chrono::seconds;

constexpr double rate = 1e9;

void take_token(benchmark::State& state) {
  static TokenBucket bucket(rate, rate);
  TimePoint now{seconds(1)};
  for (auto _ : state) {
    now += std::chrono::nanoseconds(10);
    benchmark::DoNotOptimize(bucket.try_take(now));
  }
}
BENCHMARK(take_token)->Threads(1)->Threads(2);

void find_bucket_empty(benchmark::State& state) {
  TokenBucket bucket(1, 1);
  const TimePoint now{seconds(1)};
  bucket.try_take(now);
  for (auto _ : state) benchmark::DoNotOptimize(bucket.try_take(now));
}
BENCHMARK(find_bucket_empty);

void admit_and_leave(benchmark::State& state) {
  static UpstreamPauses pauses{seconds(60)};
  static Admission admission(
      {.rate_per_second = rate, .burst = rate, .places = 1024, .queue_size = 1000, .backpressure = true},
      pauses);
  TimePoint now{seconds(1)};
  for (auto _ : state) {
    now += std::chrono::nanoseconds(10);
    benchmark::DoNotOptimize(
        admission.try_admit({.model = "gpt-4.1", .now = now, .deadline = now + seconds(60)}));
  }
}
BENCHMARK(admit_and_leave)->Threads(1)->Threads(2);

}  // namespace
}  // namespace holysheep::bench
