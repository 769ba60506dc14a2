// What no example thinks of: a long random walk of requests, clients, sizes and time beside a model of the
// cache that is too simple to be wrong.
#include <holysheep/http/cache_rules.hpp>
#include <holysheep/policy/response_cache.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <support/deadline.hpp>

namespace holysheep {
namespace {

using http::CacheUse;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration ttl = seconds(300);
constexpr std::uint64_t bound = 100 * 1024;
constexpr std::size_t shards = 16;

/// What is kept: it knows whose it is.
struct Answer {
  std::string asked;
  TimePoint born;
};

/// What the cache must hold. Kept in step by the rules of response_cache.hpp, whatever it costs.
struct Kept {
  CacheKey key;
  std::weak_ptr<const Answer> answer;
  TimePoint born;
  std::pair<TimePoint, unsigned long> used;  ///< with the step, for those used at one time
  std::uint64_t bytes = 0;
};

/// What an entry takes whose value has `size` bytes: its node, and its block with what `make_shared` adds.
std::uint64_t bytes_with(std::uint64_t size) {
  static const std::uint64_t node = [] {
    MemoryAccounts accounts;
    ResponseCache cache(bound, ttl, accounts);
    cache.store({}, std::make_shared<const int>(), 0, {});
    return cache.bytes() - heap_bytes(16);
  }();
  return node + heap_bytes(16 + size);
}

class Walk {
 public:
  explicit Walk(unsigned seed) : random_(seed) {}

  void step() {
    ++steps_;
    now_ += Duration(1) + milliseconds(below(20));
    if (below(100) == 0) now_ += seconds(below(400));
    if (below(50) == 0) {
      drop_oldest();
    } else {
      request();
    }
    expect_the_account_to_agree();
  }

  unsigned hits = 0;
  unsigned stale = 0;
  unsigned evicted = 0;
  unsigned too_large = 0;
  unsigned expired_for_room = 0;

 private:
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  std::string_view one_of(std::initializer_list<std::string_view> choices) {
    return choices.begin()[below(static_cast<unsigned>(choices.size()))];
  }

  /// One request, in one of its spellings; `asked_` says what it means.
  void write_request() {
    const std::string_view path =
        one_of({"/models", "/models/a", "/embeddings", "/chat/completions", "/messages"});
    const bool get = path.starts_with("/models");
    const std::string_view query = one_of({"", "", "", "", "?", "?a=1"});
    const std::string_view client = one_of({"a", "b", "c"});
    const std::string_view credential = one_of({"Authorization", "authorization", "x-api-key", "X-Api-Key"});
    const std::string_view accept = one_of({"", "", "", "*/*"});
    control_ = one_of({"", "", "max-age=60", "max-age=\"5\"", "Max-Age=0", "max-age=junk", "no-cache",
                       "no-store", "no-cache, max-age=60"});
    client_id_ = one_of({"", "", "team"});
    temperature_ = one_of({"0", "1"});
    const std::string_view text = one_of({"x", "x", "y"});

    head_ = get ? "GET /v1" : "POST /v1";
    head_.append(one_of({"", "/v1"})).append(path).append(query).append(" HTTP/1.1\r\nHost: h\r\n");
    head_.append(credential).append(": ").append(client).append("\r\n");
    if (!accept.empty()) head_.append(one_of({"Accept: ", "ACCEPT:"})).append(accept).append("\r\n");
    if (!control_.empty()) head_.append("Cache-Control: ").append(control_).append("\r\n");
    if (below(20) == 0) head_.append("Range: bytes=0-1\r\n");
    head_.append("\r\n");

    std::array<std::string, 3> members{"\"input\":\"" + std::string(text) + "\"",
                                       "\"temperature\" : " + std::string(temperature_), "\"m\":[1, 2]"};
    std::shuffle(members.begin(), members.end(), random_);
    body_ = get ? "" : "{" + members[0] + "," + members[1] + " ," + members[2] + "}";

    const bool key_of_its_own = credential == "x-api-key" || credential == "X-Api-Key";
    asked_.clear();
    for (const auto part :
         {path, query, client, std::string_view(key_of_its_own ? "x" : "a"), accept, client_id_,
          get ? std::string_view() : temperature_, get ? std::string_view() : text}) {
      asked_.append(part).append("|");
    }
  }

