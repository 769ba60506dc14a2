#pragma once

#include <string_view>

namespace holysheep::http {

/// Does an error's body say that the request is too long for this model? OpenAI: the error's `code`, or its
/// type, is `context_length_exceeded`; Anthropic has no code for it, only "prompt is too long" in its
/// message.
bool says_context_too_long(std::string_view body);

}  // namespace holysheep::http
