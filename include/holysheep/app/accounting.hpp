#pragma once

#include <holysheep/app/file_watch.hpp>
#include <holysheep/core/published.hpp>
#include <holysheep/core/settings.hpp>
#include <holysheep/core/usage_ledger.hpp>
#include <holysheep/policy/client_table.hpp>
#include <holysheep/policy/price_table.hpp>

#include <memory>
#include <string>
#include <vector>

#include <spdlog/logger.h>

namespace holysheep::app {

/// Who may use this proxy and what it costs, as files say it: CLIENT_KEYS_FILE, MODELS_FILE and USAGE_FILE.
/// Made and told by the App's thread; what it publishes is read by all.
class Accounting {
 public:
  Accounting(const Settings& settings, spdlog::logger& log) : settings_(settings), log_(log) {}
  Accounting(const Accounting&) = delete;
  Accounting& operator=(const Accounting&) = delete;

  /// Reads the files, opens the ledger, and has `files` see to it that changes are read. Every problem, one
  /// line each; none: all is there.
  std::vector<std::string> open(FileWatch& files);
  /// The problems of the files that are read, for `--check`: touches nothing.
  static std::vector<std::string> problems(const Settings& settings);
  /// SIGHUP: somebody may have moved the ledger away.
  void reopen_ledger();

  /// Null: anybody may use this proxy. As the others, once it is open.
  [[nodiscard]] const Published<ClientTable>* clients() const noexcept { return clients_.get(); }
  [[nodiscard]] const Published<PriceTable>& prices() const noexcept { return *prices_; }
  /// Null: there is none.
  [[nodiscard]] UsageLedger* ledger() const noexcept { return ledger_.get(); }

 private:
  void read_clients_again();
  void read_models_again();
  void tell(const std::vector<std::string>& problems, std::string_view what);

  const Settings& settings_;
  spdlog::logger& log_;
  std::unique_ptr<Published<ClientTable>> clients_;
  std::unique_ptr<Published<PriceTable>> prices_;
  std::unique_ptr<UsageLedger> ledger_;
};

}  // namespace holysheep::app
