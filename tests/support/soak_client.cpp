#include "support/soak_client.hpp"

#include "support/cached_stage.hpp"
#include "support/gunzip.hpp"
#include "support/raw_client.hpp"

#include <map>
#include <system_error>
#include <thread>

namespace holysheep::testing {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

/// The contract's table of errors that a request of a soak may meet.
const std::map<std::string, int>& statuses_of_codes() {
  static const std::map<std::string, int> all{
      {"invalid_api_key", 401},        {"model_not_allowed", 403},  {"request_timeout", 408},
      {"rate_limit_exceeded", 429},    {"queue_full", 503},         {"queue_timeout", 503},
      {"circuit_open", 503},           {"memory_pressure", 503},    {"upstream_dns_error", 502},
      {"upstream_connect_error", 502}, {"upstream_tls_error", 502}, {"upstream_protocol_error", 502},
      {"response_too_large", 502},     {"upstream_timeout", 504}};
  return all;
}

bool speaks_anthropic(const SoakRequest& request) {
  return request.planned.request.target.starts_with("/v1/messages");
}
bool speaks_gemini(const SoakRequest& request) {
  return request.planned.request.target.starts_with("/v1beta");
}

std::string wrong_with_error(const SoakRequest& request, const Response& answer, const std::string& code) {
  const auto known = statuses_of_codes().find(code);
  if (known == statuses_of_codes().end()) return "the code " + code;
  const bool overloaded = code.starts_with("queue_") && speaks_anthropic(request);
  if (answer.status != (overloaded ? 529 : known->second))
    return "status " + std::to_string(answer.status) + " with code " + code;
  const json body = json::parse(answer.body, nullptr, false);
  if (!body.is_object() || !body.contains("error") || !body["error"].is_object())
    return "an error's body: " + answer.body.substr(0, 200);
  const json& error = body["error"];
  if (error.value("message", "").empty()) return "an error without message";
  if (speaks_anthropic(request)) {
    const bool whole = body.value("type", "") == "error" && body.value("request_id", "") == request.id() &&
                       !error.value("type", "").empty();
    return whole ? "" : "not an Anthropic error: " + answer.body;
  }
  if (speaks_gemini(request)) {
    const bool whole = error.value("code", 0) == answer.status && !error.value("status", "").empty();
    return whole ? "" : "not a Gemini error: " + answer.body;
  }
  return error.value("code", json()) == code ? "" : "not an OpenAI error: " + answer.body;
}

/// The last whole event of a stream.
std::string last_event(const std::string& body) {
  const auto end = body.rfind("\n\n");
  if (end == std::string::npos || end == 0) return {};
  const auto begin = body.rfind("\n\n", end - 1);
  return body.substr(begin == std::string::npos ? 0 : begin + 2,
                     end - (begin == std::string::npos ? 0 : begin + 2));
}

bool is_error_event(const std::string& event) {
  const std::string data = StreamEvent{event, {}}.data();
  const json parsed = json::parse(data, nullptr, false);
  return parsed.is_object() && parsed.contains("error");
}

/// Upstream was told to end without the mark, or to say things after which there is none.
bool may_lack_its_mark(const SoakRequest& request) {
  return request.fault.find("no-done") != std::string::npos ||
         request.fault.find("error-event") != std::string::npos;
}

std::string wrong_with_end(const SoakRequest& request, const std::string& body) {
  const auto& target = request.planned.request.target;
  if (speaks_gemini(request) || may_lack_its_mark(request)) return {};
  const std::string last = last_event(body);
  std::string_view mark = "[DONE]";
  if (speaks_anthropic(request)) mark = "message_stop";
  if (target == "/v1/responses") mark = "response.completed";
  return last.find(mark) != std::string::npos ? "" : "a whole stream without its end: " + last.substr(0, 200);
}

/// The name that an answer of its own was told to bear, and no other's.
std::string wrong_with_names(const SoakRequest& request, const std::string& body) {
  if (request.planned.fate != Fate::answered) return {};
  constexpr std::string_view mark = R"(":"soak-)";
  const std::string own = R"(":")" + request.id() + '"';
  std::size_t seen = 0;
  for (auto at = body.find(mark); at != std::string::npos; at = body.find(mark, at + 1)) {
    if (body.compare(at, own.size(), own) != 0) return "another's answer: " + body.substr(at, 60);
    ++seen;
  }
  // An error event may be all of a stream that its client gets to see.
  const bool may_be_nameless = request.fault.find("error-event") != std::string::npos;
  return seen > 0 || may_be_nameless ? "" : "an answer that is not its own: " + body.substr(0, 200);
}

std::string wrong_with_success(const SoakRequest& request, const Response& answer) {
  std::string body = answer.body;
  const auto type = answer.header("Content-Type");
  const bool events = type.starts_with("text/event-stream");
  const bool packed = !answer.header("Content-Encoding").empty();
  if (packed) {
    const auto inflated = gunzip(body);
    if (inflated.broken) return "what is not gzip";
    if (answer.end == BodyEnd::complete && !inflated.complete) return "gzip that does not end";
    body = inflated.bytes;
  }
  if (answer.end != BodyEnd::complete) {
    // Into a stream that upstream has packed no event can be put.
    if (!events || packed || is_error_event(last_event(body))) return {};
    return "a stream that breaks without an error event: " + last_event(body).substr(0, 200);
  }
  if (events != request.planned.streamed) return "the type " + type;
  if (!events && json::parse(body, nullptr, false).is_discarded()) return "not JSON: " + body.substr(0, 200);
  if (events) {
    if (auto wrong = wrong_with_end(request, body); !wrong.empty()) return wrong;
  }
  // What upstream has packed without having been asked to passes as it is.
  if (request.planned.hides_usage && !packed && body.find("\"usage\"") != std::string::npos)
    return "usage that was not asked for";
  return wrong_with_names(request, body);
}

std::string raw_head(const Request& request) {
  std::string out = request.method + " " + request.target + " HTTP/1.1\r\nHost: x\r\n";
  for (const Header& header : request.headers) out += header.name + ": " + header.value + "\r\n";
  return out + "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
}

void leave(RawClient& client, bool resets) {
  if (resets) {
    client.reset();
  } else {
    client.close();
  }
}

}  // namespace

