#include <holysheep/proxy/answer_store.hpp>

#include <cstring>

namespace holysheep::proxy {

namespace {

/// The key of the compressed copy: as good a digest as the other.
CacheKey coded(CacheKey key) noexcept {
  key.digest.back() ^= 1;
  return key;
}

}  // namespace

/// The key is a digest already.
std::size_t AnswerStore::Hash::operator()(const CacheKey& key) const noexcept {
  std::size_t bits = 0;
  std::memcpy(&bits, key.digest.data() + 8, sizeof bits);
  return bits;
}

AnswerStore::Found AnswerStore::open(const Wanted& wanted, std::optional<SharedReader>& reader) {
  if (open_kept(wanted, reader)) return Found::kept;
  Shard& shard = shard_of(wanted.key);
  const std::scoped_lock lock(shard.mutex);
  auto& under_way = shard.under_way[wanted.key];
  if (under_way && !wanted.fresh) {
    reader.emplace(under_way, false);
    if (reader->joined()) return Found::under_way;
    reader.reset();
  }
  // It may have come to its end, and into the cache, since the look above.
  if (!under_way && open_kept(wanted, reader)) {
    shard.under_way.erase(wanted.key);
    return Found::kept;
  }
  under_way = std::make_shared<SharedAnswer>(accounts_, cache_.largest_entry());
  reader.emplace(under_way, true);
  return Found::nothing;
}

bool AnswerStore::open_kept(const Wanted& wanted, std::optional<SharedReader>& reader) {
  if (wanted.fresh) return false;
  auto hit = cache_.find(wanted.key, wanted.now, wanted.max_age);
  if (!hit) return false;
  auto answer = std::static_pointer_cast<const SharedAnswer>(std::move(hit->value));
  reader.emplace(std::const_pointer_cast<SharedAnswer>(std::move(answer)), false);
  return true;
}

bool AnswerStore::open_coded(const Wanted& wanted, std::optional<SharedReader>& reader) {
  const TimePoint born = reader->answer().born();
  auto hit = cache_.find(coded(wanted.key), wanted.now);
  if (!hit) return false;
  auto answer =
      std::const_pointer_cast<SharedAnswer>(std::static_pointer_cast<const SharedAnswer>(hit->value));
  if (answer->born() != born) return false;  // of an answer that was here before
  reader.emplace(std::move(answer), false);
  return true;
}

void AnswerStore::keep_coded(const Wanted& wanted, std::optional<SharedReader>& reader,
                             std::string_view body) {
  auto copy = std::make_shared<SharedAnswer>(accounts_, cache_.largest_entry());
  copy->become_coded(reader->answer(), body);
  reader.emplace(copy, false);
  store(coded(wanted.key), copy);
}

void AnswerStore::close(const CacheKey& key, const SharedAnswer& answer) {
  std::shared_ptr<SharedAnswer> let_go;  // after the lock
  Shard& shard = shard_of(key);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.under_way.find(key);
  if (found == shard.under_way.end() || found->second.get() != &answer) return;
  let_go = std::move(found->second);
  shard.under_way.erase(found);
}

/// False: somebody has asked anew meanwhile, and what that brings is the newer answer.
bool AnswerStore::is_current(const CacheKey& key, const SharedAnswer& answer) {
  Shard& shard = shard_of(key);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.under_way.find(key);
  return found != shard.under_way.end() && found->second.get() == &answer;
}

void AnswerStore::keep(const CacheKey& key, const std::shared_ptr<SharedAnswer>& answer) {
  if (answer->kept_whole() && is_current(key, *answer)) store(key, answer);
  close(key, *answer);
}

void AnswerStore::store(const CacheKey& key, const std::shared_ptr<SharedAnswer>& answer) {
  if (cache_.store(key, answer, answer->heap_size(), answer->born())) answer->counted_elsewhere();
}

}  // namespace holysheep::proxy