  /// What spec.md says, over again: by the meaning and not by the bytes.
  [[nodiscard]] bool expected_to_take_part() const {
    const bool completion = asked_.starts_with("/chat") || asked_.starts_with("/messages");
    const bool consent = control_.find("ax-") != control_.npos;
    return control_ != "no-store" && head_.find("Range") == head_.npos &&
           (!completion || consent ||
            (completions_ == CacheCompletions::deterministic && temperature_ == "0"));
  }
  [[nodiscard]] Duration expected_max_age() const {
    if (control_.find("60") != control_.npos) return seconds(60);
    if (control_.find('5') != control_.npos) return seconds(5);
    return control_.empty() || control_.starts_with("no-") ? Duration::max() : Duration::zero();
  }

  void request() {
    write_request();
    completions_ = below(2) == 0 ? CacheCompletions::opt_in : CacheCompletions::deterministic;
    http::RequestHead head;
    ASSERT_EQ(http::parse_request_head(head_, head).fault, Fault::none) << head_;
    const auto to = http::route(head.path);
    const auto directives = http::cache_directives(head.fields);
    const auto use = http::cache_use(http::cache_rule(head.method, to), head, completions_, directives);
    const auto body = http::canonical_json(body_);
    ASSERT_EQ(http::may_use(use, head.method, body), expected_to_take_part()) << head_ << body_;
    if (!http::may_use(use, head.method, body)) return;

    const CacheKey key{http::cache_digest(head, to, client_id_, body ? body->text : "")};
    const auto [known, first] = digests_.emplace(key.digest, asked_);
    ASSERT_EQ(known->second, asked_);
    if (!directives.no_cache) {
      const Duration max_age = directives.max_age.value_or(Duration::max());
      ASSERT_EQ(max_age, expected_max_age()) << control_;
      if (look_up(key, max_age)) return;
    }
    store(key);
  }

  bool look_up(const CacheKey& key, Duration max_age) {
    hear(key, now_);
    const auto hit = cache_.find(key, now_, max_age);
    const auto kept = kept_.find(asked_);
    const bool there = kept != kept_.end();
    const Duration age = there ? now_ - kept->second.born : Duration::zero();
    EXPECT_EQ(hit.has_value(), there && age <= ttl && age <= max_age) << asked_;
    if (there && age > ttl) {
      EXPECT_TRUE(kept->second.answer.expired());
      kept_.erase(kept);
      ++stale;
    }
    if (!hit) return false;
    ++hits;
    const auto answer = std::static_pointer_cast<const Answer>(hit->value);
    EXPECT_EQ(answer->asked, asked_);
    EXPECT_EQ(answer->born, now_ - hit->age);
    EXPECT_EQ(hit->age, age);
    kept->second.used = {now_, steps_};
    return true;
  }