std::string wrong_with(const SoakRequest& request, const Response& answer) {
  if (answer.status == 0) return "no answer: " + answer.failure;
  if (answer.end == BodyEnd::timeout) return "an answer that does not end";
  if (answer.header("X-Request-Id") != request.id()) return "the id " + answer.header("X-Request-Id");
  if (const auto code = answer.header("X-HolySheep-Error"); !code.empty()) {
    if (answer.end != BodyEnd::complete) return "half an error";
    return wrong_with_error(request, answer, code);
  }
  return answer.status == 200 ? wrong_with_success(request, answer) : "";
}

SoakSeen SoakClient::live_through(const SoakRequest& request) {
  try {
    if (request.manner == Manner::abandons_body) return abandon(request);
    if (request.planned.fate == Fate::leaves_before) return leave_before(request);
    if (request.leaves()) return leave_in_mid_stream(request);
    return ask(request);
  } catch (const std::system_error& error) {
    return {.wrong = std::string("not even connected: ") + error.what()};
  }
}

/// As soon as it knows that upstream has the request, or that it will not come to that.
SoakSeen SoakClient::leave_before(const SoakRequest& request) const {
  RawClient client(port_);
  client.send(raw_head(request.planned.request) + request.planned.request.body);
  const auto end = client.read_until("HTTP/1.1 ");
  SoakSeen seen{.left = true};
  if (end != ReadEnd::satisfied) seen.wrong = "neither 103 nor an answer: " + client.received();
  leave(client, request.planned.resets);
  return seen;
}

SoakSeen SoakClient::abandon(const SoakRequest& request) const {
  RawClient client(port_);
  const auto& body = request.planned.request.body;
  client.send(raw_head(request.planned.request) + body.substr(0, body.size() / 2));
  leave(client, request.planned.resets);
  return {.left = true};
}

SoakSeen SoakClient::leave_in_mid_stream(const SoakRequest& request) {
  client_.close();
  client_.send(request.planned.request);
  const Response head = client_.read_head();
  SoakSeen seen{.left = true, .status = head.status, .cache = cache_result(head)};
  if (head.status == 0) seen.wrong = "no answer: " + head.failure;
  for (int events = 0; head.status == 200 && events < request.planned.events; ++events) {
    if (!client_.next_event()) break;  // broken off by upstream
  }
  if (request.planned.resets) {
    client_.reset();
  } else {
    client_.close();
  }
  return seen;
}

Response SoakClient::answer_to(const SoakRequest& request) {
  if (request.manner != Manner::dawdles) return client_.exchange(request.planned.request);
  client_.send(request.planned.request);
  std::this_thread::sleep_for(milliseconds{100});
  Response answer = client_.read_head();
  if (answer.status != 0) {
    std::this_thread::sleep_for(milliseconds{50});
    answer.body = client_.read_rest();
    answer.end = client_.body_end();
  }
  client_.close();
  return answer;
}

SoakSeen SoakClient::ask(const SoakRequest& request) {
  Response answer = answer_to(request);
  int tries = 1;
  // A server may close a kept connection at any time; then a client asks again, as RFC 9110 §9.2.2 has it for
  // what was not taken. Whether it was is seen by the log, which has a line for each request taken.
  if (answer.status == 0) {
    ++tries;
    client_.close();
    answer = answer_to(request);
  }
  return {.status = answer.status,
          .end = answer.end,
          .code = answer.header("X-HolySheep-Error"),
          .cache = cache_result(answer),
          .tries = tries,
          .wrong = wrong_with(request, answer)};
}

}  // namespace holysheep::testing
