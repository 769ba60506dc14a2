#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace holysheep::testing {

/// A certificate with its private key, made on the spot.
struct CertifiedKey {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;

  /// In PEM.
  [[nodiscard]] std::string certificate_pem() const;
  [[nodiscard]] std::string key_pem() const;
};

/// What a certificate is to say; as it stands, nobody could object to it.
struct CertificatePlan {
  enum class Role { server, authority };

  Role role = Role::server;
  std::string name = "localhost";
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";  ///< subjectAltName; empty: none
  int rsa_bits = 0;                                         ///< 0: an elliptic curve's key, P-256
  std::string digest = "SHA256";                            ///< of the signature
  int from_days = -1;
  int to_days = 30;
  std::string usage = "serverAuth";    ///< extendedKeyUsage, of a server
  std::string basic_constraints = {};  ///< empty: as the role has it
  std::string name_constraints = {};   ///< empty: none
};

/// Makes keys and certificates; a key of each kind is made once. Throws std::runtime_error when OpenSSL
/// refuses.
class CertificateMaker {
 public:
  /// `issuer` null: signed by its own key.
  CertifiedKey make(const CertificatePlan& plan, const CertifiedKey* issuer);

 private:
  std::shared_ptr<EVP_PKEY> new_key(int rsa_bits);
};

}  // namespace holysheep::testing
