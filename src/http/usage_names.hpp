#pragma once

#include <holysheep/http/dialect.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace holysheep::http {

/// What a JSON object or array of an answer is, by the keys that lead to it.
enum class UsagePlace : std::uint8_t {
  elsewhere,  ///< nothing in it is of interest
  list,       ///< an array that is the whole document: each of its objects is an answer
  answer,     ///< the document's own object: a whole answer, a chunk or an event
  envelope,   ///< the answer within an event: Anthropic's `message`, the responses API's `response`
  usage,
  prompt_details,  ///< within `usage`; chat's names for them, then those of the responses API
  completion_details,
  input_details,
  output_details,
};

/// A count as its provider reports it. Those of OpenAI's chat are apart from those of its responses API:
/// gateways put both into one `usage`, with 0 in those that they do not mean.
enum class UsageCount : std::uint8_t {
  none,
  input,
  tool_input,
  cached,
  cache_write,
  output,
  reasoning,
  prompt,
  prompt_cached,
  prompt_cache_hit,
  prompt_cache_write,
  completion,
  completion_reasoning,
};
inline constexpr std::size_t usage_counts = 13;

/// What a member's key means where it stands; one of the three at most.
struct UsageName {
  std::string_view key;
  UsagePlace opens = UsagePlace::elsewhere;
  UsageCount counts = UsageCount::none;
  bool is_model = false;
};

/// The keys that mean something in an object at `place`. They lead strictly deeper, so that no more than
/// five objects and arrays of interest are open at a time.
std::span<const UsageName> names_in(Dialect dialect, UsagePlace place) noexcept;
inline constexpr std::size_t deepest_usage_place = 5;

}  // namespace holysheep::http
