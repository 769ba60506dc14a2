#include <simulator/dialects.hpp>

namespace holysheep::sim {
namespace {

using std::to_string;

/// Output tokens after `pieces` of them: `usage-each` tells what it has come to so far.
std::uint64_t candidate_tokens(const Script& script, std::uint64_t pieces) {
  const std::uint64_t output = script.usage.output != 0 ? script.usage.output : script.chunks;
  return pieces >= script.chunks ? output : output * pieces / script.chunks;
}

std::string usage_block(const Script& script, std::uint64_t output) {
  const TokenCounts& usage = script.usage;
  return R"({"promptTokenCount":)" + to_string(usage.input) + R"(,"candidatesTokenCount":)" +
         to_string(output) + R"(,"totalTokenCount":)" + to_string(usage.input + output + usage.reasoning) +
         R"(,"cachedContentTokenCount":)" + to_string(usage.cached) + R"(,"thoughtsTokenCount":)" +
         to_string(usage.reasoning) + "}";
}

/// Thoughts stand beside the candidates' tokens, and are billed as output.
ToldUsage told_by_gemini(const Script& script, std::uint64_t output) {
  const TokenCounts& usage = script.usage;
  return {.input = usage.input,
          .cached_input = usage.cached,
          .output = output + usage.reasoning,
          .reasoning = usage.reasoning};
}

/// The i-th piece of `script.chunks`, or the last one with the whole text.
std::string candidate(const Prompt& prompt, const Script& script, const std::string& text, std::uint64_t i) {
  const bool last = i + 1 >= script.chunks;
  return R"({"candidates":[{"content":{"parts":[{"text":)" + quoted(text) + R"(}],"role":"model"})" +
         (last ? R"(,"finishReason":"STOP")" : "") + R"(,"index":0}])" +
         (last || script.usage_each
              ? ",\"usageMetadata\":" + usage_block(script, candidate_tokens(script, i + 1))
              : "") +
         R"(,"modelVersion":)" + quoted(prompt.model) + R"(,"responseId":")" + prompt.id + "\"}";
}

}  // namespace

Content gemini_content(const Prompt& prompt, const Script& script) {
  Content content;
  if (!prompt.stream) {
    content.body = candidate(prompt, script, full_text(script), script.chunks);
    content.told = [script](std::uint64_t) {
      return told_by_gemini(script, candidate_tokens(script, script.chunks));
    };
    return content;
  }
  content.type = "text/event-stream";
  content.framing = Content::Framing::chunked;
  content.is_events = true;
  content.pieces = script.chunks;
  content.piece = [prompt, script](std::uint64_t i) {
    return "data: " + candidate(prompt, script, delta_text(i, script), i) + "\n\n";
  };
  content.told = [script](std::uint64_t i) -> std::optional<ToldUsage> {
    if (i + 1 < script.chunks && !script.usage_each) return std::nullopt;
    return told_by_gemini(script, candidate_tokens(script, i + 1));
  };
  return content;
}

}  // namespace holysheep::sim
