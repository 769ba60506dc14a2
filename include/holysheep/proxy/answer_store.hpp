#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/policy/response_cache.hpp>
#include <holysheep/proxy/shared_answer.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace holysheep::proxy {

/// The answers that may be had without asking upstream again: those kept, and those under way. One for the
/// process; any thread.
class AnswerStore {
 public:
  AnswerStore(ResponseCache& cache, MemoryAccounts& accounts) : cache_(cache), accounts_(accounts) {}
  AnswerStore(const AnswerStore&) = delete;
  AnswerStore& operator=(const AnswerStore&) = delete;

  struct Wanted {
    CacheKey key;
    TimePoint now;
    Duration max_age = Duration::max();
    bool fresh = false;  ///< `no-cache`: neither what is kept nor what was asked for before
  };
  enum class Found : unsigned char {
    kept,       ///< `reader` has all of it
    under_way,  ///< `reader` reads along with others
    nothing,    ///< `reader` leads: the caller starts the Fetch
  };
  /// Puts a reader of the answer into `reader`. Of many who ask for the same at one time, one leads.
  Found open(const Wanted& wanted, std::optional<SharedReader>& reader);

  /// `reader` has a kept answer. Changes to its compressed copy, where there is one. False: there is none.
  bool open_coded(const Wanted& wanted, std::optional<SharedReader>& reader);
  /// Keeps `body`, the gzip coding of the kept answer that `reader` has, as its copy, and changes to it.
  void keep_coded(const Wanted& wanted, std::optional<SharedReader>& reader, std::string_view body);

  /// The Fetch has ended, or nobody may join it any more.
  void close(const CacheKey& key, const SharedAnswer& answer);
  /// The same, and the answer is kept for those who come, unless it is too large. It is complete.
  void keep(const CacheKey& key, const std::shared_ptr<SharedAnswer>& answer);

  [[nodiscard]] bool enabled() const noexcept { return cache_.enabled(); }

 private:
  struct Hash {
    std::size_t operator()(const CacheKey& key) const noexcept;
  };
  struct Shard {
    std::mutex mutex;  // guards the map
    std::unordered_map<CacheKey, std::shared_ptr<SharedAnswer>, Hash> under_way;
  };

  [[nodiscard]] bool is_current(const CacheKey& key, const SharedAnswer& answer);
  void store(const CacheKey& key, const std::shared_ptr<SharedAnswer>& answer);
  bool open_kept(const Wanted& wanted, std::optional<SharedReader>& reader);
  Shard& shard_of(const CacheKey& key) noexcept { return shards_[key.digest[1] % shards_.size()]; }

  ResponseCache& cache_;
  MemoryAccounts& accounts_;
  std::array<Shard, 16> shards_;
};

}  // namespace holysheep::proxy
