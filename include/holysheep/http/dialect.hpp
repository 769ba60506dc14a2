#pragma once

#include <cstdint>

namespace holysheep::http {

/// Whose API a path speaks, and so how credentials and errors look: `/v1/messages...` is Anthropic's,
/// `/v1beta/...` Gemini's, everything else OpenAI's.
enum class Dialect : std::uint8_t { openai, anthropic, gemini };

}  // namespace holysheep::http
