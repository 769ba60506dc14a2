#include <holysheep/http/gateway_error.hpp>

#include <initializer_list>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep::http {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";

struct Response {
  std::string head;
  std::string body;

  [[nodiscard]] bool has(const std::string& line) const {
    return head.find("\r\n" + line + "\r\n") != std::string::npos;
  }
  [[nodiscard]] bool names(const std::string& name) const {
    return head.find("\r\n" + name + ": ") != std::string::npos;
  }
  [[nodiscard]] int status() const { return std::stoi(head.substr(9, 3)); }
};

Response taken_apart(const std::string& text) {
  const auto end = text.find("\r\n\r\n") + 4;
  return {text.substr(0, end), text.substr(end)};
}

Response written(GatewayError error) {
  error.answer.request_id = "req-1";
  error.answer.date = date;
  std::string out;
  write_gateway_error(out, error);
  return taken_apart(out);
}

Response written(Fault fault, Dialect dialect = Dialect::openai) {
  return written({.fault = fault, .dialect = dialect});
}

std::vector<Fault> all_faults() {
  std::vector<Fault> faults;
  for (auto fault = Fault::bad_request; fault < Fault::client_gone;
       fault = static_cast<Fault>(static_cast<int>(fault) + 1)) {
    faults.push_back(fault);
  }
  return faults;
}

constexpr Dialect all_dialects[] = {Dialect::openai, Dialect::anthropic, Dialect::gemini};

TEST(GatewayError, IsAWholeResponse) {
  std::string out = "before";
  write_gateway_error(out, {.fault = Fault::not_found, .answer = {.request_id = "req-1", .date = date}});
  const json body = {{"error",
                      {{"message", advice(Fault::not_found, "")},
                       {"type", "invalid_request_error"},
                       {"param", nullptr},
                       {"code", "not_found"}}}};
  const auto [head, text] = taken_apart(out);
  EXPECT_EQ(json::parse(text), body);
  EXPECT_EQ(head,
            "beforeHTTP/1.1 404 Not Found\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: " +
                std::to_string(text.size()) +
                "\r\n"
                "X-HolySheep-Error: not_found\r\n"
                "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                "X-Request-Id: req-1\r\n"
                "Server-Timing: queue;dur=0, upstream;dur=0, proxy;dur=0, cache;desc=bypass, "
                "attempts;desc=\"0\"\r\n"
                "Via: 1.1 holysheep-proxy\r\n"
                "\r\n");
}

TEST(GatewayError, OfEveryFaultInEveryDialectSaysTheTablesCodeAndStatus) {
  for (const Fault fault : all_faults()) {
    for (const Dialect dialect : all_dialects) {
      const Response response = written(fault, dialect);
      EXPECT_EQ(response.status(), status_of(fault, dialect));
      EXPECT_TRUE(response.has("X-HolySheep-Error: " + std::string(traits(fault).code)));
      EXPECT_TRUE(response.has("Content-Length: " + std::to_string(response.body.size())));
      EXPECT_TRUE(response.has("X-Request-Id: req-1"));
      EXPECT_FALSE(reason_phrase(response.status()).empty()) << response.status();
      EXPECT_EQ(response.has("Connection: close"), traits(fault).closes) << traits(fault).code;
      EXPECT_EQ(json::parse(response.body)["error"]["message"], advice(fault, ""));
    }
  }
}

TEST(GatewayErrorStatus, IsTheTablesButForAQueueOnAnthropic) {
  for (const Fault fault : all_faults()) {
    const bool queue = fault == Fault::queue_full || fault == Fault::queue_timeout;
    EXPECT_EQ(status_of(fault, Dialect::openai), traits(fault).status);
    EXPECT_EQ(status_of(fault, Dialect::gemini), traits(fault).status);
    EXPECT_EQ(status_of(fault, Dialect::anthropic), queue ? 529 : traits(fault).status);
  }
  EXPECT_EQ(status_of(Fault::queue_full, Dialect::openai), 503);
}

std::string openai_type(Fault fault) {
  return json::parse(written(fault).body)["error"]["type"];
}

