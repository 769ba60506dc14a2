#include <holysheep/net/tls_context.hpp>

#include <algorithm>
#include <array>
#include <filesystem>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <unistd.h>

namespace holysheep::net {
namespace {

int sessions_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int take_session(SSL* ssl, SSL_SESSION* session) {
  auto* sessions = static_cast<TlsSessions*>(SSL_get_ex_data(ssl, sessions_index()));
  return sessions != nullptr && sessions->keep(ssl, session) ? 1 : 0;  // 1: the reference is ours now
}

/// Does the folder hold certificates under their hashes ("5ed36f99.0"), so that OpenSSL can look them up?
bool hashed(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(folder, ignored), end; entry != end;
       entry.increment(ignored)) {
    const auto name = entry->path().filename().string();
    if (name.size() == 10 && name.ends_with(".0")) return true;
  }
  return false;
}

bool trust_system(SSL_CTX* context) {
  constexpr std::array folders{"/etc/ssl/certs", "/etc/pki/tls/certs"};
  constexpr std::array bundles{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                               "/etc/ssl/cert.pem"};
  for (const char* folder : folders) {
    if (hashed(folder)) return SSL_CTX_load_verify_dir(context, folder) == 1;
  }
  for (const char* bundle : bundles) {
    if (::access(bundle, R_OK) == 0) return SSL_CTX_load_verify_file(context, bundle) == 1;
  }
  return true;  // none: only the extra anchors are trusted, and the error of a handshake says so
}

std::string last_error() {
  std::array<char, 256> text{};
  const auto code = ERR_get_error();
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : text.data();
}

}  // namespace

Result<std::shared_ptr<const TlsContext>, std::string> TlsContext::make(const std::string& extra_anchors) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext(SSL_CTX_new(TLS_client_method())));
  SSL_CTX* context = made->native();
  if (context == nullptr) return Unexpected{"TLS cannot be set up: " + last_error()};
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Keys of 112 bits of security and more, no signature over SHA-1: whatever the machine's own default is.
  SSL_CTX_set_security_level(context, std::max(2, SSL_CTX_get_security_level(context)));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);  // a record's header and what follows it in one read, not two
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, take_session);
  static constexpr std::array<unsigned char, 9> http11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context, http11.data(), http11.size());
  if (!trust_system(context)) return Unexpected{"the system's trust store cannot be read: " + last_error()};
  if (!extra_anchors.empty() && SSL_CTX_load_verify_file(context, extra_anchors.c_str()) != 1) {
    return Unexpected{extra_anchors + ": no certificates could be read from it (" + last_error() + ")"};
  }
  return std::shared_ptr<const TlsContext>(std::move(made));
}

void TlsSessions::renew(const TlsContext& context) noexcept {
  kept_.clear();
  context_ = context.native();
}

bool TlsSessions::keep(const SSL* ssl, SSL_SESSION* session) {
  if (SSL_get_SSL_CTX(ssl) != context_) return false;
  if (kept_.size() == most) kept_.erase(kept_.begin());
  kept_.emplace_back(session);
  return true;
}

void TlsSessions::offer(SSL* ssl) {
  while (!kept_.empty() && SSL_SESSION_is_resumable(kept_.back().get()) == 0) kept_.pop_back();
  if (kept_.empty()) return;
  SSL_set_session(ssl, kept_.back().get());
  if (SSL_SESSION_get_protocol_version(kept_.back().get()) >= TLS1_3_VERSION) kept_.pop_back();
}

void TlsSessions::receive_from(SSL* ssl) noexcept {
  SSL_set_ex_data(ssl, sessions_index(), this);
}

}  // namespace holysheep::net
