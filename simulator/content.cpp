#include <algorithm>
#include <charconv>
#include <chrono>

#include <simulator/content.hpp>
#include <simulator/dialects.hpp>
#include <simulator/digest.hpp>

namespace holysheep::sim {
namespace {

std::string id_of(std::string_view body) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : body) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; hash >>= 4U) out[i] = "0123456789abcdef"[hash & 15U];
  return out;
}

bool is_gemini(std::string_view path) {
  return path.starts_with("/v1beta/");
}
bool is_anthropic(std::string_view path) {
  return path.starts_with("/v1/messages");
}

/// `/v1beta/models/NAME:method`, decoded, in its two parts.
std::pair<std::string, std::string> gemini_target(std::string_view path) {
  static constexpr std::string_view prefix = "/v1beta/models/";
  if (!path.starts_with(prefix)) return {};
  std::string rest = percent_decoded(path.substr(prefix.size()));
  const auto colon = rest.rfind(':');
  if (colon == std::string::npos) return {rest, {}};
  return {rest.substr(0, colon), rest.substr(colon + 1)};
}

std::string_view openai_type(unsigned status) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

std::string_view anthropic_type(unsigned status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 529:
      return "overloaded_error";
    default:
      return status < 500 ? "invalid_request_error" : "api_error";
  }
}

std::string_view gemini_status(unsigned status) {
  switch (status) {
    case 400:
      return "INVALID_ARGUMENT";
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 503:
      return "UNAVAILABLE";
    default:
      return status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
  }
}

std::string json_code(std::string_view code) {
  const bool numeric =
      !code.empty() && std::ranges::all_of(code, [](char c) { return c >= '0' && c <= '9'; });
  if (code.empty()) return "null";
  return numeric ? std::string(code) : quoted(code);
}

std::string error_event_of(std::string_view path, const Script& script) {
  const unsigned status = is_anthropic(path) ? 529 : 500;
  const std::string json =
      error_content(path, status, "the simulator broke this stream", script.error_type, script.error_code)
          .body;
  return (is_anthropic(path) ? "event: error\ndata: " : "data: ") + json + "\n\n";
}

Content echo(const Request& request) {
  Content content;
  std::string& out = content.body;
  out = "{\"method\":" + quoted(request.method) + ",\"target\":" + quoted(request.target) + ",\"headers\":[";
  for (std::size_t i = 0; i < request.field_count(); ++i) {
    const auto [name, value] = request.field(i);
    out.append(i == 0 ? "[" : ",[").append(quoted(name)).append(",").append(quoted(value)).append("]");
  }
  out += "],\"body_length\":" + std::to_string(request.body.size()) + ",\"body_sha256\":\"" +
         sha256_hex(request.body) + "\"}";
  return content;
}

Content mirror(const Request& request) {
  Content content;
  content.type = request.value_of("content-type");
  content.body = request.body;
  return content;
}

Content bytes(const Request& request, std::string_view count) {
  static constexpr std::uint64_t piece_size = 65'536;
  std::uint64_t total = 0;
  if (std::from_chars(count.data(), count.data() + count.size(), total).ptr != count.data() + count.size() ||
      count.empty() || total > (1ULL << 40U)) {
    return error_content("", 400, "not a number of bytes");
  }
  Content content;
  content.type = "application/octet-stream";
  if (request.query("chunked") == "1") content.framing = Content::Framing::chunked;
  if (request.query("close") == "1") content.framing = Content::Framing::close;
  content.length = total;
  content.pieces = (total + piece_size - 1) / piece_size;
  content.piece = [total](std::uint64_t index) {
    const std::uint64_t begin = index * piece_size;
    std::string out(std::min(piece_size, total - begin), '\0');
    for (std::uint64_t i = 0; i < out.size(); ++i) {
      const std::uint64_t at = begin + i;
      out[i] = static_cast<char>((at * 31 + (at >> 8U)) & 0xFFU);
    }
    return out;
  };
  return content;
}

Content stamped_stream(const Request& request) {
  Content content;
  content.type = "text/event-stream";
  content.framing = Content::Framing::chunked;
  content.is_events = true;
  content.pieces = request.query_number("events", 10);
  content.interval =
      std::chrono::milliseconds(std::min<std::uint64_t>(request.query_number("interval_ms", 0), 3'600'000));
  const std::uint64_t size = std::min<std::uint64_t>(request.query_number("size", 100), 16U << 20U);
  content.piece = [size](std::uint64_t index) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    std::string out = "data: {\"seq\":" + std::to_string(index) +
                      ",\"ns\":" + std::to_string(std::chrono::nanoseconds(now).count()) + ",\"pad\":\"";
    if (out.size() + 4 < size) out.append(size - out.size() - 4, 'x');
    return out + "\"}\n\n";
  };
  content.end_mark = "data: [DONE]\n\n";
  return content;
}