TEST(GatewayErrorOpenAi, TypeFollowsTheStatus) {
  EXPECT_EQ(openai_type(Fault::bad_request), "invalid_request_error");
  EXPECT_EQ(openai_type(Fault::invalid_api_key), "authentication_error");
  EXPECT_EQ(openai_type(Fault::model_not_allowed), "permission_error");
  EXPECT_EQ(openai_type(Fault::not_found), "invalid_request_error");
  EXPECT_EQ(openai_type(Fault::headers_too_large), "invalid_request_error");
  EXPECT_EQ(openai_type(Fault::rate_limited), "rate_limit_exceeded");
  EXPECT_EQ(openai_type(Fault::insufficient_quota), "insufficient_quota");
  EXPECT_EQ(openai_type(Fault::not_implemented), "server_error");
  EXPECT_EQ(openai_type(Fault::queue_full), "server_error");
  EXPECT_EQ(openai_type(Fault::dns), "server_error");
  EXPECT_EQ(openai_type(Fault::silence), "server_error");
}

TEST(GatewayErrorOpenAi, CodeIsTheGatewaysAndParamNull) {
  for (const Fault fault : all_faults()) {
    const json error = json::parse(written(fault).body)["error"];
    EXPECT_EQ(error.size(), 4u);
    EXPECT_EQ(error["code"], traits(fault).code);
    EXPECT_TRUE(error["param"].is_null());
  }
}

TEST(GatewayErrorAnthropic, HasItsShapeAndRequestId) {
  const Response response = written(Fault::queue_full, Dialect::anthropic);
  EXPECT_TRUE(response.head.starts_with("HTTP/1.1 529 Overloaded\r\n"));
  EXPECT_TRUE(response.has("request-id: req-1"));
  EXPECT_FALSE(written(Fault::queue_full, Dialect::openai).names("request-id"));
  const json body = json::parse(response.body);
  EXPECT_EQ(body, (json{{"type", "error"},
                        {"error", {{"type", "overloaded_error"}, {"message", advice(Fault::queue_full, "")}}},
                        {"request_id", "req-1"}}));
}

TEST(GatewayErrorAnthropic, TypesAreTheOnesItsApiDocuments) {
  const auto type = [](Fault fault) {
    return json::parse(written(fault, Dialect::anthropic).body)["error"]["type"].get<std::string>();
  };
  EXPECT_EQ(type(Fault::bad_request), "invalid_request_error");
  EXPECT_EQ(type(Fault::method_not_allowed), "invalid_request_error");
  EXPECT_EQ(type(Fault::invalid_api_key), "authentication_error");
  EXPECT_EQ(type(Fault::model_not_allowed), "permission_error");
  EXPECT_EQ(type(Fault::not_found), "not_found_error");
  EXPECT_EQ(type(Fault::request_too_large), "request_too_large");
  EXPECT_EQ(type(Fault::rate_limited), "rate_limit_error");
  EXPECT_EQ(type(Fault::insufficient_quota), "rate_limit_error");
  EXPECT_EQ(type(Fault::queue_timeout), "overloaded_error");
  EXPECT_EQ(type(Fault::memory_pressure), "overloaded_error");
  EXPECT_EQ(type(Fault::dns), "api_error");
  EXPECT_EQ(type(Fault::not_implemented), "api_error");
  EXPECT_EQ(type(Fault::silence), "timeout_error");
}

TEST(GatewayErrorGemini, HasItsShape) {
  const Response response = written(Fault::circuit_open, Dialect::gemini);
  EXPECT_EQ(
      json::parse(response.body),
      (json{{"error",
             {{"code", 503}, {"message", advice(Fault::circuit_open, "")}, {"status", "UNAVAILABLE"}}}}));
}

