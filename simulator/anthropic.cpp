#include <simulator/dialects.hpp>

namespace holysheep::sim {
namespace {

using std::to_string;

std::uint64_t output_tokens(const Script& script) {
  return script.usage.output != 0 ? script.usage.output : script.chunks;
}

std::string usage_block(const Script& script, std::uint64_t output) {
  return R"({"input_tokens":)" + to_string(script.usage.input) + R"(,"cache_creation_input_tokens":)" +
         to_string(script.usage.written) + R"(,"cache_read_input_tokens":)" + to_string(script.usage.cached) +
         R"(,"output_tokens":)" + to_string(output) + R"(,"service_tier":"standard"})";
}

/// Its `input_tokens` are those that neither came from a cache nor went to one; it tells no reasoning.
ToldUsage told_by_anthropic(const Script& script, std::uint64_t output) {
  const TokenCounts& usage = script.usage;
  return {.input = usage.input + usage.cached + usage.written,
          .cached_input = usage.cached,
          .cache_write = usage.written,
          .output = output};
}

std::string message(const Prompt& prompt, const std::string& content, std::string_view stop,
                    const std::string& usage) {
  return R"({"id":"msg_)" + prompt.id + R"(","type":"message","role":"assistant","model":)" +
         quoted(prompt.model) + ",\"content\":" + content + ",\"stop_reason\":" + std::string(stop) +
         R"(,"stop_sequence":null,"usage":)" + usage + "}";
}

std::string event(const std::string& type, const std::string& rest) {
  return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + rest + "}\n\n";
}

std::string stream_event(std::uint64_t i, const Prompt& prompt, const Script& script) {
  const std::uint64_t deltas_end = script.chunks + 3;
  if (i == 0)
    return event("message_start", ",\"message\":" + message(prompt, "[]", "null", usage_block(script, 1)));
  if (i == 1) return event("content_block_start", R"(,"index":0,"content_block":{"type":"text","text":""})");
  if (i == 2) return event("ping", "");
  if (i < deltas_end) {
    return event("content_block_delta", R"(,"index":0,"delta":{"type":"text_delta","text":)" +
                                            quoted(delta_text(i - 3, script)) + "}");
  }
  if (i == deltas_end) return event("content_block_stop", ",\"index\":0");
  return event("message_delta", R"(,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":)" +
                                    usage_block(script, output_tokens(script)));
}

}  // namespace

Content anthropic_message(const Prompt& prompt, const Script& script) {
  Content content;
  content.headers.emplace_back("request-id", "req_" + prompt.id);
  if (prompt.stream) {
    content.type = "text/event-stream; charset=utf-8";
    content.framing = Content::Framing::chunked;
    content.is_events = true;
    content.pieces = script.chunks + 5;
    content.piece = [prompt, script](std::uint64_t i) { return stream_event(i, prompt, script); };
    content.told = [script](std::uint64_t i) -> std::optional<ToldUsage> {
      if (i == 0) return told_by_anthropic(script, 1);
      if (i == script.chunks + 4) return told_by_anthropic(script, output_tokens(script));
      return std::nullopt;
    };
    content.end_mark = event("message_stop", "");
    return content;
  }
  content.body = message(prompt, R"([{"type":"text","text":)" + quoted(full_text(script)) + "}]",
                         "\"end_turn\"", usage_block(script, output_tokens(script)));
  content.told = [script](std::uint64_t) { return told_by_anthropic(script, output_tokens(script)); };
  return content;
}

Content anthropic_token_count(const Script& script) {
  Content content;
  content.body = R"({"input_tokens":)" + to_string(script.usage.input) + "}";
  return content;
}

}  // namespace holysheep::sim
