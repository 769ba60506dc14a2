// Heads: found, parsed, written.
#include "messages.hpp"
#include <holysheep/http/head_scanner.hpp>
#include <holysheep/http/request_head.hpp>
#include <holysheep/http/request_scan.hpp>
#include <holysheep/http/request_writer.hpp>
#include <holysheep/http/response_head.hpp>
#include <holysheep/http/response_writer.hpp>
#include <holysheep/http/route.hpp>

#include <string>

#include <benchmark/benchmark.h>

namespace holysheep::bench {
namespace {

void count_bytes(benchmark::State& state, std::size_t each) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(each));
}

void find_request_head(benchmark::State& state) {
  for (auto _ : state) {
    http::HeadScanner scanner(http::Side::request);
    benchmark::DoNotOptimize(scanner.scan(request_head));
  }
  count_bytes(state, request_head.size());
}
BENCHMARK(find_request_head);

void parse_request_head(benchmark::State& state) {
  http::RequestHead head;
  for (auto _ : state) benchmark::DoNotOptimize(http::parse_request_head(request_head, head));
  count_bytes(state, request_head.size());
}
BENCHMARK(parse_request_head);

void parse_response_head(benchmark::State& state) {
  http::ResponseHead head;
  for (auto _ : state)
    benchmark::DoNotOptimize(http::parse_response_head(response_head, http::Method::post, head));
  count_bytes(state, response_head.size());
}
BENCHMARK(parse_response_head);

void write_request_head(benchmark::State& state) {
  http::RequestHead head;
  http::parse_request_head(request_head, head);
  const http::Onward onward{.head = head,
                            .base_path = "/v1",
                            .rest = "/chat/completions",
                            .authority = "api.holysheep.ai",
                            .key = "sk-upstream-0123456789abcdef0123456789",
                            .client_address = "10.0.0.7",
                            .request_id = "0123456789abcdef0123456789abcdef",
                            .framing = http::Framing::length,
                            .content_length = 1024};
  std::string out;
  for (auto _ : state) {
    out.clear();
    http::write_request_head(out, onward);
    benchmark::DoNotOptimize(out.data());
  }
  count_bytes(state, out.size());
}
BENCHMARK(write_request_head);

void write_response_head(benchmark::State& state) {
  http::ResponseHead head;
  http::parse_response_head(response_head, http::Method::post, head);
  const http::ServerTiming timing{};
  const http::Downward down{.head = head,
                            .framing = http::Framing::length,
                            .content_length = 1024,
                            .request_id = "0123456789abcdef0123456789abcdef",
                            .timing = timing};
  std::string out;
  for (auto _ : state) {
    out.clear();
    http::write_response_head(out, down);
    benchmark::DoNotOptimize(out.data());
  }
  count_bytes(state, out.size());
}
BENCHMARK(write_response_head);

void find_route(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(http::route("/v1/chat/completions"));
}
BENCHMARK(find_route);

// The worst place for it: behind a megabyte of messages.
void scan_request_behind(benchmark::State& state) {
  const std::string body = R"({"messages":[{"role":"user","content":")" +
                           std::string(static_cast<std::size_t>(state.range(0)), 'x') +
                           R"("}],"model":"gpt-4.1"})";
  for (auto _ : state) {
    http::RequestScan scan;
    scan.feed(body);
    benchmark::DoNotOptimize(scan.model());
  }
  count_bytes(state, body.size());
}
BENCHMARK(scan_request_behind)->Arg(1024)->Arg(1 << 20);

}  // namespace
}  // namespace holysheep::bench
