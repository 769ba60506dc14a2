#pragma once

#include <holysheep/http/usage_scan.hpp>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep {
namespace http {

inline void PrintTo(const Usage& usage, std::ostream* out) {
  *out << (usage.known ? "known" : "unknown") << " input " << usage.input << " cached " << usage.cached_input
       << " cache_write " << usage.cache_write << " output " << usage.output << " reasoning "
       << usage.reasoning;
}

}  // namespace http

constexpr bool streamed = true;
constexpr bool plain = false;

inline http::UsageScan after(http::Dialect dialect, bool event_stream, std::string_view bytes) {
  http::UsageScan scan(dialect, event_stream);
  scan.feed(bytes);
  return scan;
}

constexpr http::Usage input_only(std::uint64_t tokens) {
  return {.input = tokens, .known = true};
}

/// One answer as its provider sends it, and what it must come to.
struct Answer {
  std::string_view name;
  http::Dialect dialect;
  bool event_stream;
  std::string bytes;
  http::Usage usage;
  std::string_view model;
};

inline const std::vector<Answer> answers = {
    {"chat",
     http::Dialect::openai,
     plain,
     R"({"id":"chatcmpl-1","object":"chat.completion","created":1760000000,"model":"gpt-4.1","choices":)"
     R"([{"index":0,"message":{"role":"assistant","content":"hi","refusal":null},"finish_reason":"stop"}],)"
     R"("usage":{"prompt_tokens":21,"completion_tokens":9,"total_tokens":30,"prompt_tokens_details":)"
     R"({"cached_tokens":16,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":4}},)"
     R"("service_tier":"default"})",
     {.input = 21, .cached_input = 16, .output = 9, .reasoning = 4, .known = true},
     "gpt-4.1"},
    {"chat streamed",
     http::Dialect::openai,
     streamed,
     "data: {\"id\":\"c\",\"model\":\"gpt-4.1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}],"
     "\"usage\":null}\n\n"
     "data: {\"id\":\"c\",\"model\":\"gpt-4.1\",\"choices\":[],\"usage\":{\"prompt_tokens\":7,"
     "\"completion_tokens\":100,\"total_tokens\":107,\"prompt_tokens_details\":{\"cached_tokens\":3},"
     "\"completion_tokens_details\":{\"reasoning_tokens\":64}}}\n\ndata: [DONE]\n\n",
     {.input = 7, .cached_input = 3, .output = 100, .reasoning = 64, .known = true},
     "gpt-4.1"},
    {"completions",
     http::Dialect::openai,
     plain,
     R"({"object":"text_completion","choices":[{"text":"x","logprobs":null}],"model":"davinci-002",)"
     R"("usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}})",
     {.input = 5, .output = 2, .known = true},
     "davinci-002"},
    {"DeepSeek",
     http::Dialect::openai,
     plain,
     R"({"model":"deepseek-v3.2","choices":[],"usage":{"prompt_tokens":70,"completion_tokens":30,)"
     R"("total_tokens":100,"completion_tokens_details":{"reasoning_tokens":20},)"
     R"("prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":6}})",
     {.input = 70, .cached_input = 64, .output = 30, .reasoning = 20, .known = true},
     "deepseek-v3.2"},
    {"embeddings", http::Dialect::openai, plain,
     R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1.5e-3,[]]}],)"
     R"("model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}})",
     input_only(8), "text-embedding-3-small"},
    {"responses",
     http::Dialect::openai,
     plain,
     R"({"id":"resp_1","object":"response","error":null,"model":"gpt-5","output":[{"type":"message",)"
     R"("content":[{"type":"output_text","text":"x"}]}],"usage":{"input_tokens":36,"input_tokens_details":)"
     R"({"cached_tokens":30,"cache_write_tokens":5},"output_tokens":87,"output_tokens_details":)"
     R"({"reasoning_tokens":80},"total_tokens":123},"metadata":{}})",
     {.input = 36, .cached_input = 30, .cache_write = 5, .output = 87, .reasoning = 80, .known = true},
     "gpt-5"},
    {"responses streamed",
     http::Dialect::openai,
     streamed,
     "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"model\":\"gpt-5\","
     "\"usage\":null}}\n\n"
     "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}\n\n"
     "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"model\":\"gpt-5\","
     "\"output\":[{\"usage\":{\"input_tokens\":999}}],\"usage\":{\"input_tokens\":36,"
     "\"input_tokens_details\":{\"cached_tokens\":30},\"output_tokens\":87,\"output_tokens_details\":"
     "{\"reasoning_tokens\":80},\"total_tokens\":123}}}\n\n",
     {.input = 36, .cached_input = 30, .output = 87, .reasoning = 80, .known = true},
     "gpt-5"},
    {"responses streamed, incomplete",
     http::Dialect::openai,
     streamed,
     "data: {\"type\":\"response.incomplete\",\"response\":{\"usage\":{\"input_tokens\":1,"
     "\"output_tokens\":2},\"model\":\"gpt-5\"}}\n\n",
     {.input = 1, .output = 2, .known = true},
     "gpt-5"},
    {"messages",
     http::Dialect::anthropic,
     plain,
     R"({"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":)"
     R"("text","text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":10,)"
     R"("cache_creation_input_tokens":200,"cache_read_input_tokens":3000,"cache_creation":)"
     R"({"ephemeral_5m_input_tokens":200},"output_tokens":50,"service_tier":"standard"}})",
     {.input = 3210, .cached_input = 3000, .cache_write = 200, .output = 50, .known = true},
     "claude-sonnet-4-5"},
    {"messages streamed",
     http::Dialect::anthropic,
     streamed,
     "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":"
     "\"message\",\"model\":\"claude-sonnet-4-5\",\"content\":[],\"usage\":{\"input_tokens\":10,"
     "\"cache_creation_input_tokens\":200,\"cache_read_input_tokens\":3000,\"output_tokens\":1}}}\n\n"
     "event: ping\ndata: {\"type\":\"ping\"}\n\n"
     "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
     "\"text_delta\",\"text\":\"hi\"}}\n\n"
     "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
     "\"usage\":{\"output_tokens\":50}}\n\n"
     "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
     {.input = 3210, .cached_input = 3000, .cache_write = 200, .output = 50, .known = true},
     "claude-sonnet-4-5"},
    {"generateContent",
     http::Dialect::gemini,
     plain,
     "{\n  \"candidates\": [\n    {\"content\": {\"parts\": [{\"text\": \"hi\"}]}}\n  ],\n"
     "  \"usageMetadata\": {\n    \"promptTokenCount\": 40,\n    \"candidatesTokenCount\": 6,\n"
     "    \"totalTokenCount\": 60,\n    \"cachedContentTokenCount\": 32,\n"
     "    \"promptTokensDetails\": [{\"modality\": \"TEXT\", \"tokenCount\": 40}],\n"
     "    \"thoughtsTokenCount\": 14\n  },\n  \"modelVersion\": \"gemini-2.5-pro\"\n}\n",
     {.input = 40, .cached_input = 32, .output = 20, .reasoning = 14, .known = true},
     "gemini-2.5-pro"},
    {"streamGenerateContent",
     http::Dialect::gemini,
     streamed,
     "data: {\"candidates\":[],\"usageMetadata\":{\"promptTokenCount\":40,\"totalTokenCount\":54,"
     "\"thoughtsTokenCount\":14},\"modelVersion\":\"gemini-2.5-pro\"}\r\n\r\n"
     "data: {\"candidates\":[],\"usageMetadata\":{\"promptTokenCount\":40,\"candidatesTokenCount\":6,"
     "\"totalTokenCount\":60,\"thoughtsTokenCount\":14},\"modelVersion\":\"gemini-2.5-pro\"}\r\n\r\n",
     {.input = 40, .output = 20, .reasoning = 14, .known = true},
     "gemini-2.5-pro"},
    {"streamGenerateContent as an array",
     http::Dialect::gemini,
     plain,
     "[{\"candidates\":[{}],\"usageMetadata\":{\"promptTokenCount\":40,\"candidatesTokenCount\":1}}\n,\n"
     "{\"usageMetadata\":{\"promptTokenCount\":40,\"candidatesTokenCount\":6},\"modelVersion\":\"g\"}\n]\n",
     {.input = 40, .output = 6, .known = true},
     "g"},
    {"tools that Gemini has called itself",
     http::Dialect::gemini,
     plain,
     R"({"usageMetadata":{"promptTokenCount":40,"candidatesTokenCount":6,"toolUsePromptTokenCount":100}})",
     {.input = 140, .output = 6, .known = true},
     ""},
};

}  // namespace holysheep
