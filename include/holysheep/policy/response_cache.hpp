#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/policy/memory_accounts.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace holysheep {

/// What a request asks, in 32 bytes: a cryptographic digest, so evenly spread and never guessed by a client.
struct CacheKey {
  std::array<std::uint8_t, 32> digest{};

  friend bool operator==(const CacheKey&, const CacheKey&) = default;
};

/// What one allocation of `bytes` takes of the heap (glibc, 64 bits): the allocator's own word, what it
/// rounds up to, and pages where it maps the block.
constexpr std::uint64_t heap_bytes(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t word = 8, unit = 16, least = 32, page = 4096, mapped_from = 128 * 1024;
  if (bytes >= mapped_from) return (bytes + word + unit + page - 1) / page * page;
  const std::uint64_t chunk = (bytes + word + unit - 1) / unit * unit;
  return chunk < least ? least : chunk;
}

/// Answers kept for the next who asks the same. One for the process, any thread; what the values are is their
/// owner's matter.
///
/// Entries are spread over 16 shards by their key, each behind a mutex of its own that is held for
/// one look-up, or to unlink at most 32 entries; no value is freed under it. The bound is one for all shards,
/// so that a small cache holds large entries too: room is reserved on one atomic count before an entry goes
/// in, and made by dropping others, wherever they are.
///
/// What goes first when room is needed: what has expired, then what was used longest ago. That is exact
/// within a shard; between shards it is as exact as the times told, a store counting as a use at `born` or at
/// the latest time its shard had heard of before. While other threads use the cache, an entry used in the
/// very moment of the choice may still go.
///
/// `bytes()` never passes `limit()`, which is the bound less some 28 KiB that the shards take at start. It
/// counts each entry's node, its value's block and what the allocator adds to both, and goes down only when
/// the memory has been given back. It does not count a value dropped here while a reader holds it: that one
/// is the reader's from then on.
class ResponseCache {
 public:
  /// `bytes`: the bound (`CACHE_SIZE_MB`), 0: off. `ttl` (`CACHE_TTL`), 0: off. What is held is charged to
  /// `MemoryUse::cache`; `accounts` outlives the cache.
  ResponseCache(std::uint64_t bytes, Duration ttl, MemoryAccounts& accounts);
  ResponseCache(const ResponseCache&) = delete;
  ResponseCache& operator=(const ResponseCache&) = delete;
  ~ResponseCache();

  struct Hit {
    std::shared_ptr<const void> value;
    Duration age;  ///< never negative: what another loop kept "later" than `now` is new
  };
  /// What was kept under `key`, unless older than the ttl (then it is dropped) or than `max_age` (then it
  /// stays for others). A hit makes it the most recently used of its shard. No allocation.
  std::optional<Hit> find(const CacheKey& key, TimePoint now, Duration max_age = Duration::max());

  /// Keeps `value`, in place of what was there (which goes first: for a moment there may be neither).
  /// `bytes`: the size of the value's own object, which `make_shared` has made, and `heap_bytes` of each
  /// block that it owns besides. False, and nothing is kept: the cache is off; or the value is too large for
  /// one entry (what was there stays); or other threads, storing at the same moment, have taken all the room.
  bool store(const CacheKey& key, std::shared_ptr<const void> value, std::uint64_t bytes, TimePoint born);

  /// For memory pressure: drops entries, the earliest born of all first, until `bytes` are freed or nothing
  /// is left. Gives what was freed.
  std::uint64_t drop_oldest(std::uint64_t bytes);

  /// The largest `bytes` that `store` takes: a quarter of the cache, less the bookkeeping. 0: none.
  [[nodiscard]] std::uint64_t largest_entry() const noexcept { return largest_; }
  [[nodiscard]] bool enabled() const noexcept { return limit_ > 0 && ttl_ > Duration::zero(); }

  /// What `bytes()` never passes: the bound, less what the shards take at start.
  [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t entries() const noexcept;
  [[nodiscard]] std::uint64_t hits() const noexcept;
  [[nodiscard]] std::uint64_t misses() const noexcept;  ///< `find` without a result, whatever the cause
  /// Entries dropped for room or for `drop_oldest`; not those replaced, nor those that had expired.
  [[nodiscard]] std::uint64_t evictions() const noexcept;

 private:
  struct Entry;
  struct Dropped;
  struct Shard;
  struct Sweep;
  using Counter = std::atomic<std::uint64_t>;

  static constexpr std::size_t shard_count = 16;

  [[nodiscard]] Shard& shard_of(const CacheKey& key) const noexcept;
  [[nodiscard]] std::uint64_t sum(Counter Shard::* counter) const noexcept;
  bool reserve(std::uint64_t bytes, TimePoint now);
  std::uint64_t drop(const Sweep& sweep, std::uint64_t bytes);
  std::uint64_t let_go(Dropped& dropped) noexcept;

  const std::uint64_t limit_;
  const std::uint64_t largest_;
  const Duration ttl_;
  MemoryAccounts& accounts_;
  const std::unique_ptr<Shard[]> shards_;
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace holysheep
