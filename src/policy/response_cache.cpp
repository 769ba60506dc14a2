#include <holysheep/policy/response_cache.hpp>

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>

namespace holysheep {

namespace {

namespace intrusive = boost::intrusive;

using TreeHook =
    intrusive::set_member_hook<intrusive::link_mode<intrusive::normal_link>, intrusive::optimize_size<true>>;
using ListHook = intrusive::list_member_hook<intrusive::link_mode<intrusive::normal_link>>;

/// An order of all entries in which some go before others.
enum class Order : std::uint8_t { use, birth };
constexpr std::size_t order_count = 2;
/// The time of the first entry of a shard that has none.
constexpr Duration::rep nothing = std::numeric_limits<Duration::rep>::max();
/// No entry is born or used so late that it could be mistaken for that.
constexpr TimePoint last_time = never - Duration(1);

/// How many entries are dropped at most while others wait for the shard.
constexpr unsigned most_at_once = 32;
/// Of one shard, by the key's second byte.
constexpr std::size_t trees = 64;
/// A single answer takes no more of the cache than this part of it.
constexpr std::uint64_t entries_at_least = 4;
/// What `make_shared` puts before the value.
constexpr std::uint64_t control_block = 16;

void count(std::atomic<std::uint64_t>& counter, std::int64_t by = 1) noexcept {
  // Written under the shard's lock alone; atomic for those who read without it.
  counter.store(counter.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(by),
                std::memory_order_relaxed);
}

}  // namespace

struct ResponseCache::Entry {
  TreeHook by_key;
  CacheKey key;
  TreeHook by_birth;
  ListHook by_use;
  std::shared_ptr<const void> value;
  TimePoint born;
  TimePoint used;
  std::uint64_t bytes;  ///< all that this entry takes

  [[nodiscard]] TimePoint time(Order order) const noexcept { return order == Order::use ? used : born; }

  static constexpr std::uint64_t bytes_with(std::uint64_t value) noexcept {
    return heap_bytes(sizeof(Entry)) + heap_bytes(control_block + value);
  }
  static constexpr std::uint64_t largest_value(std::uint64_t limit) noexcept {
    const std::uint64_t most = limit / entries_at_least;
    const std::uint64_t bookkeeping = bytes_with(most) - most;
    return most > bookkeeping ? most - bookkeeping : 0;
  }
};

namespace {

constexpr auto key_of = [](const auto& entry) -> const auto& { return entry.key.digest; };

struct ByKey {
  bool operator()(const auto& a, const auto& b) const noexcept { return key_of(a) < key_of(b); }
};
struct ByKeyAlone {
  bool operator()(const CacheKey& a, const auto& b) const noexcept { return a.digest < key_of(b); }
  bool operator()(const auto& a, const CacheKey& b) const noexcept { return key_of(a) < b.digest; }
};
struct ByBirth {
  bool operator()(const auto& a, const auto& b) const noexcept { return a.born < b.born; }
};

}  // namespace

/// Entries that are in no shard any more, to be freed where no lock is held.
struct ResponseCache::Dropped {
  intrusive::list<Entry, intrusive::member_hook<Entry, ListHook, &Entry::by_use>,
                  intrusive::constant_time_size<false>>
      entries;
};

/// Found through many small trees and not through a table that grows: nobody ever waits for it to do so, and
/// a tree of 200 entries, as there are with 200,000 in all, is eight steps deep.
struct alignas(64) ResponseCache::Shard {
  using Unsized = intrusive::constant_time_size<false>;

  std::mutex mutex;
  std::array<intrusive::set<Entry, intrusive::member_hook<Entry, TreeHook, &Entry::by_key>,
                            intrusive::compare<ByKey>, Unsized>,
             trees>
      by_key;
  intrusive::multiset<Entry, intrusive::member_hook<Entry, TreeHook, &Entry::by_birth>,
                      intrusive::compare<ByBirth>, Unsized>
      by_birth;
  decltype(Dropped::entries) by_use;              ///< most recently used first
  TimePoint latest = TimePoint(Duration::min());  ///< what this shard has heard of the time

