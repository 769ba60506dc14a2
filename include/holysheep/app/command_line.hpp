#pragma once

#include <holysheep/core/result.hpp>

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace holysheep::app {

/// What the command line asks for.
struct Command {
  enum class Action : unsigned char {
    run,
    help,
    version,
    check,
    print_config,
    settings_table,
    health,
    new_client_key
  };
  Action action = Action::run;
  std::optional<std::string> config_file;
  std::string client_id{};  ///< of the new key
};

/// The error names the word that was not understood, but for what may be a key.
Result<Command, std::string> parse_command_line(const std::vector<std::string>& words);

/// The whole program. Exit codes: 0; 1 (health: not well; or work was cut at the end); 64 the command line
/// (EX_USAGE); 71 the machine refused (EX_OSERR); 78 a setting (EX_CONFIG), 1 for `health`.
int main(int argc, char** argv, std::ostream& out, std::ostream& err);

}  // namespace holysheep::app
