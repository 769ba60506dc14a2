#include <simulator/dialects.hpp>

namespace holysheep::sim {
namespace {

using namespace std::string_literals;
using std::to_string;

std::uint64_t output_tokens(const Script& script) {
  return script.usage.output != 0 ? script.usage.output : script.chunks;
}

std::string usage_block(const Script& script) {
  const TokenCounts& usage = script.usage;
  return R"({"prompt_tokens":)" + to_string(usage.input) + R"(,"completion_tokens":)" +
         to_string(output_tokens(script)) + R"(,"total_tokens":)" +
         to_string(usage.input + output_tokens(script)) + R"(,"prompt_tokens_details":{"cached_tokens":)" +
         to_string(usage.cached) + R"(},"completion_tokens_details":{"reasoning_tokens":)" +
         to_string(usage.reasoning) + "}}";
}

/// Cached tokens are part of the prompt's, reasoning part of the completion's.
ToldUsage told_by_openai(const Script& script) {
  const TokenCounts& usage = script.usage;
  return {.input = usage.input,
          .cached_input = usage.cached,
          .output = output_tokens(script),
          .reasoning = usage.reasoning};
}

/// By one piece, and no other.
std::function<std::optional<ToldUsage>(std::uint64_t)> told_at(std::uint64_t piece, const ToldUsage& usage) {
  return [piece, usage](std::uint64_t i) { return i == piece ? std::optional(usage) : std::nullopt; };
}

std::string data(const std::string& json) {
  return "data: " + json + "\n\n";
}

/// The chunks of a stream: `opening` of them, one for each delta, one that closes, and the usage.
struct ChunkPlan {
  std::string head;  ///< of each chunk, up to `"choices":`
  std::string usage_null;
  std::string usage_chunk;
  ToldUsage told;
  bool usage_first = false;
};

ChunkPlan plan_of(const Prompt& prompt, const Script& script, std::string_view id, std::string_view object) {
  ChunkPlan plan;
  plan.head = "{\"id\":\"" + std::string(id) + prompt.id + "\",\"object\":\"" + std::string(object) +
              R"(","created":1760000000,"model":)" + quoted(prompt.model) +
              R"(,"system_fingerprint":"fp_simulator","choices":)";
  if (prompt.include_usage) {
    plan.usage_null = ",\"usage\":null";
    plan.usage_chunk = data(plan.head + "[],\"usage\":" + usage_block(script) + "}");
    plan.told = told_by_openai(script);
  }
  plan.usage_first = script.usage_first;
  return plan;
}

Content event_stream(std::uint64_t pieces, std::function<std::string(std::uint64_t)> piece) {
  Content content;
  content.type = "text/event-stream; charset=utf-8";
  content.framing = Content::Framing::chunked;
  content.is_events = true;
  content.pieces = pieces;
  content.piece = std::move(piece);
  return content;
}

/// Puts the usage chunk where the script wants it, around what `piece` makes.
Content with_usage(const ChunkPlan& plan, std::uint64_t pieces,
                   std::function<std::string(std::uint64_t)> piece) {
  Content content = event_stream(pieces, std::move(piece));
  content.end_mark = "data: [DONE]\n\n";
  if (plan.usage_chunk.empty()) return content;
  const std::uint64_t at = plan.usage_first ? 0 : pieces;
  content.piece = [inner = std::move(content.piece), chunk = plan.usage_chunk, at](std::uint64_t i) {
    if (i == at) return chunk;
    return inner(i > at ? i - 1 : i);
  };
  content.told = told_at(at, plan.told);
  ++content.pieces;
  return content;
}

std::string chat_chunk(const ChunkPlan& plan, const std::string& delta, std::string_view finish) {
  return data(plan.head + R"([{"index":0,"delta":)" + delta + R"(,"logprobs":null,"finish_reason":)" +
              std::string(finish) + "}]" + plan.usage_null + "}");
}

Content chat_stream(const Prompt& prompt, const Script& script) {
  const ChunkPlan plan = plan_of(prompt, script, "chatcmpl-", "chat.completion.chunk");
  return with_usage(plan, script.chunks + 2, [plan, script](std::uint64_t i) {
    if (i == 0) return chat_chunk(plan, R"({"role":"assistant","content":"","refusal":null})", "null");
    if (i > script.chunks) return chat_chunk(plan, "{}", "\"stop\"");
    return chat_chunk(plan, "{\"content\":" + quoted(delta_text(i - 1, script)) + "}", "null");
  });
}

/// Makes the JSON exactly `size` bytes by lengthening the text that ends at `at`.
void pad(std::string& json, std::size_t at, std::uint64_t size) {
  if (json.size() < size) json.insert(at, size - json.size(), 'x');
}

}  // namespace

Content chat_completion(const Prompt& prompt, const Script& script) {
  if (prompt.stream) return chat_stream(prompt, script);
  Content content;
  std::string& out = content.body;
  out.reserve(1024);
  out.append("{\"id\":\"chatcmpl-").append(prompt.id);
  out.append(R"(","object":"chat.completion","created":1760000000,"model":)");
  append_quoted(out, prompt.model);
  out.append(R"(,"choices":[{"index":0,"message":{"role":"assistant","content":)");
  append_quoted(out, full_text(script));
  const std::size_t text_end = out.size() - 1;
  out.append(R"(,"refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":)");
  out.append(usage_block(script)).append(R"(,"service_tier":"default","system_fingerprint":"fp_simulator"})");
  pad(out, text_end, script.big);
  content.told = told_at(0, told_by_openai(script));
  return content;
}