TEST(GatewayErrorGemini, StatusIsAGoogleRpcCode) {
  const auto status = [](Fault fault) {
    return json::parse(written(fault, Dialect::gemini).body)["error"]["status"].get<std::string>();
  };
  EXPECT_EQ(status(Fault::bad_request), "INVALID_ARGUMENT");
  EXPECT_EQ(status(Fault::request_too_large), "INVALID_ARGUMENT");
  EXPECT_EQ(status(Fault::invalid_api_key), "UNAUTHENTICATED");
  EXPECT_EQ(status(Fault::model_not_allowed), "PERMISSION_DENIED");
  EXPECT_EQ(status(Fault::not_found), "NOT_FOUND");
  EXPECT_EQ(status(Fault::request_timeout), "DEADLINE_EXCEEDED");
  EXPECT_EQ(status(Fault::rate_limited), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(status(Fault::not_implemented), "UNIMPLEMENTED");
  EXPECT_EQ(status(Fault::queue_full), "UNAVAILABLE");
  EXPECT_EQ(status(Fault::connect), "UNAVAILABLE");
  EXPECT_EQ(status(Fault::answer_malformed), "INTERNAL");
  EXPECT_EQ(status(Fault::deadline), "DEADLINE_EXCEEDED");
}

TEST(GatewayErrorFields, ShouldRetryIsFalseWhereNoRetryHelps) {
  for (const Fault fault : all_faults()) {
    const std::string_view code = traits(fault).code;
    const bool hopeless =
        code == "insufficient_quota" || code == "upstream_tls_error" || code == "response_too_large";
    EXPECT_EQ(written(fault).has("x-should-retry: false"), hopeless) << code;
    EXPECT_EQ(written(fault).names("x-should-retry"), hopeless) << code;
    const Response told = written({.fault = fault, .should_retry = true});
    EXPECT_EQ(told.has("x-should-retry: true"), !hopeless) << code;
    EXPECT_EQ(told.has("x-should-retry: false"), hopeless) << code;
  }
  EXPECT_TRUE(written({.fault = Fault::silence, .should_retry = false}).has("x-should-retry: false"));
}

TEST(GatewayErrorFields, RetryAfterIsGivenInBothForms) {
  const Response response = written({.fault = Fault::rate_limited, .retry_after = 1200ms});
  EXPECT_TRUE(response.has("Retry-After: 2\r\nretry-after-ms: 1200"));
  EXPECT_FALSE(written(Fault::rate_limited).names("Retry-After"));
}

TEST(GatewayErrorFields, AllowComesWithMethodNotAllowed) {
  EXPECT_TRUE(written({.fault = Fault::method_not_allowed, .allow = "GET, HEAD"}).has("Allow: GET, HEAD"));
  EXPECT_FALSE(written({.fault = Fault::not_found, .allow = "GET, HEAD"}).names("Allow"));
}

TEST(GatewayErrorFields, TheSchemeComesWithAnInvalidKeyAndNothingElse) {
  for (const Fault fault : all_faults()) {
    const bool asked = fault == Fault::invalid_api_key;
    EXPECT_EQ(written(fault).has("WWW-Authenticate: Bearer"), asked) << traits(fault).code;
    EXPECT_EQ(written(fault).names("WWW-Authenticate"), asked) << traits(fault).code;
  }
}

TEST(GatewayErrorFields, ConnectionSaysWhatTheClientWouldNotAssume) {
  const auto with = [](Fault fault, int version_minor, bool keep_alive) {
    return written(
        {.fault = fault, .answer = {.client_version_minor = version_minor, .keep_alive = keep_alive}});
  };
  EXPECT_FALSE(with(Fault::dns, 1, true).names("Connection"));
  EXPECT_TRUE(with(Fault::dns, 1, false).has("Connection: close"));
  EXPECT_TRUE(with(Fault::dns, 0, true).has("Connection: keep-alive"));
  EXPECT_TRUE(with(Fault::dns, 0, false).has("Connection: close"));
  EXPECT_TRUE(with(Fault::bad_request, 1, true).has("Connection: close"));
  EXPECT_TRUE(with(Fault::bad_request, 0, true).has("Connection: close"));
}

TEST(GatewayErrorFields, ExtraLinesAndTimingAreWritten) {
  const Response response = written(
      {.fault = Fault::dns, .answer = {.timing = {.queue = 5ms, .attempts = 4}, .extra = "X-A: 1\r\n"}});
  EXPECT_TRUE(response.has("X-A: 1"));
  EXPECT_TRUE(response.has(
      "Server-Timing: queue;dur=5, upstream;dur=0, proxy;dur=0, cache;desc=bypass, attempts;desc=\"4\""));
}

TEST(GatewayErrorFields, AnswerToHeadSaysTheLengthAndHasNoBody) {
  const Response full = written(Fault::not_found);
  const Response head = written({.fault = Fault::not_found, .answer = {.head_only = true}});
  EXPECT_EQ(head.head, full.head);
  EXPECT_EQ(head.body, "");
}

std::string message_with(const std::string& detail) {
  return json::parse(written({.fault = Fault::bad_request, .detail = detail}).body)["error"]["message"];
}

TEST(GatewayErrorMessage, EveryByteOfADetailIsEscapedToWhatParses) {
  for (int c = 0; c < 128; ++c) {
    const std::string detail = std::string("a") + static_cast<char>(c) + "b";
    EXPECT_NE(message_with(detail).find(detail), std::string::npos) << c;
  }
  for (int c = 128; c < 256; ++c) {
    const std::string detail = std::string("a") + static_cast<char>(c) + "b";
    EXPECT_NE(message_with(detail).find("a\xef\xbf\xbd"
                                        "b"),
              std::string::npos)
        << c;
  }
}

TEST(GatewayErrorMessage, Utf8PassesAndWhatIsNotBecomesTheReplacementCharacter) {
  for (const std::string good :
       {"é", "แ", "\xf0\x9f\x90\x91", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_NE(message_with(good).find(good), std::string::npos) << good;
    for (std::size_t cut = 1; cut < good.size(); ++cut) {
      EXPECT_NE(message_with(good.substr(0, cut)).find("\xef\xbf\xbd"), std::string::npos) << good << cut;
    }
  }
  for (const std::string bad : {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                                "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"}) {
    const std::string message = message_with(bad);
    EXPECT_EQ(message.find(bad), std::string::npos);
    EXPECT_NE(message.find("\xef\xbf\xbd"), std::string::npos);
  }
}

TEST(GatewayErrorMessage, ARequestIdIsEscapedToo) {
  std::string out;
  write_gateway_error(out, {.dialect = Dialect::anthropic, .answer = {.request_id = "a\"\\b"}});
  EXPECT_EQ(json::parse(taken_apart(out).body)["request_id"], "a\"\\b");
}

void expect_says(Fault fault, std::initializer_list<const char*> words) {
  const std::string text = advice(fault, "");
  for (const char* word : words) EXPECT_NE(text.find(word), std::string::npos) << word << " in: " << text;
}

TEST(Advice, OfDnsNamesTheHostAndItsEgress) {
  expect_says(Fault::dns, {"resolved", "API_BASE_URL", "DNS", "UDP", "TCP", "53"});
  EXPECT_NE(advice(Fault::dns, "api.holysheep.ai").find("(api.holysheep.ai)"), std::string::npos);
}

TEST(Advice, OfConnectNamesEgressAndNetworkPolicy) {
  expect_says(Fault::connect, {"egress", "443", "NetworkPolicy"});
  expect_says(Fault::connect_timeout, {"UPSTREAM_CONNECT_TIMEOUT", "egress", "443", "53", "NetworkPolicy"});
}

TEST(Advice, OfThisPodsOwnLackNamesItsLimits) {
  expect_says(Fault::no_socket, {"This pod", "WORKER_CONNECTIONS", "open files"});
}

TEST(Advice, OfTlsNamesTheBundleAndWhoFailed) {
  expect_says(Fault::tls_handshake, {"TLS", "SSL_CERT_FILE"});
  expect_says(Fault::tls_verify, {"TLS", "refused", "SSL_CERT_FILE", "corporate proxy"});
  const std::string text = advice(Fault::tls_verify, "subject CN=api.holysheep.ai, issuer CN=Corp CA");
  EXPECT_NE(text.find("subject CN=api.holysheep.ai, issuer CN=Corp CA"), std::string::npos);
}

TEST(Advice, OfTimeoutsNamesTheSetting) {
  expect_says(Fault::request_timeout, {"CLIENT_HEADER_TIMEOUT", "CLIENT_BODY_TIMEOUT"});
  expect_says(Fault::queue_timeout, {"REQUEST_TIMEOUT", "queue"});
  expect_says(Fault::send_timeout, {"UPSTREAM_SEND_TIMEOUT"});
  expect_says(Fault::silence, {"UPSTREAM_READ_TIMEOUT"});
  expect_says(Fault::deadline, {"REQUEST_TIMEOUT", "X-Stainless-Timeout"});
}

TEST(Advice, OfLimitsNamesTheSetting) {
  expect_says(Fault::request_too_large, {"CLIENT_MAX_BODY_SIZE"});
  expect_says(Fault::headers_too_large, {"CLIENT_MAX_HEADER_SIZE"});
  expect_says(Fault::uri_too_long, {"CLIENT_MAX_HEADER_SIZE"});
  expect_says(Fault::response_too_large, {"MAX_RESPONSE_SIZE"});
  expect_says(Fault::rate_limited, {"not of upstream", "RATE_LIMIT_PER_SECOND", "Retry-After"});
  expect_says(Fault::queue_full, {"queue", "QUEUE_SIZE", "RATE_LIMIT_PER_SECOND"});
  expect_says(Fault::circuit_open, {"CIRCUIT_BREAKER_THRESHOLD", "CIRCUIT_BREAKER_RESET"});
  expect_says(Fault::memory_pressure, {"memory", "OOMKilled", "MEMORY_THRESHOLD_MB", "CACHE_SIZE_MB"});
}

TEST(Advice, IsWholeSentences) {
  for (const Fault fault : all_faults()) {
    EXPECT_TRUE(advice(fault, "").ends_with('.')) << advice(fault, "");
    EXPECT_EQ(advice(fault, "").find(".."), advice(fault, "").find("...")) << advice(fault, "");
    EXPECT_NE(advice(fault, "the cause.").find(" (the cause)."), std::string::npos)
        << advice(fault, "the cause.");
  }
}

std::string stream_error(Dialect dialect, Fault fault, std::string_view message) {
  std::string out;
  write_stream_error(out, dialect, fault, message, "req-1");
  return out;
}

json event_data(const std::string& event, const std::string& prefix) {
  EXPECT_TRUE(event.starts_with(prefix)) << event;
  EXPECT_TRUE(event.ends_with("\n\n")) << event;
  const std::string data = event.substr(prefix.size(), event.size() - prefix.size() - 2);
  EXPECT_EQ(data.find('\n'), std::string::npos) << "an event's data is one line";
  return json::parse(data);
}

TEST(StreamError, OfOpenAiIsAnErrorObjectAsData) {
  EXPECT_EQ(event_data(stream_error(Dialect::openai, Fault::answer_cut, "lost\nit"), "data: "),
            (json{{"error",
                   {{"message", "lost\nit"},
                    {"type", "server_error"},
                    {"param", nullptr},
                    {"code", "upstream_protocol_error"}}}}));
}

TEST(StreamError, OfAnthropicIsAnErrorEvent) {
  EXPECT_EQ(event_data(stream_error(Dialect::anthropic, Fault::silence, "quiet"), "event: error\ndata: "),
            (json{{"type", "error"},
                  {"error", {{"type", "timeout_error"}, {"message", "quiet"}}},
                  {"request_id", "req-1"}}));
}

TEST(StreamError, OfGeminiIsAnErrorObjectAsData) {
  EXPECT_EQ(event_data(stream_error(Dialect::gemini, Fault::answer_cut, "lost"), "data: "),
            (json{{"error", {{"code", 502}, {"message", "lost"}, {"status", "INTERNAL"}}}}));
}

TEST(StreamError, SaysTheAdviceWhereNothingElseIsSaid) {
  EXPECT_EQ(event_data(stream_error(Dialect::openai, Fault::silence, ""), "data: ")["error"]["message"],
            advice(Fault::silence, ""));
}

TEST(JsonAnswer, IsAWholeResponse) {
  std::string out;
  write_json_answer(out, 200, R"({"status":"ok"})", {.request_id = "req-1", .date = date});
  EXPECT_EQ(
      out,
      "HTTP/1.1 200 OK\r\n"
      "Content-Type: application/json\r\n"
      "Content-Length: 15\r\n"
      "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
      "X-Request-Id: req-1\r\n"
      "Server-Timing: queue;dur=0, upstream;dur=0, proxy;dur=0, cache;desc=bypass, attempts;desc=\"0\"\r\n"
      "Via: 1.1 holysheep-proxy\r\n"
      "\r\n"
      R"({"status":"ok"})");
}

TEST(JsonAnswer, HeedsHeadConnectionAndStatus) {
  std::string out;
  write_json_answer(out, 503, "{}", {.client_version_minor = 0, .head_only = true});
  EXPECT_TRUE(out.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_TRUE(out.ends_with("\r\nConnection: keep-alive\r\n\r\n"));
  out.clear();
  write_json_answer(out, 599, "{}", {.keep_alive = false});
  EXPECT_TRUE(out.starts_with("HTTP/1.1 599 \r\n"));
  EXPECT_TRUE(out.ends_with("\r\nConnection: close\r\n\r\n{}"));
}

}  // namespace
}  // namespace holysheep::http
