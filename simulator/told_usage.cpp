#include <simulator/dialects.hpp>
#include <simulator/told_usage.hpp>

namespace holysheep::sim {
namespace {

constexpr std::size_t kept_tellings = 200'000;

/// The next of a sequence of well mixed numbers (SplitMix64, Steele et al. 2014).
std::uint64_t next_mixed(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

void append_count(std::string& out, std::string_view key, std::uint64_t value) {
  out.append(key).append(std::to_string(value));
}

void append_told(std::string& out, const ToldUsage& told) {
  append_count(out, R"({"input_tokens":)", told.input);
  append_count(out, R"(,"cached_input_tokens":)", told.cached_input);
  append_count(out, R"(,"cache_write_tokens":)", told.cache_write);
  append_count(out, R"(,"output_tokens":)", told.output);
  append_count(out, R"(,"reasoning_tokens":)", told.reasoning);
  out.push_back('}');
}

}  // namespace

std::uint64_t UsageBook::begin(Telling telling) {
  if (!keeps_) return 0;
  const std::scoped_lock lock(mutex_);
  kept_.push_back(std::move(telling));
  if (kept_.size() > kept_tellings) {
    kept_.pop_front();
    ++first_;
  }
  return first_ + kept_.size() - 1;
}

void UsageBook::told(std::uint64_t number, const ToldUsage& usage) {
  if (!keeps_) return;
  const std::scoped_lock lock(mutex_);
  if (Telling* telling = find(number)) telling->told = usage;
}

void UsageBook::ended(std::uint64_t number, bool complete) {
  if (!keeps_) return;
  const std::scoped_lock lock(mutex_);
  Telling* telling = find(number);
  if (telling == nullptr) return;
  telling->ended = true;
  telling->complete = complete;
}

std::vector<Telling> UsageBook::tellings() const {
  const std::scoped_lock lock(mutex_);
  return {kept_.begin(), kept_.end()};
}

void UsageBook::reset() {
  const std::scoped_lock lock(mutex_);
  first_ += kept_.size();
  kept_.clear();
}

Telling* UsageBook::find(std::uint64_t number) {
  return number >= first_ && number - first_ < kept_.size() ? &kept_[number - first_] : nullptr;
}

std::string usage_lines(const std::vector<Telling>& tellings) {
  std::string out;
  for (const Telling& telling : tellings) {
    out.append(R"({"request_id":)");
    append_quoted(out, telling.request_id);
    out.append(R"(,"model":)");
    append_quoted(out, telling.model);
    out.append(R"(,"dialect":")").append(telling.dialect);
    append_count(out, R"(","status":)", telling.status);
    out.append(R"(,"told":)");
    if (telling.told) {
      append_told(out, *telling.told);
    } else {
      out.append("null");
    }
    out.append(R"(,"ended":)").append(telling.ended ? "true" : "false");
    out.append(R"(,"complete":)").append(telling.complete ? "true}\n" : "false}\n");
  }
  return out;
}

TokenCounts varied_counts(std::string_view seed) {
  std::uint64_t state = 0xcbf29ce484222325U;
  for (const char c : seed) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  TokenCounts counts;
  counts.input = 1 + next_mixed(state) % 4000;
  counts.output = 2 + next_mixed(state) % 1500;
  counts.cached = next_mixed(state) % (counts.input + 1);
  counts.reasoning = next_mixed(state) % (counts.output + 1);
  counts.written = next_mixed(state) % 500;
  return counts;
}

}  // namespace holysheep::sim
