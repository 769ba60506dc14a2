#pragma once

#include <holysheep/http/dialect.hpp>
#include <holysheep/http/header_block.hpp>

#include <string>
#include <string_view>

namespace holysheep::http {

/// Whether a field may hold a client's own credentials: Authorization, x-api-key, x-goog-api-key. None of
/// them reaches upstream when the proxy has a key of its own.
bool is_credential(FieldName id) noexcept;

/// Appends the lines that carry the upstream key: `Authorization: Bearer` always, the dialect's own beside
/// it.
void append_credentials(std::string& out, std::string_view key, Dialect dialect);

/// Appends `?` and the query without its parameters named `key`, the name percent-encoded or not (where
/// Gemini clients put their key); the other parameters byte for byte. Nothing where nothing else was there.
void append_query_without_key(std::string& out, std::string_view query);

}  // namespace holysheep::http
