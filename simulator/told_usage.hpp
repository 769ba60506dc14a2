#pragma once
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep::sim {

/// Tokens as they are to be billed, in one meaning for all dialects. Worked out here from what the script
/// says, apart from any code of the proxy.
struct ToldUsage {
  std::uint64_t input = 0;         ///< all of them, the next two among them
  std::uint64_t cached_input = 0;  ///< read from a cache
  std::uint64_t cache_write = 0;   ///< written to one
  std::uint64_t output = 0;        ///< all of them, reasoning among them
  std::uint64_t reasoning = 0;     ///< what the dialect tells apart

  friend bool operator==(const ToldUsage&, const ToldUsage&) = default;
};

/// One answer and the usage that went out with it.
struct Telling {
  std::string request_id = {};  ///< the first `X-Request-Id` as it arrived; empty: none
  std::string model = {};
  std::string_view dialect = {};  ///< chat, completions, responses, embeddings, messages, gemini, other
  unsigned status = 0;
  /// The last numbers whose bytes were all given to the kernel. What was given half counts as not told.
  std::optional<ToldUsage> told = {};
  bool ended = false;
  bool complete = false;  ///< ended, with every byte of the answer given to the kernel
};

/// What was told of usage: the truth that a meter is held to. The last 200,000 answers. Thread-safe.
class UsageBook {
 public:
  explicit UsageBook(bool keeps) : keeps_(keeps) {}

  /// Gives the number for the two calls below; 0: nothing is kept.
  std::uint64_t begin(Telling telling);
  void told(std::uint64_t number, const ToldUsage& usage);
  void ended(std::uint64_t number, bool complete);

  /// In the order in which the requests came.
  std::vector<Telling> tellings() const;
  void reset();

 private:
  Telling* find(std::uint64_t number);

  const bool keeps_;
  mutable std::mutex mutex_;
  std::uint64_t first_ = 1;  ///< number of the first that is kept
  std::deque<Telling> kept_;
};

/// Each as one line of JSON:
/// `{"request_id","model","dialect","status","told":{"input_tokens",…}|null,"ended","complete"}`.
std::string usage_lines(const std::vector<Telling>& tellings);

struct TokenCounts;
/// Counts that differ from seed to seed, each with every other in proportion: parts are within their whole.
TokenCounts varied_counts(std::string_view seed);

}  // namespace holysheep::sim
