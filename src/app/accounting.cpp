#include <holysheep/app/accounting.hpp>
#include <holysheep/app/client_keys_file.hpp>
#include <holysheep/app/models_file.hpp>

namespace holysheep::app {
namespace {

ReadModels models_of(const Settings& settings) {
  return settings.models_file.empty() ? built_in_models() : read_models(settings.models_file);
}

void append_all(std::vector<std::string>& all, const std::vector<std::string>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

std::vector<std::string> Accounting::problems(const Settings& settings) {
  std::vector<std::string> all;
  if (const auto models = models_of(settings); !models) append_all(all, models.error());
  if (settings.client_keys_file.empty()) return all;
  if (const auto keys = read_client_keys(settings.client_keys_file, nullptr); !keys)
    append_all(all, keys.error());
  return all;
}

std::vector<std::string> Accounting::open(FileWatch& files) {
  std::vector<std::string> all;
  if (auto models = models_of(settings_)) {
    prices_ = std::make_unique<Published<PriceTable>>(std::move(*models));
    if (!settings_.models_file.empty()) files.add(settings_.models_file, [this] { read_models_again(); });
  } else {
    append_all(all, models.error());
  }
  if (!settings_.client_keys_file.empty()) {
    if (auto keys = read_client_keys(settings_.client_keys_file, nullptr)) {
      clients_ = std::make_unique<Published<ClientTable>>(std::move(*keys));
      files.add(settings_.client_keys_file, [this] { read_clients_again(); });
    } else {
      append_all(all, keys.error());
    }
  }
  if (settings_.usage_file.empty() || !all.empty()) return all;
  UsageLedgerOptions options;
  options.report = [this](bool trouble, const std::string& what) {
    log_.log(trouble ? spdlog::level::err : spdlog::level::info, "{}", what);
  };
  auto ledger = UsageLedger::open(settings_.usage_file, std::move(options));
  if (!ledger) return {ledger.error()};
  ledger_ = std::move(*ledger);
  if (ledger_->was_torn()) {
    log_.warn("USAGE_FILE: the last line of {} is not whole: a daemon was killed while it wrote it",
              settings_.usage_file);
  }
  return all;
}

void Accounting::reopen_ledger() {
  if (ledger_) ledger_->reopen();
}

void Accounting::read_clients_again() {
  const auto before = clients_->current();
  auto keys = read_client_keys(settings_.client_keys_file, before.get());
  if (!keys) return tell(keys.error(), "the old clients stay in force");
  clients_->publish(std::move(*keys));
  log_.info("CLIENT_KEYS_FILE: read again");
}

void Accounting::read_models_again() {
  auto models = read_models(settings_.models_file);
  if (!models) return tell(models.error(), "the old prices stay in force");
  prices_->publish(std::move(*models));
  log_.info("MODELS_FILE: read again");
}

void Accounting::tell(const std::vector<std::string>& problems, std::string_view what) {
  for (const auto& problem : problems) log_.error("{}; {}", problem, what);
}

}  // namespace holysheep::app