  void store(const CacheKey& key) {
    const TimePoint born = below(3) == 0 ? now_ - milliseconds(below(60'000)) : now_;
    const std::uint64_t size = below(30) == 0 ? below(40'000) : below(1500);
    auto answer = std::make_shared<const Answer>(Answer{.asked = asked_, .born = born});
    const std::weak_ptr<const Answer> watched = answer;
    const bool fits = size <= cache_.largest_entry();
    const bool stored = cache_.store(key, std::move(answer), size, born);
    EXPECT_EQ(stored, fits);
    if (!fits) {
      ++too_large;
      return;
    }
    kept_.erase(asked_);
    hear(key, born);
    const TimePoint heard = heard_[key.digest[0] % shards];
    const std::uint64_t bytes = bytes_with(size);
    make_room(bytes, heard);
    kept_[asked_] = {.key = key, .answer = watched, .born = born, .used = {heard, steps_}, .bytes = bytes};
  }

  void make_room(std::uint64_t bytes, TimePoint heard) {
    while (held() + bytes > cache_.limit()) {
      auto first = std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
        return a.second.born < b.second.born;
      });
      if (heard - first->second.born > ttl) {
        ++expired_for_room;
      } else {
        first = std::min_element(kept_.begin(), kept_.end(),
                                 [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
        ++evicted;
      }
      EXPECT_TRUE(first->second.answer.expired()) << first->first;
      kept_.erase(first);
    }
  }

  void drop_oldest() {
    const std::uint64_t wanted = below(10'000);
    const std::uint64_t before = held();
    const std::uint64_t freed = cache_.drop_oldest(wanted);
    TimePoint last_dropped = TimePoint::min();
    TimePoint first_left = TimePoint::max();
    std::uint64_t bytes_of_last = 0;
    for (auto kept = kept_.begin(); kept != kept_.end();) {
      const auto& entry = kept->second;
      if (!entry.answer.expired()) {
        first_left = std::min(first_left, entry.born);
        ++kept;
        continue;
      }
      if (entry.born >= last_dropped) bytes_of_last = entry.bytes;
      last_dropped = std::max(last_dropped, entry.born);
      kept = kept_.erase(kept);
    }
    EXPECT_LE(last_dropped, first_left);
    EXPECT_EQ(freed, before - held());
    EXPECT_TRUE(freed >= wanted || kept_.empty());
    EXPECT_TRUE(freed == 0 || freed - bytes_of_last < wanted);
  }

  void hear(const CacheKey& key, TimePoint time) {
    TimePoint& heard = heard_[key.digest[0] % shards];
    heard = std::max(heard, time);
  }

  [[nodiscard]] std::uint64_t held() const {
    std::uint64_t bytes = 0;
    for (const auto& [asked, entry] : kept_) bytes += entry.bytes;
    return bytes;
  }

  void expect_the_account_to_agree() const {
    EXPECT_EQ(cache_.bytes(), held());
    EXPECT_EQ(cache_.entries(), kept_.size());
    EXPECT_LE(cache_.bytes(), cache_.limit());
    EXPECT_EQ(accounts_.held(MemoryUse::cache), static_cast<std::int64_t>(cache_.bytes()));
    for (const auto& [asked, entry] : kept_) EXPECT_FALSE(entry.answer.expired()) << asked;
  }

  std::mt19937 random_;
  MemoryAccounts accounts_;
  ResponseCache cache_{bound, ttl, accounts_};
  TimePoint now_{seconds(1000)};
  unsigned long steps_ = 0;
  std::map<std::string, Kept> kept_;
  std::array<TimePoint, shards> heard_{};
  std::map<std::array<std::uint8_t, 32>, std::string> digests_;
  CacheCompletions completions_ = CacheCompletions::opt_in;
  std::string head_;
  std::string body_;
  std::string asked_;
  std::string_view control_;
  std::string_view client_id_;
  std::string_view temperature_;
};

TEST(ResponseCacheWalk, GivesTheRightAnswersToTheRightClientsAndNeverPassesItsBound) {
  const unsigned steps = holysheep::testing::long_tests() ? 1'000'000 : 40'000;
  Walk walk(20'261);
  for (unsigned step = 0; step < steps; ++step) {
    walk.step();
    ASSERT_FALSE(::testing::Test::HasFailure()) << "in step " << step;
  }
  // The walk has been everywhere.
  EXPECT_GT(walk.hits, steps / 100);
  EXPECT_GT(walk.stale, steps / 1000);
  EXPECT_GT(walk.evicted, steps / 100);
  EXPECT_GT(walk.expired_for_room, steps / 1000);
  EXPECT_GT(walk.too_large, steps / 1000);
}

}  // namespace
}  // namespace holysheep
