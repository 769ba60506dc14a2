#pragma once

#include <holysheep/core/sha256.hpp>
#include <holysheep/policy/client_share.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep {

/// One client as the keys file gives it.
struct ClientSpec {
  std::string id;
  Digest digest{};  ///< SHA-256 of its key
  ClientLimits limits{};
  std::vector<std::string> models{};  ///< globs (core/glob.hpp); none: any model
  std::optional<std::chrono::system_clock::time_point> expires{};
};

struct Client {
  std::shared_ptr<ClientShare> share{};  ///< its id and limits too
  std::vector<std::string> models{};
  std::optional<std::chrono::system_clock::time_point> expires{};
};

/// Who may use this pod, by key. Immutable: any thread, no lock.
class ClientTable {
 public:
  /// A client of `previous` (may be null) whose id and limits are as they were keeps its share: its requests
  /// in flight still count and its bucket is no fuller than before. One whose limits changed begins anew,
  /// with a full bucket and nothing in flight, so for as long as its older requests run it may have more than
  /// its `max_in_flight`. Of two with one digest the first is found; whoever reads a file refuses that.
  /// Throws std::runtime_error where there are no random bytes.
  explicit ClientTable(std::vector<ClientSpec> specs, const ClientTable* previous = nullptr);
  ClientTable(const ClientTable&) = delete;
  ClientTable& operator=(const ClientTable&) = delete;

  /// Whose key has this digest; null: nobody's. Lives as long as the table. The time
  /// it takes tells nothing of the digests here: the search goes by a second digest, salted with what nobody
  /// outside knows, and what it finds is compared in constant time. A
  /// digest and a binary search; no allocation. Throws as `sha256`.
  [[nodiscard]] const Client* find(const Digest& digest) const;

  /// In the order of the file.
  [[nodiscard]] const std::vector<Client>& clients() const noexcept { return clients_; }

 private:
  struct Slot {
    std::uint64_t place;  ///< of the salted digest
    std::size_t client;
  };
  [[nodiscard]] std::uint64_t place_of(const Digest& digest) const;

  Digest salt_{};
  std::vector<Client> clients_;
  std::vector<Digest> digests_;  // in the order of clients_
  std::vector<Slot> slots_;      // by place
};

/// From the given moment on.
bool expired(const Client& client, std::chrono::system_clock::time_point now) noexcept;

/// Whether one of its globs matches. An empty name, where the request names no model, is matched by no glob
/// but `*`.
bool may_use(const Client& client, std::string_view model) noexcept;

}  // namespace holysheep
