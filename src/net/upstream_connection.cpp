#include <holysheep/net/upstream_connection.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include <boost/asio/ip/address.hpp>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

namespace holysheep::net {
namespace {

std::string one_line(const X509_NAME* name) {
  std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(std::clamp(size, 0L, 300L)));
}

int connection_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

int note_rejected_certificate(int ok, X509_STORE_CTX* store) {
  if (ok == 1) return 1;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* self = static_cast<UpstreamConnection*>(SSL_get_ex_data(ssl, connection_index()));
  if (X509* certificate = X509_STORE_CTX_get_current_cert(store); certificate != nullptr && self != nullptr) {
    self->rejected_ = "certificate subject '" + one_line(X509_get_subject_name(certificate)) + "', issuer '" +
                      one_line(X509_get_issuer_name(certificate)) + "'";
  }
  return 0;
}

UpstreamConnection::~UpstreamConnection() {
  if (!ssl_ || broken_ || SSL_is_init_finished(ssl_.get()) == 0) return;
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool UpstreamConnection::use_tls(std::shared_ptr<const TlsContext> context, const std::string& host,
                                 TlsSessions& sessions) {
  context_ = std::move(context);
  ssl_.reset(SSL_new(context_->native()));
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket.fd()) != 1) return false;
  SSL_set_ex_data(ssl_.get(), connection_index(), this);
  SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, note_rejected_certificate);
  boost::system::error_code not_literal;
  boost::asio::ip::make_address(host, not_literal);
  if (not_literal) {
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) != 1) return false;
    if (SSL_set1_host(ssl_.get(), host.c_str()) != 1) return false;
  } else if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str()) != 1) {
    return false;
  }
  sessions.receive_from(ssl_.get());
  sessions.offer(ssl_.get());
  SSL_set_connect_state(ssl_.get());
  return true;
}

IoResult UpstreamConnection::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? IoResult{IoStatus::done} : status_of(result);
}

UpstreamConnection::TlsFailure UpstreamConnection::tls_failure() const {
  TlsFailure failure;
  const auto verdict = SSL_get_verify_result(ssl_.get());
  const auto error = ERR_peek_error();
  if (verdict != X509_V_OK) {
    failure.verification = true;
    failure.detail = X509_verify_cert_error_string(verdict);
    if (!rejected_.empty()) failure.detail += ", " + rejected_;
  } else if (error != 0) {
    const int reason = ERR_GET_REASON(error);
    failure.verification = reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_WRONG_VERSION_NUMBER ||
                           reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION || reason == SSL_R_EE_KEY_TOO_SMALL ||
                           reason == SSL_R_DH_KEY_TOO_SMALL;
    const char* text = ERR_reason_error_string(error);
    failure.detail = text != nullptr ? text : "handshake failed";
  } else {
    failure.detail = "the connection was lost in the handshake";
  }
  ERR_clear_error();
  return failure;
}

bool UpstreamConnection::silent() noexcept {
  std::array<char, 1> byte;
  const auto waiting = ::recv(socket.fd(), byte.data(), byte.size(), MSG_PEEK | MSG_DONTWAIT);
  if (waiting < 0) return errno == EAGAIN || errno == EINTR;
  return waiting > 0 && ssl_ && read(byte).status == IoStatus::want_read;
}

IoResult UpstreamConnection::read(std::span<char> into) noexcept {
  if (!ssl_) return socket.read(into);
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
  return result == 1 ? IoResult{IoStatus::done, count} : status_of(result);
}

IoResult UpstreamConnection::write(std::string_view bytes) noexcept {
  if (!ssl_) {
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    return socket.write({&part, 1});
  }
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
  return result == 1 ? IoResult{IoStatus::done, count} : status_of(result);
}

IoResult UpstreamConnection::status_of(int result) noexcept {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {IoStatus::want_read};
    case SSL_ERROR_WANT_WRITE:
      return {IoStatus::want_write};
    case SSL_ERROR_ZERO_RETURN:
      return {IoStatus::end};  // close_notify: an end that upstream meant
    default:
      broken_ = true;
      return {IoStatus::lost};  // an end without close_notify among them
  }
}

}  // namespace holysheep::net
