#include <holysheep/net/certificate_rejection.hpp>
#include <holysheep/net/upstream_connection.hpp>

#include <array>

#include <boost/asio/ip/address.hpp>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace holysheep::net {
namespace {

int connection_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int retry_or_fail(BIO* bio, IoStatus status) {
  BIO_clear_retry_flags(bio);
  if (status == IoStatus::want_read) BIO_set_retry_read(bio);
  if (status == IoStatus::want_write) BIO_set_retry_write(bio);
  if (status == IoStatus::end) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return status == IoStatus::end ? 0 : -1;
}

int read_socket(BIO* bio, char* into, std::size_t size, std::size_t* count) {
  const auto got = static_cast<Socket*>(BIO_get_data(bio))->read({into, size});
  *count = got.count;
  return got.status == IoStatus::done ? 1 : retry_or_fail(bio, got.status);
}

int write_socket(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) {
  const iovec part{const_cast<char*>(bytes), size};
  const auto put = static_cast<Socket*>(BIO_get_data(bio))->write({&part, 1});
  *count = put.count;
  return put.status == IoStatus::done ? 1 : retry_or_fail(bio, put.status);
}

long control_socket(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/// Lives as long as the process.
const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "holysheep socket");
    BIO_meth_set_read_ex(made, read_socket);
    BIO_meth_set_write_ex(made, write_socket);
    BIO_meth_set_ctrl(made, control_socket);
    return made;
  }();
  return method;
}

}  // namespace

int note_rejected_certificate(int ok, X509_STORE_CTX* store) {
  if (ok == 1) return 1;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* self = static_cast<UpstreamConnection*>(SSL_get_ex_data(ssl, connection_index()));
  if (self != nullptr) {
    self->rejection_ = describe_rejection(X509_STORE_CTX_get_error(store),
                                          X509_STORE_CTX_get_current_cert(store), self->host_);
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
  host_ = host;
  ssl_.reset(SSL_new(context_->native()));
  BIO* bio = ssl_ ? BIO_new(socket_method()) : nullptr;
  if (bio == nullptr) return false;
  BIO_set_data(bio, &socket);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_ex_data(ssl_.get(), connection_index(), this);
  SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, note_rejected_certificate);
  boost::system::error_code not_literal;
  boost::asio::ip::make_address(host, not_literal);
  if (not_literal) {
    // RFC 9110 §4.3.4: the subject's common name is no name of a host.
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
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
    failure.detail = rejection_.empty() ? X509_verify_cert_error_string(verdict) : rejection_;
  } else if (error != 0) {
    const int reason = ERR_GET_REASON(error);
    const bool version = reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION;
    failure.verification = version || reason == SSL_R_WRONG_VERSION_NUMBER ||
                           reason == SSL_R_EE_KEY_TOO_SMALL || reason == SSL_R_DH_KEY_TOO_SMALL;
    const char* text = ERR_reason_error_string(error);
    failure.detail = text != nullptr ? text : "handshake failed";
    if (version) failure.detail += ": upstream speaks neither TLS 1.2 nor 1.3";
  } else {
    failure.detail = "the connection was lost in the handshake";
  }
  ERR_clear_error();
  return failure;
}

bool UpstreamConnection::silent() noexcept {
  if (!socket.readable() && !(ssl_ && SSL_has_pending(ssl_.get()) == 1)) return true;
  std::array<char, 1> byte;
  return read(byte).status == IoStatus::want_read;
}

std::size_t UpstreamConnection::decrypted() const noexcept {
  return ssl_ ? static_cast<std::size_t>(SSL_pending(ssl_.get())) : 0;
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