  /// Times of the entries that go first, so that the shard to drop from is chosen without its lock.
  std::array<std::atomic<Duration::rep>, order_count> first{nothing, nothing};
  Counter entries{0};
  Counter hits{0};
  Counter misses{0};
  Counter evictions{0};

  [[nodiscard]] auto& tree_of(const CacheKey& key) noexcept { return by_key[key.digest[1] % trees]; }
  void hear(TimePoint now) noexcept { latest = std::max(latest, std::min(now, last_time)); }

  [[nodiscard]] Entry* find(const CacheKey& key) noexcept {
    auto& tree = tree_of(key);
    const auto found = tree.find(key, ByKeyAlone());
    return found == tree.end() ? nullptr : &*found;
  }

  [[nodiscard]] Entry* first_in(Order order) noexcept {
    if (by_use.empty()) return nullptr;
    return order == Order::use ? &by_use.back() : &*by_birth.begin();
  }

  void insert(Entry& entry) noexcept {
    tree_of(entry.key).insert(entry);
    by_birth.insert(entry);
    entry.used = latest;
    by_use.push_front(entry);
    count(entries);
    tell_first();
  }

  void use(Entry& entry) noexcept {
    const bool was_first_to_go = &by_use.back() == &entry;
    by_use.splice(by_use.begin(), by_use, by_use.iterator_to(entry));
    entry.used = latest;
    if (was_first_to_go) tell_first();
  }

  void remove(Entry& entry, Dropped& dropped) noexcept {
    auto& tree = tree_of(entry.key);
    tree.erase(tree.iterator_to(entry));
    by_birth.erase(by_birth.iterator_to(entry));
    dropped.entries.splice(dropped.entries.end(), by_use, by_use.iterator_to(entry));
    count(entries, -1);
    tell_first();
  }

  void tell_first() noexcept {
    for (const Order order : {Order::use, Order::birth}) {
      const Entry* entry = first_in(order);
      first[static_cast<std::size_t>(order)].store(
          entry == nullptr ? nothing : entry->time(order).time_since_epoch().count(),
          std::memory_order_relaxed);
    }
  }

  [[nodiscard]] Duration::rep first_time(Order order) const noexcept {
    return first[static_cast<std::size_t>(order)].load(std::memory_order_relaxed);
  }
};

/// What may be dropped: everything up to the time `last`, in `order`.
struct ResponseCache::Sweep {
  Order order;
  TimePoint last;
  bool evicts;  ///< what could still have been used
};

ResponseCache::ResponseCache(std::uint64_t bytes, Duration ttl, MemoryAccounts& accounts)
    : limit_(bytes - std::min(bytes, heap_bytes(shard_count * sizeof(Shard) + alignof(Shard)))),
      largest_(Entry::largest_value(limit_)),
      ttl_(ttl),
      accounts_(accounts),
      shards_(std::make_unique<Shard[]>(shard_count)) {}

ResponseCache::~ResponseCache() {
  for (std::size_t i = 0; i < shard_count; ++i) {
    Dropped all;
    all.entries.swap(shards_[i].by_use);
    let_go(all);
  }
}

std::optional<ResponseCache::Hit> ResponseCache::find(const CacheKey& key, TimePoint now, Duration max_age) {
  if (!enabled()) return std::nullopt;
  Shard& shard = shard_of(key);
  Dropped dropped;
  {
    const std::scoped_lock lock(shard.mutex);
    shard.hear(now);
    if (Entry* entry = shard.find(key)) {
      const Duration age = std::max(now - entry->born, Duration::zero());
      if (age <= ttl_ && age <= max_age) {
        shard.use(*entry);
        count(shard.hits);
        return Hit{entry->value, age};
      }
      if (age > ttl_) shard.remove(*entry, dropped);
    }
    count(shard.misses);
  }
  let_go(dropped);
  return std::nullopt;
}

bool ResponseCache::store(const CacheKey& key, std::shared_ptr<const void> value, std::uint64_t bytes,
                          TimePoint born) {
  if (!enabled() || largest_ == 0 || bytes > largest_) return false;
  auto entry = std::make_unique<Entry>();
  entry->key = key;
  entry->value = std::move(value);
  entry->born = std::min(born, last_time);
  entry->bytes = Entry::bytes_with(bytes);

  Shard& shard = shard_of(key);
  Dropped replaced;
  const auto insert = [&](Entry* successor) {
    const std::scoped_lock lock(shard.mutex);
    shard.hear(entry->born);
    if (Entry* there = shard.find(key)) shard.remove(*there, replaced);
    if (successor != nullptr) shard.insert(*successor);
    return shard.latest;
  };
  const TimePoint now = insert(nullptr);  // what is replaced makes room first
  let_go(replaced);
  if (!reserve(entry->bytes, now)) return false;
  insert(entry.get());  // and once more: another thread may have been here
  entry.release();
  let_go(replaced);
  return true;
}

bool ResponseCache::reserve(std::uint64_t bytes, TimePoint now) {
  for (;;) {
    std::uint64_t held = bytes_.load(std::memory_order_relaxed);
    while (held + bytes <= limit_) {
      if (!bytes_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed)) continue;
      accounts_.add(MemoryUse::cache, static_cast<std::int64_t>(bytes));
      return true;
    }
    const std::uint64_t missing = held + bytes - limit_;
    const TimePoint expired = now - ttl_ - Duration(1);  // no overflow: the clock is never negative
    std::uint64_t freed = drop({.order = Order::birth, .last = expired, .evicts = false}, missing);
    if (freed < missing) {
      freed += drop({.order = Order::use, .last = never, .evicts = true}, missing - freed);
    }
    if (freed == 0) return false;
  }
}

