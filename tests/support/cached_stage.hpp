#pragma once

#include "support/stage.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holysheep::testing {

/// A stage whose proxy has a cache, which the others have not.
inline Stage cached(const Environment& settings = {}) {
  Environment all = settings;
  all.insert({"CACHE_SIZE_MB", "16"});
  return Stage(all);
}

/// hit, miss, bypass or coalesced, as Server-Timing says.
inline std::string cache_result(const Response& response) {
  const auto timing = response.header("Server-Timing");
  const auto at = timing.find("cache;desc=");
  return at == std::string::npos ? "none" : timing.substr(at + 11, timing.find(',', at) - at - 11);
}

inline Request models(std::vector<Header> headers = {}) {
  return {.method = "GET", .target = "/v1/models", .headers = std::move(headers)};
}

inline Request opted_in(std::string_view model, bool stream = false) {
  return chat(model, stream, {{"Cache-Control", "max-age=60"}});
}

/// Asks one client for `request` and gives what the cache said, and that the answer is the `first` one.
inline std::string ask(Stage& stage, const Request& request, const Response* first = nullptr) {
  HttpClient client(stage.port());
  const Response answer = client.exchange(request);
  EXPECT_EQ(answer.end, BodyEnd::complete);
  if (first) EXPECT_EQ(answer.body, first->body);
  return cache_result(answer);
}

}  // namespace holysheep::testing
