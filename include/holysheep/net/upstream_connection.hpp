#pragma once

#include <holysheep/net/socket.hpp>
#include <holysheep/net/tls_context.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace holysheep::net {

/// One connection to upstream: a socket, and TLS on it unless upstream is plain `http` on loopback.
/// OpenSSL reads and writes the socket itself, through a BIO that is our Socket, and is asked again when that
/// is ready (cheaper than asio::ssl::stream by 1.5 µs a request and 59 KiB a stream). One event loop only.
class UpstreamConnection {
 public:
  explicit UpstreamConnection(Socket connected) : socket(std::move(connected)) {}
  UpstreamConnection(const UpstreamConnection&) = delete;
  UpstreamConnection& operator=(const UpstreamConnection&) = delete;
  /// Says close_notify where the connection is healthy: upstream learns of it, and the session stays
  /// resumable.
  ~UpstreamConnection();

  /// Puts TLS on the connected socket: SNI and the name (or address) that the certificate must be for.
  /// False only when memory is short.
  bool use_tls(std::shared_ptr<const TlsContext> context, const std::string& host, TlsSessions& sessions);
  /// `done` when the handshake is through; `lost` with `tls_failure()` telling why.
  IoResult handshake();
  /// Was it verified by `context`, or needs none?
  [[nodiscard]] bool trusted_by(const TlsContext* context) const noexcept {
    return context_ == nullptr || context_.get() == context;
  }
  [[nodiscard]] bool resumed() const noexcept { return ssl_ && SSL_session_reused(ssl_.get()) == 1; }

  /// Why the handshake failed, for the one who must mend it.
  struct TlsFailure {
    bool verification = false;  ///< a certificate that does not verify, or no acceptable TLS version
    std::string detail;
  };
  [[nodiscard]] TlsFailure tls_failure() const;

  /// While no answer is awaited: has it neither ended nor said anything, as of the event loop's last look?
  /// TLS 1.3 session tickets may come at any time, and are taken in; everything else would be an answer to no
  /// question.
  [[nodiscard]] bool silent() noexcept;

  IoResult read(std::span<char> into) noexcept;
  /// Bytes that are decrypted and lie in memory: the next read gives them without a system call.
  [[nodiscard]] std::size_t decrypted() const noexcept;
  IoResult write(std::string_view bytes) noexcept;

  Socket socket;
  bool used = false;  ///< has carried an exchange before

 private:
  IoResult status_of(int result) noexcept;

  std::unique_ptr<SSL, SslFree> ssl_;
  std::shared_ptr<const TlsContext> context_;
  bool broken_ = false;
  std::string host_;
  std::string rejection_;  // of a certificate that failed
  friend int note_rejected_certificate(int ok, X509_STORE_CTX* store);
};

}  // namespace holysheep::net
