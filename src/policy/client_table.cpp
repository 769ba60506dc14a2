#include <holysheep/core/glob.hpp>
#include <holysheep/core/random_bytes.hpp>
#include <holysheep/policy/client_table.hpp>

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace holysheep {
namespace {

using SharesById = std::unordered_map<std::string_view, std::shared_ptr<ClientShare>>;

SharesById shares_of(const ClientTable* table) {
  SharesById shares;
  if (table == nullptr) return shares;
  for (const Client& client : table->clients()) shares.emplace(client.share->id, client.share);
  return shares;
}

}  // namespace

ClientTable::ClientTable(std::vector<ClientSpec> specs, const ClientTable* previous) {
  fill_random(salt_);
  const SharesById earlier = shares_of(previous);
  for (ClientSpec& spec : specs) {
    const auto kept = earlier.find(spec.id);
    auto share = kept != earlier.end() && kept->second->limits == spec.limits
                     ? kept->second
                     : std::make_shared<ClientShare>(std::move(spec.id), spec.limits);
    slots_.push_back({.place = place_of(spec.digest), .client = clients_.size()});
    digests_.push_back(spec.digest);
    clients_.push_back(
        {.share = std::move(share), .models = std::move(spec.models), .expires = spec.expires});
  }
  std::ranges::sort(slots_, {}, [](const Slot& slot) { return std::pair(slot.place, slot.client); });
}

const Client* ClientTable::find(const Digest& digest) const {
  for (const Slot& slot : std::ranges::equal_range(slots_, place_of(digest), {}, &Slot::place)) {
    if (same_digest(digests_[slot.client], digest)) return &clients_[slot.client];
  }
  return nullptr;
}

std::uint64_t ClientTable::place_of(const Digest& digest) const {
  const Digest salted = sha256(bytes_of(salt_), bytes_of(digest));
  std::uint64_t place = 0;
  std::memcpy(&place, salted.data(), sizeof place);
  return place;
}

bool expired(const Client& client, std::chrono::system_clock::time_point now) noexcept {
  return client.expires && now >= *client.expires;
}

bool may_use(const Client& client, std::string_view model) noexcept {
  return client.models.empty() ||
         std::ranges::any_of(client.models, [&](const auto& glob) { return matches_glob(glob, model); });
}

}  // namespace holysheep
