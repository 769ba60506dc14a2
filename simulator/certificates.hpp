#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include <openssl/ssl.h>

namespace holysheep::sim {

/// Makes in `folder` (created where missing): `ca.pem`; `server.pem`/`.key` for localhost, 127.0.0.1 and
/// ::1, signed by it; and certificates that must not verify: `expired`, `wronghost`, `selfsigned` and
/// `otherca` (its authority in `otherca-ca.pem`). Throws std::runtime_error.
void make_certificates(const std::filesystem::path& folder);

using TlsContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

/// A server context: TLS 1.2 and 1.3, session tickets, ALPN http/1.1. Throws std::runtime_error.
TlsContext make_tls_context(const std::string& certificate_file, const std::string& key_file);

}  // namespace holysheep::sim
