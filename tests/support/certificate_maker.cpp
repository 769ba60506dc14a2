#include "support/certificate_maker.hpp"

#include <cstdint>
#include <functional>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

namespace holysheep::testing {
namespace {

constexpr long day = 86'400;

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("cannot " + what);
}

std::string pem(const std::function<int(BIO*)>& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  require(write(out.get()) == 1, "write PEM");
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  require(extension != nullptr, "make the extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void add_name(X509* certificate, const std::string& name) {
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
}

void add_extensions(X509* certificate, X509* signer, const CertificatePlan& plan) {
  const bool authority = plan.role == CertificatePlan::Role::authority;
  const std::string basic = authority ? "critical,CA:TRUE" : "critical,CA:FALSE";
  add_extension(certificate, signer, NID_basic_constraints,
                plan.basic_constraints.empty() ? basic : plan.basic_constraints);
  add_extension(certificate, signer, NID_subject_key_identifier, "hash");
  add_extension(certificate, signer, NID_authority_key_identifier, "keyid");
  add_extension(certificate, signer, NID_name_constraints, plan.name_constraints);
  if (authority) return add_extension(certificate, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate, signer, NID_key_usage, "critical,digitalSignature,keyEncipherment");
  add_extension(certificate, signer, NID_ext_key_usage, plan.usage);
  add_extension(certificate, signer, NID_subject_alt_name, plan.names);
}

}  // namespace

std::string CertifiedKey::certificate_pem() const {
  return pem([this](BIO* out) { return PEM_write_bio_X509(out, certificate.get()); });
}

std::string CertifiedKey::key_pem() const {
  return pem([this](BIO* out) {
    return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::shared_ptr<EVP_PKEY> CertificateMaker::new_key(int rsa_bits) {
  EVP_PKEY* made = rsa_bits > 0 ? EVP_RSA_gen(static_cast<unsigned>(rsa_bits)) : EVP_EC_gen("P-256");
  require(made != nullptr, "make a key");
  return {made, EVP_PKEY_free};
}

CertifiedKey CertificateMaker::make(const CertificatePlan& plan, const CertifiedKey* issuer) {
  CertifiedKey made{new_key(plan.rsa_bits), {X509_new(), X509_free}};
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1U);
  X509_gmtime_adj(X509_getm_notBefore(certificate), plan.from_days * day);
  X509_gmtime_adj(X509_getm_notAfter(certificate), plan.to_days * day);
  X509_set_pubkey(certificate, made.key.get());
  add_name(certificate, plan.name);
  X509* signer = issuer != nullptr ? issuer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  add_extensions(certificate, signer, plan);
  EVP_PKEY* signing = issuer != nullptr ? issuer->key.get() : made.key.get();
  require(X509_sign(certificate, signing, EVP_get_digestbyname(plan.digest.c_str())) > 0,
          "sign a certificate");
  return made;
}

}  // namespace holysheep::testing
