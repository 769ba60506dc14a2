#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holysheep {

/// A value as a message may show it: quoted, on one line, not endless, and without what may be a credential:
/// the `secrets` that are known, a user and password before an `@`, a query that names a key or token, and
/// whatever looks like an API key (a prefix such as `sk-`, or a long run of letters and digits), since a key
/// put into the wrong setting must not end up in a log. It rather hides too much than too little. Any thread.
std::string redacted(std::string_view value, const std::vector<std::string>& secrets = {});

}  // namespace holysheep
