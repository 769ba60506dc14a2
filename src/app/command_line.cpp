#include <holysheep/app/accounting.hpp>
#include <holysheep/app/app.hpp>
#include <holysheep/app/client_keys_file.hpp>
#include <holysheep/app/command_line.hpp>
#include <holysheep/app/health_check.hpp>
#include <holysheep/app/new_client_key.hpp>
#include <holysheep/app/settings_text.hpp>
#include <holysheep/core/dumps.hpp>
#include <holysheep/core/redaction.hpp>
#include <holysheep/core/settings_loader.hpp>
#include <holysheep/net/tls_context.hpp>

#include <ostream>
#include <utility>

namespace holysheep::app {
namespace {

constexpr int exit_not_well = 1;
constexpr int exit_usage = 64;
constexpr int exit_config = 78;

std::optional<Command::Action> action_of(std::string_view word) {
  using Action = Command::Action;
  if (word == "--help" || word == "-h") return Action::help;
  if (word == "--version") return Action::version;
  if (word == "--check") return Action::check;
  if (word == "--print-config") return Action::print_config;
  if (word == "--settings-table") return Action::settings_table;
  if (word == "health") return Action::health;
  if (word == "keys") return Action::new_client_key;
  return std::nullopt;
}

/// Names the option without what follows its `=`, and hides a word that looks like a key.
std::string unknown(std::string_view word) {
  const bool option = word.starts_with('-');
  return (option ? "unknown option " : "unknown command ") +
         redacted(option ? word.substr(0, word.find('=')) : word);
}

/// What follows an option that takes a value, behind its `=` or as the next word; empty where there is none.
/// Nothing: `words[i]` is another word.
std::optional<std::string> value_of(const std::string& option, const std::vector<std::string>& words,
                                    std::size_t& i) {
  if (words[i].starts_with(option + "=")) return words[i].substr(option.size() + 1);
  if (words[i] != option) return std::nullopt;
  return i + 1 < words.size() ? words[++i] : std::string();
}

/// What is wrong with the files that the settings name.
std::vector<std::string> problems_in_files(const Settings& settings) {
  auto problems = Accounting::problems(settings);
  if (const auto trust = net::TlsContext::make(settings.ssl_cert_file); !trust) {
    problems.push_back("SSL_CERT_FILE: " + trust.error());
  }
  return problems;
}

/// What a script takes goes to `out`: the key, then its entry. What people read does not.
void make_client_key(const std::string& id, std::ostream& out, std::ostream& err) {
  const auto made = new_client_key(id);
  out << made.key << '\n' << made.entry << '\n';
  err << "The first line is the key of " << id
      << ": give it to the client, it is nowhere else. The second is its entry for \"clients\" in "
         "CLIENT_KEYS_FILE.\n";
}

/// False: the action needs settings.
bool done_without_settings(const Command& command, std::ostream& out, std::ostream& err) {
  switch (command.action) {
    case Command::Action::help:
      out << help_text();
      return true;
    case Command::Action::version:
      out << "holysheep-proxy " HOLYSHEEP_VERSION "\n";
      return true;
    case Command::Action::settings_table:
      out << settings_markdown();
      return true;
    case Command::Action::new_client_key:
      make_client_key(command.client_id, out, err);
      return true;
    default:
      return false;
  }
}

int act(const Command& command, const LoadedSettings& loaded, std::ostream& out, std::ostream& err) {
  switch (command.action) {
    case Command::Action::check:
      if (const auto problems = problems_in_files(loaded.settings); !problems.empty()) {
        for (const auto& problem : problems) err << problem << '\n';
        return exit_config;
      }
      for (const auto& warning : loaded.warnings) err << "warning: " << warning << '\n';
      out << "configuration ok\n";
      return 0;
    case Command::Action::print_config:
      out << effective_settings(loaded);
      return 0;
    case Command::Action::health: {
      const auto answer = ask_health(loaded.settings);
      if (!answer) {
        err << "not well: " << answer.error() << '\n';
        return exit_not_well;
      }
      out << *answer << '\n';
      return 0;
    }
    default:
      return run(loaded);
  }
}

}  // namespace

Result<Command, std::string> parse_command_line(const std::vector<std::string>& words) {
  Command command;
  bool chosen = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (auto file = value_of("--config", words, i)) {
      if (file->empty()) return Unexpected{std::string("--config needs a file")};
      command.config_file = std::move(file);
      continue;
    }
    if (const auto id = value_of("--id", words, i)) {
      // It may be a key, so it is not repeated.
      if (!is_client_id(*id)) return Unexpected{"--id needs a client id: " + std::string(a_client_id)};
      command.client_id = *id;
      continue;
    }
    if (word == "keys") {
      if (i + 1 == words.size() || words[i + 1] != "new") {
        return Unexpected{std::string("'keys' needs what to do: keys new --id ID")};
      }
      ++i;
    }
    const auto action = action_of(word);
    if (!action) return Unexpected{unknown(word)};
    if (chosen) return Unexpected{"'" + std::string(word) + "' cannot be combined with the option before it"};
    chosen = true;
    command.action = *action;
  }
  const bool makes_key = command.action == Command::Action::new_client_key;
  if (makes_key && command.client_id.empty()) return Unexpected{std::string("'keys new' needs --id ID")};
  if (!makes_key && !command.client_id.empty()) return Unexpected{std::string("--id belongs to 'keys new'")};
  return command;
}

int main(int argc, char** argv, std::ostream& out, std::ostream& err) {
  const auto command = parse_command_line({argv + 1, argv + argc});
  if (!command) {
    err << "holysheep-proxy: " << command.error() << "; --help lists what there is\n";
    return exit_usage;
  }
  const Command& asked = *command;
  if (done_without_settings(asked, out, err)) return 0;
  forbid_dumps();
  const auto loaded = load_settings(from_environment, asked.config_file, MachineFacts::here());
  forget_secrets_in_environment();
  if (!loaded) {
    for (const auto& problem : loaded.error()) err << problem << '\n';
    return asked.action == Command::Action::health ? exit_not_well : exit_config;
  }
  return act(asked, *loaded, out, err);
}

}  // namespace holysheep::app
