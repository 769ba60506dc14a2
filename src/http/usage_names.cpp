#include "usage_names.hpp"

#include <array>

namespace holysheep::http {
namespace {

constexpr UsageName opens(std::string_view key, UsagePlace place) {
  return {key, place, UsageCount::none, false};
}
constexpr UsageName counts(std::string_view key, UsageCount count) {
  return {key, UsagePlace::elsewhere, count, false};
}
constexpr UsageName says_model(std::string_view key) {
  return {key, UsagePlace::elsewhere, UsageCount::none, true};
}

constexpr std::array openai_answer = {
    says_model("model"),
    opens("usage", UsagePlace::usage),
    opens("response", UsagePlace::envelope),
};

constexpr std::array openai_usage = {
    counts("prompt_tokens", UsageCount::prompt),
    counts("completion_tokens", UsageCount::completion),
    counts("prompt_cache_hit_tokens", UsageCount::prompt_cache_hit),  // DeepSeek's
    opens("prompt_tokens_details", UsagePlace::prompt_details),
    opens("completion_tokens_details", UsagePlace::completion_details),
    counts("input_tokens", UsageCount::input),
    counts("output_tokens", UsageCount::output),
    opens("input_tokens_details", UsagePlace::input_details),
    opens("output_tokens_details", UsagePlace::output_details),
};

constexpr std::array prompt_details = {
    counts("cached_tokens", UsageCount::prompt_cached),
    counts("cache_write_tokens", UsageCount::prompt_cache_write),
};
constexpr std::array completion_details = {counts("reasoning_tokens", UsageCount::completion_reasoning)};
constexpr std::array input_details = {
    counts("cached_tokens", UsageCount::cached),
    counts("cache_write_tokens", UsageCount::cache_write),
};
constexpr std::array output_details = {counts("reasoning_tokens", UsageCount::reasoning)};

constexpr std::array anthropic_answer = {
    says_model("model"),
    opens("usage", UsagePlace::usage),
    opens("message", UsagePlace::envelope),
};

constexpr std::array enveloped = {
    says_model("model"),
    opens("usage", UsagePlace::usage),
};

constexpr std::array anthropic_usage = {
    counts("input_tokens", UsageCount::input),
    counts("cache_read_input_tokens", UsageCount::cached),
    counts("cache_creation_input_tokens", UsageCount::cache_write),
    counts("output_tokens", UsageCount::output),
};

constexpr std::array gemini_answer = {
    says_model("modelVersion"),
    opens("usageMetadata", UsagePlace::usage),
};

constexpr std::array gemini_usage = {
    counts("promptTokenCount", UsageCount::input),
    counts("toolUsePromptTokenCount", UsageCount::tool_input),
    counts("cachedContentTokenCount", UsageCount::cached),
    counts("candidatesTokenCount", UsageCount::output),
    counts("thoughtsTokenCount", UsageCount::reasoning),
};

std::span<const UsageName> answer_names(Dialect dialect) noexcept {
  switch (dialect) {
    case Dialect::openai:
      return openai_answer;
    case Dialect::anthropic:
      return anthropic_answer;
    case Dialect::gemini:
      return gemini_answer;
  }
  return {};
}

std::span<const UsageName> usage_names(Dialect dialect) noexcept {
  switch (dialect) {
    case Dialect::openai:
      return openai_usage;
    case Dialect::anthropic:
      return anthropic_usage;
    case Dialect::gemini:
      return gemini_usage;
  }
  return {};
}

}  // namespace

std::span<const UsageName> names_in(Dialect dialect, UsagePlace place) noexcept {
  switch (place) {
    case UsagePlace::answer:
      return answer_names(dialect);
    case UsagePlace::envelope:
      return enveloped;
    case UsagePlace::usage:
      return usage_names(dialect);
    case UsagePlace::prompt_details:
      return prompt_details;
    case UsagePlace::completion_details:
      return completion_details;
    case UsagePlace::input_details:
      return input_details;
    case UsagePlace::output_details:
      return output_details;
    case UsagePlace::elsewhere:
    case UsagePlace::list:
      break;
  }
  return {};
}

}  // namespace holysheep::http