Content text_completion(const Prompt& prompt, const Script& script) {
  const ChunkPlan plan = plan_of(prompt, script, "cmpl-", "text_completion");
  const auto choice = [plan](const std::string& text, std::string_view finish) {
    return plan.head + "[{\"text\":" + quoted(text) + R"(,"index":0,"logprobs":null,"finish_reason":)" +
           std::string(finish) + "}]";
  };
  if (prompt.stream) {
    return with_usage(plan, script.chunks + 1, [plan, choice, script](std::uint64_t i) {
      if (i == script.chunks) return data(choice("", "\"stop\"") + plan.usage_null + "}");
      return data(choice(delta_text(i, script), "null") + plan.usage_null + "}");
    });
  }
  Content content;
  content.body = choice(full_text(script), "\"stop\"") + ",\"usage\":" + usage_block(script) + "}";
  content.told = told_at(0, told_by_openai(script));
  return content;
}

namespace {

/// `/v1/responses`: one message item with one text part.
class ResponseEvents {
 public:
  ResponseEvents(const Prompt& prompt, const Script& script) : prompt_(prompt), script_(script) {}

  std::uint64_t count() const { return script_.chunks + 7; }

  std::string whole(std::string_view status) const {
    const bool done = status == "completed";
    return R"({"id":"resp_)" + prompt_.id + R"(","object":"response","created_at":1760000000,"status":")" +
           std::string(status) + R"(","error":null,"incomplete_details":null,"instructions":null,"model":)" +
           quoted(prompt_.model) + R"(,"output":[)" + (done ? item(true) : ""s) +
           R"(],"parallel_tool_calls":true,"temperature":1.0,"tool_choice":"auto","tools":[],"top_p":1.0,)" +
           R"("metadata":{},"usage":)" + (done ? usage() : "null"s) + "}";
  }

  std::string event(std::uint64_t i) const {
    if (i == 0) return typed(i, "response.created", "\"response\":" + whole("in_progress"));
    if (i == 1) return typed(i, "response.in_progress", "\"response\":" + whole("in_progress"));
    if (i == 2) return typed(i, "response.output_item.added", R"("output_index":0,"item":)" + item(false));
    if (i == 3) return typed(i, "response.content_part.added", place() + ",\"part\":" + part(""));
    if (i < script_.chunks + 4) {
      return typed(i, "response.output_text.delta",
                   place() + ",\"delta\":" + quoted(delta_text(i - 4, script_)));
    }
    const std::string text = full_text(script_);
    if (i == script_.chunks + 4)
      return typed(i, "response.output_text.done", place() + ",\"text\":" + quoted(text));
    if (i == script_.chunks + 5)
      return typed(i, "response.content_part.done", place() + ",\"part\":" + part(text));
    return typed(i, "response.output_item.done", R"("output_index":0,"item":)" + item(true));
  }

  std::string completed() const {
    return typed(count(), "response.completed", "\"response\":" + whole("completed"));
  }

 private:
  static std::string typed(std::uint64_t number, const std::string& type, const std::string& rest) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\",\"sequence_number\":" + to_string(number) +
           "," + rest + "}\n\n";
  }
  std::string place() const {
    return R"("item_id":"msg_)" + prompt_.id + R"(","output_index":0,"content_index":0)";
  }
  static std::string part(const std::string& text) {
    return R"({"type":"output_text","annotations":[],"text":)" + quoted(text) + "}";
  }
  std::string item(bool done) const {
    return R"({"id":"msg_)" + prompt_.id + R"(","type":"message","status":")" +
           (done ? "completed" : "in_progress") + R"(","role":"assistant","content":[)" +
           (done ? part(full_text(script_)) : ""s) + "]}";
  }
  std::string usage() const {
    const TokenCounts& usage = script_.usage;
    return R"({"input_tokens":)" + to_string(usage.input) + R"(,"input_tokens_details":{"cached_tokens":)" +
           to_string(usage.cached) + R"(},"output_tokens":)" + to_string(output_tokens(script_)) +
           R"(,"output_tokens_details":{"reasoning_tokens":)" + to_string(usage.reasoning) +
           R"(},"total_tokens":)" + to_string(usage.input + output_tokens(script_)) + "}";
  }

  Prompt prompt_;
  Script script_;
};

}  // namespace

Content response(const Prompt& prompt, const Script& script) {
  const ResponseEvents events(prompt, script);
  if (prompt.stream) {
    Content content = event_stream(events.count(), [events](std::uint64_t i) { return events.event(i); });
    content.end_mark = events.completed();
    content.told = told_at(events.count(), told_by_openai(script));
    return content;
  }
  Content content;
  content.body = events.whole("completed");
  content.told = told_at(0, told_by_openai(script));
  return content;
}

Content embedding(const Prompt& prompt, const Script& script) {
  Content content;
  std::string& out = content.body;
  out = R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[)";
  for (int i = 0; i < 16; ++i) out += (i != 0 ? ",0." : "0.") + to_string(1000 + i * 37);
  out += "]}],\"model\":" + quoted(prompt.model) + R"(,"usage":{"prompt_tokens":)" +
         to_string(script.usage.input) + R"(,"total_tokens":)" + to_string(script.usage.input) + "}}";
  content.told = told_at(0, {.input = script.usage.input});
  return content;
}

Content one_model(std::string_view id) {
  Content content;
  content.body =
      "{\"id\":" + quoted(id) + R"(,"object":"model","created":1760000000,"owned_by":"holysheep"})";
  return content;
}

Content model_list() {
  Content content;
  content.body = R"({"object":"list","data":[)";
  for (const std::string_view id : {"gpt-4.1", "claude-sonnet-4.5", "gemini-2.5-flash", "deepseek-v3.2"}) {
    if (content.body.back() == '}') content.body.push_back(',');
    content.body += one_model(id).body;
  }
  content.body += "]}";
  return content;
}

}  // namespace holysheep::sim
