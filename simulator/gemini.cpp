#include <simulator/dialects.hpp>

namespace holysheep::sim {
namespace {

using std::to_string;

std::string usage_block(const Script& script) {
  const TokenCounts& usage = script.usage;
  const std::uint64_t output = usage.output != 0 ? usage.output : script.chunks;
  return R"({"promptTokenCount":)" + to_string(usage.input) + R"(,"candidatesTokenCount":)" +
         to_string(output) + R"(,"totalTokenCount":)" + to_string(usage.input + output + usage.reasoning) +
         R"(,"cachedContentTokenCount":)" + to_string(usage.cached) + R"(,"thoughtsTokenCount":)" +
         to_string(usage.reasoning) + "}";
}

std::string candidate(const Prompt& prompt, const Script& script, const std::string& text, bool last) {
  return R"({"candidates":[{"content":{"parts":[{"text":)" + quoted(text) + R"(}],"role":"model"})" +
         (last ? R"(,"finishReason":"STOP")" : "") + R"(,"index":0}])" +
         (last ? ",\"usageMetadata\":" + usage_block(script) : "") + R"(,"modelVersion":)" +
         quoted(prompt.model) + R"(,"responseId":")" + prompt.id + "\"}";
}

}  // namespace

Content gemini_content(const Prompt& prompt, const Script& script) {
  Content content;
  if (!prompt.stream) {
    content.body = candidate(prompt, script, full_text(script), true);
    return content;
  }
  content.type = "text/event-stream";
  content.framing = Content::Framing::chunked;
  content.is_events = true;
  content.pieces = script.chunks;
  content.piece = [prompt, script](std::uint64_t i) {
    return "data: " + candidate(prompt, script, delta_text(i, script), i + 1 == script.chunks) + "\n\n";
  };
  return content;
}

}  // namespace holysheep::sim
