// Event streams, in pieces of the size that a relay reads.
#include "messages.hpp"
#include <holysheep/http/sse_tracker.hpp>
#include <holysheep/http/usage_scan.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

namespace holysheep::bench {
namespace {

void follow_chat_stream(benchmark::State& state) {
  const std::string stream = chat_stream(1000);
  const auto piece = static_cast<std::size_t>(state.range(0));
  http::SseTracker tracker(http::Dialect::openai);
  for (auto _ : state) {
    for (std::string_view rest = stream; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size()))) {
      benchmark::DoNotOptimize(tracker.feed(rest.substr(0, piece)));
    }
  }
  state.SetItemsProcessed(state.iterations() * 1000);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
}
BENCHMARK(follow_chat_stream)->Arg(200)->Arg(4096);

void follow_long_lines(benchmark::State& state) {
  const std::string event = "data: {\"b64_json\":\"" + std::string(1 << 20, 'A') + "\"}\n\n";
  http::SseTracker tracker(http::Dialect::openai);
  for (auto _ : state) {
    for (std::string_view rest = event; !rest.empty();
         rest.remove_prefix(std::min<std::size_t>(4096, rest.size()))) {
      benchmark::DoNotOptimize(tracker.feed(rest.substr(0, 4096)));
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(event.size()));
}
BENCHMARK(follow_long_lines);

void read_usage(benchmark::State& state) {
  const std::string stream = chat_stream(1000);
  const auto piece = static_cast<std::size_t>(state.range(0));
  http::UsageScan scan(http::Dialect::openai, true);
  for (auto _ : state) {
    for (std::string_view rest = stream; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
      scan.feed(rest.substr(0, piece));
    benchmark::DoNotOptimize(scan.usage());
  }
  state.SetItemsProcessed(state.iterations() * 1000);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
}
BENCHMARK(read_usage)->Arg(200)->Arg(4096);

}  // namespace
}  // namespace holysheep::bench