std::uint64_t ResponseCache::drop_oldest(std::uint64_t bytes) {
  return drop({.order = Order::birth, .last = never, .evicts = true}, bytes);
}

// From the shard whose first entry goes first of all, as long as it goes before those of all other shards.
std::uint64_t ResponseCache::drop(const Sweep& sweep, std::uint64_t bytes) {
  std::uint64_t freed = 0;
  while (freed < bytes) {
    Shard* shard = nullptr;
    Duration::rep first = nothing;
    Duration::rep second = sweep.last.time_since_epoch().count();
    for (std::size_t i = 0; i < shard_count; ++i) {
      Duration::rep time = shards_[i].first_time(sweep.order);
      if (time < first) {
        std::swap(time, first);
        shard = &shards_[i];
      }
      second = std::min(second, time);
    }
    if (shard == nullptr || first > sweep.last.time_since_epoch().count()) break;

    Dropped dropped;
    {
      const std::scoped_lock lock(shard->mutex);
      std::uint64_t found = 0;
      for (unsigned n = 0; n < most_at_once && freed + found < bytes; ++n) {
        Entry* entry = shard->first_in(sweep.order);
        if (entry == nullptr || entry->time(sweep.order).time_since_epoch().count() > second) break;
        found += entry->bytes;
        shard->remove(*entry, dropped);
        if (sweep.evicts) count(shard->evictions);
      }
    }
    freed += let_go(dropped);
  }
  return freed;
}

std::uint64_t ResponseCache::let_go(Dropped& dropped) noexcept {
  std::uint64_t bytes = 0;
  dropped.entries.clear_and_dispose([&](Entry* entry) {
    bytes += entry->bytes;
    delete entry;
  });
  if (bytes == 0) return 0;
  accounts_.add(MemoryUse::cache, -static_cast<std::int64_t>(bytes));
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  return bytes;
}

ResponseCache::Shard& ResponseCache::shard_of(const CacheKey& key) const noexcept {
  return shards_[key.digest[0] % shard_count];
}

std::uint64_t ResponseCache::sum(Counter Shard::* counter) const noexcept {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < shard_count; ++i) all += (shards_[i].*counter).load(std::memory_order_relaxed);
  return all;
}

std::uint64_t ResponseCache::entries() const noexcept {
  return sum(&Shard::entries);
}
std::uint64_t ResponseCache::hits() const noexcept {
  return sum(&Shard::hits);
}
std::uint64_t ResponseCache::misses() const noexcept {
  return sum(&Shard::misses);
}
std::uint64_t ResponseCache::evictions() const noexcept {
  return sum(&Shard::evictions);
}

}  // namespace holysheep
