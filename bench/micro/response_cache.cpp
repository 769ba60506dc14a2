// What a request pays for the cache: its key, and the look-up while other event loops do the same.
#include <holysheep/http/cache_rules.hpp>
#include <holysheep/policy/response_cache.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace holysheep::bench {
namespace {

using std::chrono::seconds;

constexpr TimePoint now{seconds(1000)};

std::vector<CacheKey> random_keys(std::size_t count) {
  std::mt19937 random(1);
  std::vector<CacheKey> keys(count);
  for (CacheKey& key : keys) {
    for (auto& byte : key.digest) byte = static_cast<std::uint8_t>(random());
  }
  return keys;
}

/// As many entries of 1 KiB as asked for.
struct Filled {
  explicit Filled(std::size_t entries)
      : cache(std::uint64_t{4} << 30, seconds(300), accounts), keys(random_keys(entries)) {
    const auto value = std::make_shared<const int>(1);
    for (const CacheKey& key : keys) cache.store(key, value, 1024, now);
  }

  MemoryAccounts accounts;
  ResponseCache cache;
  std::vector<CacheKey> keys;
};

void find_cached(benchmark::State& state) {
  static Filled few(1000);
  static Filled many(200'000);
  Filled& filled = state.range(0) == 1000 ? few : many;
  std::size_t at = static_cast<std::size_t>(state.thread_index()) * 7919;
  for (auto _ : state) {
    at = (at + 104'729) % filled.keys.size();
    benchmark::DoNotOptimize(filled.cache.find(filled.keys[at], now));
  }
}
BENCHMARK(find_cached)->Arg(1000)->Arg(200'000)->Threads(1)->Threads(2)->UseRealTime();

void store_in_a_full_cache(benchmark::State& state) {
  MemoryAccounts accounts;
  ResponseCache cache(std::uint64_t{64} << 20, seconds(300), accounts);
  const auto keys = random_keys(100'000);
  const auto value = std::make_shared<const int>(1);
  std::size_t at = 0;
  for (auto _ : state) cache.store(keys[at++ % keys.size()], value, 1024, now);
}
BENCHMARK(store_in_a_full_cache);

constexpr std::string_view models =
    "GET /v1/models HTTP/1.1\r\nHost: localhost:8080\r\nAccept: application/json\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\nUser-Agent: OpenAI/Python 1.54.0\r\n"
    "Authorization: Bearer sk-0123456789abcdef0123456789abcdef0123456789abcdef\r\n"
    "X-Stainless-Lang: python\r\nX-Stainless-OS: Linux\r\nX-Stainless-Arch: x64\r\nX-Stainless-Async: "
    "false\r\n\r\n";

void key_of_a_get(benchmark::State& state) {
  http::RequestHead head;
  http::parse_request_head(models, head);
  const auto to = http::route(head.path);
  for (auto _ : state) benchmark::DoNotOptimize(http::cache_digest(head, to, {}, {}));
}
BENCHMARK(key_of_a_get);

void rule_and_use_of_a_get(benchmark::State& state) {
  http::RequestHead head;
  http::parse_request_head(models, head);
  const auto to = http::route(head.path);
  for (auto _ : state) {
    benchmark::DoNotOptimize(http::cache_use(http::cache_rule(head.method, to), head,
                                             CacheCompletions::opt_in, http::cache_directives(head.fields)));
  }
}
BENCHMARK(rule_and_use_of_a_get);

void canonical_body(benchmark::State& state) {
  std::string body = R"({"model":"gpt-4.1","temperature":0,"messages":[)";
  while (body.size() < static_cast<std::size_t>(state.range(0))) {
    body +=
        R"({"role":"user","content":"What is the airspeed velocity of an unladen swallow?\nOf which kind?"},)";
  }
  body.back() = ']';
  body += '}';
  for (auto _ : state) benchmark::DoNotOptimize(http::canonical_json(body));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(canonical_body)->Arg(500)->Arg(50'000);

}  // namespace
}  // namespace holysheep::bench
