#pragma once

#include "support/proxy_process.hpp"
#include "support/simulator_process.hpp"

#include <initializer_list>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep::testing {

/// A simulator with a proxy in front of it: what nearly every story needs.
struct Stage {
  explicit Stage(const Environment& settings = {}, std::vector<std::string> simulator_arguments = {})
      : simulator(std::move(simulator_arguments)), proxy(merged(simulator.as_upstream(), settings)) {}
  explicit Stage(std::initializer_list<Environment::value_type> settings,
                 std::vector<std::string> simulator_arguments = {})
      : Stage(Environment(settings), std::move(simulator_arguments)) {}

  std::uint16_t port() const { return proxy.port(); }

  SimulatorProcess simulator;
  ProxyProcess proxy;

 private:
  static Environment merged(const Environment& base, const Environment& over) {
    Environment all = over;
    all.insert(base.begin(), base.end());
    return all;
  }
};

/// A chat request for a scripted model, such as `sim:status=503`.
inline std::string chat_body(std::string_view model, bool stream = false) {
  return nlohmann::json{
      {"model", model}, {"stream", stream}, {"messages", {{{"role", "user"}, {"content", "hello"}}}}}
      .dump();
}

inline Request chat(std::string_view model, bool stream = false, std::vector<Header> headers = {}) {
  return json_request("/v1/chat/completions", chat_body(model, stream), std::move(headers));
}

/// The `code` of an OpenAI error body; what was there instead where it is none.
inline std::string error_code(const Response& response) {
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  if (!body.is_object() || !body.contains("error"))
    return "not an error body: " + response.body.substr(0, 200);
  return body["error"].value("code", "");
}

/// N of `attempts;desc="N"` in Server-Timing; -1 where it is missing.
inline int attempts(const Response& response) {
  const auto timing = response.header("Server-Timing");
  const auto at = timing.find("attempts;desc=\"");
  return at == std::string::npos ? -1 : std::atoi(timing.c_str() + at + 15);
}

/// That the proxy itself refused, in the OpenAI dialect.
inline void expect_gateway_error(const Response& response, int status, std::string_view code) {
  EXPECT_EQ(response.status, status) << response.body << response.failure;
  EXPECT_EQ(response.header("X-HolySheep-Error"), code) << response.body;
  EXPECT_EQ(error_code(response), code);
  EXPECT_FALSE(response.header("X-Request-Id").empty());
}

}  // namespace holysheep::testing
