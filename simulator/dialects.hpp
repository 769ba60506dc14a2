#pragma once
#include <string>
#include <string_view>

#include <simulator/content.hpp>

namespace holysheep::sim {

/// What every dialect's answer is made of.
struct Prompt {
  std::string model;
  std::string id;  ///< 16 hexadecimal digits, the same for the same body
  bool stream = false;
  bool include_usage = false;
};

Content chat_completion(const Prompt& prompt, const Script& script);
Content text_completion(const Prompt& prompt, const Script& script);
Content response(const Prompt& prompt, const Script& script);
Content embedding(const Prompt& prompt, const Script& script);
Content anthropic_message(const Prompt& prompt, const Script& script);
Content anthropic_token_count(const Script& script);
Content gemini_content(const Prompt& prompt, const Script& script);
Content model_list();
Content one_model(std::string_view id);

/// Appends `text` as a JSON string, quotes included; bytes that are not UTF-8 pass as they are.
void append_quoted(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

/// The i-th text delta: a word, or `chunk-size` bytes of them.
std::string delta_text(std::uint64_t index, const Script& script);
/// All deltas together: what a plain answer says.
std::string full_text(const Script& script);

}  // namespace holysheep::sim
