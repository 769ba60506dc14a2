#pragma once

#include <holysheep/core/result.hpp>
#include <holysheep/policy/client_table.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep::app {

/// The clients, or every problem found: one line each, naming the file, the place in it and the accepted
/// form.
using ReadClientKeys = Result<std::shared_ptr<const ClientTable>, std::vector<std::string>>;

/// CLIENT_KEYS_FILE (spec.md "Client keys and metering"), at most 8 MiB. No text of the file is repeated,
/// since a key may have been put where it does not belong; of unknown fields the name, as `redacted` shows
/// it. An id or a key's digest is one client's only; no field may be there twice, and none is passed over
/// because it is not known, but for `$schema`. A list without clients is accepted: nobody may use the proxy,
/// as when the last client is taken out. `previous` (may be null): whose shares go on where a client stays as
/// it was.
ReadClientKeys read_client_keys(const std::string& path, const ClientTable* previous);

/// 1 to 64 of letters, digits, `.`, `_` and `-`.
bool is_client_id(std::string_view text) noexcept;
inline constexpr std::string_view a_client_id = "1 to 64 letters, digits, '.', '_' or '-'";

}  // namespace holysheep::app
