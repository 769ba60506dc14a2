#pragma once

#include <string>

#include <openssl/x509.h>

namespace holysheep::net {

/// Why a certificate was refused, for the one who must mend it: OpenSSL's word for it (`error`, an
/// X509_V_ERR_…), what to do about it where that is known, and whose certificate it is. `host`: what was
/// asked for. At most 1 KiB; what the certificate says is cut and escaped, since anybody may have written it.
[[nodiscard]] std::string describe_rejection(int error, const X509* certificate, const std::string& host);

}  // namespace holysheep::net
