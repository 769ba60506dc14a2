#include <array>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <simulator/certificates.hpp>

namespace holysheep::sim {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

constexpr long day = 86'400;

/// What a certificate is to say.
struct Wanted {
  const char* name;
  const char* alternative_names;  ///< null: an authority
  long from_days;
  long to_days;
};

constexpr const char* local_names = "DNS:localhost,IP:127.0.0.1,IP:::1";

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string("simulator: cannot ") + what);
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  require(key != nullptr, "make a key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  require(extension != nullptr, "make a certificate extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// `issuer` null: signed by its own key.
Certificate make_certificate(const Wanted& wanted, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  Certificate made(X509_new(), X509_free);
  X509* certificate = made.get();
  require(certificate != nullptr, "make a certificate");
  X509_set_version(certificate, X509_VERSION_3);
  std::array<unsigned char, 8> serial{};
  RAND_bytes(serial.data(), static_cast<int>(serial.size()));
  std::uint64_t number = 0;
  std::memcpy(&number, serial.data(), serial.size());
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1U);
  X509_gmtime_adj(X509_getm_notBefore(certificate), wanted.from_days * day);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wanted.to_days * day);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("HolySheep Simulator"), -1, -1, 0);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(wanted.name),
                             -1, -1, 0);
  X509* signer = issuer != nullptr ? issuer : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  const bool authority = wanted.alternative_names == nullptr;
  add_extension(certificate, signer, NID_basic_constraints,
                authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(certificate, signer, NID_key_usage,
                authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
  add_extension(certificate, signer, NID_subject_key_identifier, "hash");
  add_extension(certificate, signer, NID_authority_key_identifier, "keyid");
  if (!authority) {
    add_extension(certificate, signer, NID_subject_alt_name, wanted.alternative_names);
    add_extension(certificate, signer, NID_ext_key_usage, "serverAuth");
  }
  require(X509_sign(certificate, issuer_key, EVP_sha256()) > 0, "sign a certificate");
  return made;
}

File open_for_writing(const std::filesystem::path& path) {
  File file(std::fopen(path.c_str(), "w"), std::fclose);
  require(file != nullptr, ("write " + path.string()).c_str());
  return file;
}

void write_certificate(const std::filesystem::path& path, X509* certificate) {
  const File file = open_for_writing(path);
  require(PEM_write_X509(file.get(), certificate) == 1, "write a certificate");
}

void write_pair(const std::filesystem::path& folder, const std::string& name, X509* certificate,
                EVP_PKEY* key) {
  write_certificate(folder / (name + ".pem"), certificate);
  const File file = open_for_writing(folder / (name + ".key"));
  std::filesystem::permissions(folder / (name + ".key"),
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  require(PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "write a key");
}

int choose_http11(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                  unsigned int offered_size, void*) {
  static constexpr std::array<unsigned char, 9> http11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const int result =
      SSL_select_next_proto(&chosen, out_size, http11.data(), http11.size(), offered, offered_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

void make_certificates(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const Key ca_key = make_key();
  const Key other_key = make_key();
  const Certificate ca =
      make_certificate({"Simulator CA", nullptr, -1, 3650}, ca_key.get(), nullptr, ca_key.get());
  const Certificate other =
      make_certificate({"Another CA", nullptr, -1, 3650}, other_key.get(), nullptr, other_key.get());
  write_certificate(folder / "ca.pem", ca.get());
  write_certificate(folder / "otherca-ca.pem", other.get());

  const auto make = [&](const std::string& file, const Wanted& wanted, X509* issuer, EVP_PKEY* issuer_key) {
    const Key key = make_key();
    const Certificate certificate =
        make_certificate(wanted, key.get(), issuer, issuer_key != nullptr ? issuer_key : key.get());
    write_pair(folder, file, certificate.get(), key.get());
  };
  make("server", {"localhost", local_names, -1, 825}, ca.get(), ca_key.get());
  make("expired", {"localhost", local_names, -30, -1}, ca.get(), ca_key.get());
  make("wronghost", {"elsewhere.example", "DNS:elsewhere.example", -1, 825}, ca.get(), ca_key.get());
  make("selfsigned", {"localhost", local_names, -1, 825}, nullptr, nullptr);
  make("otherca", {"localhost", local_names, -1, 825}, other.get(), other_key.get());
}

TlsContext make_tls_context(const std::string& certificate_file, const std::string& key_file) {
  TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX* ctx = context.get();
  require(ctx != nullptr, "make a TLS context");
  SSL_CTX_set_security_level(ctx, 0);  // so that a weak certificate can be shown
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(ctx, 1);  // one read for a record's head and body
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  static constexpr std::array<unsigned char, 3> session_context{'s', 'i', 'm'};
  SSL_CTX_set_session_id_context(ctx, session_context.data(), session_context.size());
  SSL_CTX_set_alpn_select_cb(ctx, choose_http11, nullptr);
  require(SSL_CTX_use_certificate_chain_file(ctx, certificate_file.c_str()) == 1,
          ("read the certificate " + certificate_file).c_str());
  require(SSL_CTX_use_PrivateKey_file(ctx, key_file.c_str(), SSL_FILETYPE_PEM) == 1,
          ("read the key " + key_file).c_str());
  return context;
}

}  // namespace holysheep::sim
