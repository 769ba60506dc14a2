#pragma once

#include <holysheep/core/result.hpp>

#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

namespace holysheep::net {

struct SslFree {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};

/// How upstream is trusted: TLS 1.2 and 1.3, verified against the system's store and the extra anchors of
/// `SSL_CERT_FILE`. One for the process, immutable, replaced as a whole when the file changes.
///
/// The system's store is a directory of hashed names where there is one, looked up on demand: loading the
/// whole bundle costs 51 ms with OpenSSL 3.0, and is done only where there is no such directory.
class TlsContext {
 public:
  /// `extra_anchors`: a PEM bundle, or empty. The error names the file and what is wrong with it.
  static Result<std::shared_ptr<const TlsContext>, std::string> make(const std::string& extra_anchors);

  [[nodiscard]] SSL_CTX* native() const noexcept { return context_.get(); }

 private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  std::unique_ptr<SSL_CTX, SslFree> context_;
};

/// Sessions to resume with, the newest first; TLS 1.3 tickets are used once (RFC 8446 appendix C.4). One for
/// each upstream on each event loop.
class TlsSessions {
 public:
  /// Forgets all, and keeps from now on those of connections verified by `context` alone: a session that is
  /// resumed is not verified again.
  void renew(const TlsContext& context) noexcept;
  /// Takes the reference over; false: it is none that may be kept.
  bool keep(const SSL* ssl, SSL_SESSION* session);
  /// Offers the newest to `ssl`, before its handshake.
  void offer(SSL* ssl);
  /// Makes `ssl` give its new sessions to this object, which must outlive it.
  void receive_from(SSL* ssl) noexcept;

 private:
  static constexpr std::size_t most = 16;
  const SSL_CTX* context_ = nullptr;
  std::vector<std::unique_ptr<SSL_SESSION, SslFree>> kept_;
};

}  // namespace holysheep::net