Content post_content(std::string_view path, const Prompt& prompt, const Script& script) {
  if (path == "/v1/chat/completions") return chat_completion(prompt, script);
  if (path == "/v1/messages") return anthropic_message(prompt, script);
  if (path == "/v1/completions") return text_completion(prompt, script);
  if (path == "/v1/responses") return response(prompt, script);
  if (path == "/v1/embeddings") return embedding(prompt, script);
  if (path == "/v1/messages/count_tokens") return anthropic_token_count(script);
  Content none;
  none.status = 0;
  return none;
}

Content get_content(const Request& request, std::string_view path) {
  if (path == "/v1/models") return model_list();
  if (path.starts_with("/v1/models/")) return one_model(percent_decoded(path.substr(11)));
  if (path.starts_with("/v1/bytes/")) return bytes(request, path.substr(10));
  if (path == "/v1/stream") return stamped_stream(request);
  return echo(request);
}

Content ordinary(const Request& request, const JsonProbe& json, const Script& script) {
  const std::string_view path = request.path();
  if (request.method == "GET" || request.method == "HEAD") return get_content(request, path);
  if (request.method != "POST") return path == "/v1/mirror" ? mirror(request) : echo(request);
  if (path == "/v1/mirror") return mirror(request);
  Prompt prompt{json.model, id_of(request.body), json.stream, json.include_usage};
  if (is_gemini(path)) {
    auto [model, method] = gemini_target(path);
    if (method != "generateContent" && method != "streamGenerateContent") return echo(request);
    prompt.model = std::move(model);
    prompt.stream = method == "streamGenerateContent";
  }
  if (!script.model.empty()) prompt.model = script.model;
  if (is_gemini(path)) return gemini_content(prompt, script);
  Content content = post_content(path, prompt, script);
  if (content.status == 0) return echo(request);
  if (!json.is_object) return error_content(path, 400, "the request's body is not a JSON object");
  if (json.model.empty()) return error_content(path, 400, "you must provide a model parameter");
  return content;
}

}  // namespace

Content error_content(std::string_view path, unsigned status, std::string_view message, std::string_view type,
                      std::string_view code) {
  Content content;
  content.status = status;
  if (is_gemini(path)) {
    content.body = "{\"error\":{\"code\":" + (code.empty() ? std::to_string(status) : json_code(code)) +
                   ",\"message\":" + quoted(message) +
                   ",\"status\":" + quoted(type.empty() ? gemini_status(status) : type) + "}}";
  } else if (is_anthropic(path)) {
    content.body = R"({"type":"error","error":{"type":)" +
                   quoted(type.empty() ? anthropic_type(status) : type) + ",\"message\":" + quoted(message) +
                   R"(},"request_id":"req_simulator"})";
  } else {
    content.body = R"({"error":{"message":)" + quoted(message) +
                   ",\"type\":" + quoted(type.empty() ? openai_type(status) : type) +
                   R"(,"param":null,"code":)" + json_code(code) + "}}";
  }
  return content;
}

std::string_view dialect_of(std::string_view path) {
  if (is_gemini(path)) return "gemini";
  for (const std::string_view name : {"completions", "responses", "embeddings", "messages"}) {
    if (path.substr(0, 4) == "/v1/" && path.substr(4) == name) return name;
  }
  return path == "/v1/chat/completions" ? "chat" : "other";
}

std::string model_of(const Request& request, const JsonProbe& json) {
  return is_gemini(request.path()) ? gemini_target(request.path()).first : json.model;
}

std::string script_text_of(const Request& request, const JsonProbe& json) {
  const std::string_view header = request.value_of("x-sim");
  if (!header.empty()) return std::string(header);
  if (json.model.starts_with("sim:")) return json.model;
  std::string model;
  if (request.path().starts_with("/v1/models/")) model = percent_decoded(request.path().substr(11));
  if (is_gemini(request.path())) model = gemini_target(request.path()).first;
  return model.starts_with("sim:") ? model : std::string{};
}

Content content_of(const Request& request, const JsonProbe& json, const Script& script) {
  if (script.status && *script.status != 200 && script.billed) {
    JsonProbe plain = json;
    plain.stream = false;
    Content content = ordinary(request, plain, script);
    content.status = *script.status;
    return content;
  }
  if (script.status && *script.status != 200) {
    Content content = error_content(request.path(), *script.status, "the simulator was told to say so",
                                    script.error_type, script.error_code);
    if (script.body) content.body = *script.body;
    return content;
  }
  Content content = ordinary(request, json, script);
  if (content.is_events) content.error_event = error_event_of(request.path(), script);
  if (script.body) {
    content.body = *script.body;
    content.piece = nullptr;
    content.told = nullptr;
    content.framing = Content::Framing::length;
  }
  return content;
}

}  // namespace holysheep::sim
