#include <holysheep/app/accounting.hpp>
#include <holysheep/app/app.hpp>
#include <holysheep/app/command_line.hpp>
#include <holysheep/app/health_check.hpp>
#include <holysheep/app/settings_text.hpp>
#include <holysheep/core/redaction.hpp>
#include <holysheep/core/settings_loader.hpp>
#include <holysheep/net/tls_context.hpp>

#include <ostream>

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
  return std::nullopt;
}

/// Names the option without what follows its `=`, and hides a word that looks like a key.
std::string unknown(std::string_view word) {
  const bool option = word.starts_with('-');
  return (option ? "unknown option " : "unknown command ") +
         redacted(option ? word.substr(0, word.find('=')) : word);
}

int act(const Command& command, const LoadedSettings& loaded, std::ostream& out, std::ostream& err) {
  switch (command.action) {
    case Command::Action::check:
      if (const auto trust = net::TlsContext::make(loaded.settings.ssl_cert_file); !trust) {
        err << "SSL_CERT_FILE: " << trust.error() << '\n';
        return exit_config;
      }
      if (const auto problems = Accounting::problems(loaded.settings); !problems.empty()) {
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
    if (word == "--config" || word.starts_with("--config=")) {
      const bool joined = word != "--config";
      if (!joined && i + 1 == words.size()) return Unexpected{std::string("--config needs a file")};
      command.config_file = joined ? std::string(word.substr(9)) : words[++i];
      if (command.config_file->empty()) return Unexpected{std::string("--config needs a file")};
      continue;
    }
    const auto action = action_of(word);
    if (!action) return Unexpected{unknown(word)};
    if (chosen) return Unexpected{"'" + std::string(word) + "' cannot be combined with the option before it"};
    chosen = true;
    command.action = *action;
  }
  return command;
}

int main(int argc, char** argv, std::ostream& out, std::ostream& err) {
  const auto command = parse_command_line({argv + 1, argv + argc});
  if (!command) {
    err << "holysheep-proxy: " << command.error() << "; --help lists what there is\n";
    return exit_usage;
  }
  const Command& asked = *command;
  if (asked.action == Command::Action::help) out << help_text();
  if (asked.action == Command::Action::version) out << "holysheep-proxy " HOLYSHEEP_VERSION "\n";
  if (asked.action == Command::Action::settings_table) out << settings_markdown();
  if (asked.action == Command::Action::help || asked.action == Command::Action::version ||
      asked.action == Command::Action::settings_table) {
    return 0;
  }
  const auto loaded = load_settings(from_environment, asked.config_file, MachineFacts::here());
  if (!loaded) {
    for (const auto& problem : loaded.error()) err << problem << '\n';
    return asked.action == Command::Action::health ? exit_not_well : exit_config;
  }
  return act(asked, *loaded, out, err);
}

}  // namespace holysheep::app
