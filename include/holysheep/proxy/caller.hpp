#pragma once

#include <holysheep/http/header_block.hpp>
#include <holysheep/policy/client_table.hpp>

#include <chrono>
#include <memory>
#include <string_view>

namespace holysheep::proxy {

/// Who sends a request: a client of the keys file, or, where there is none, anybody. Keeps the table that it
/// was found in: what it may do stays as it was while its request runs, whatever is read anew meanwhile. One
/// request, which copies it where it goes.
class Caller {
 public:
  /// Anybody: may use every model, and has no limits of its own.
  Caller() = default;

  /// Finds whose key one of the request's credentials is, each compared by its SHA-256. Empty: a client's
  /// that has not expired. Else why it is nobody's, for the one who sends it: static text.
  std::string_view identify(const http::HeaderBlock& fields,
                            const std::shared_ptr<const ClientTable>& clients,
                            std::chrono::system_clock::time_point now);

  /// As the keys file has it; empty: anybody.
  [[nodiscard]] std::string_view id() const noexcept {
    return client_ == nullptr ? std::string_view() : std::string_view(client_->share->id);
  }
  /// Null: anybody. Lives as long as this or a copy of it does.
  [[nodiscard]] ClientShare* share() const noexcept {
    return client_ == nullptr ? nullptr : client_->share.get();
  }
  /// It may use some models only.
  [[nodiscard]] bool restricted() const { return client_ != nullptr && !holysheep::may_use(*client_, ""); }
  /// `model` is empty where it is not known.
  [[nodiscard]] bool may_use(std::string_view model) const {
    return client_ == nullptr || holysheep::may_use(*client_, model);
  }

 private:
  std::shared_ptr<const ClientTable> clients_;
  const Client* client_ = nullptr;
};

}  // namespace holysheep::proxy
