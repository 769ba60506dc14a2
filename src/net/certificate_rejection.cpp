#include <holysheep/net/certificate_rejection.hpp>

#include <algorithm>
#include <cctype>
#include <functional>
#include <memory>
#include <string_view>

#include <boost/asio/ip/address.hpp>
#include <openssl/bio.h>
#include <openssl/x509v3.h>

namespace holysheep::net {
namespace {

constexpr long longest_text = 200;

std::string printed(const std::function<void(BIO*)>& print) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  print(out.get());
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(std::clamp(size, 0L, longest_text)));
}

std::string one_line(const X509_NAME* name) {
  return printed([name](BIO* out) { X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253); });
}

std::string text_of(const ASN1_TIME* time) {
  return printed([time](BIO* out) { ASN1_TIME_print(out, time); });
}

template <typename Address>
std::string address_text(const unsigned char* bytes) {
  typename Address::bytes_type all{};
  std::copy_n(bytes, all.size(), all.begin());
  return Address(all).to_string();
}

/// As a name or an address; anything but letters, digits and "-_.:*" is shown as "?".
std::string text_of(const GENERAL_NAME* name) {
  int kind = 0;
  const auto* value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &kind));
  if (kind != GEN_DNS && kind != GEN_IPADD) return {};
  const auto* bytes = ASN1_STRING_get0_data(value);
  const auto size = static_cast<std::size_t>(ASN1_STRING_length(value));
  if (kind == GEN_IPADD) {
    if (size == 4) return address_text<boost::asio::ip::address_v4>(bytes);
    return size == 16 ? address_text<boost::asio::ip::address_v6>(bytes) : std::string();
  }
  std::string text(reinterpret_cast<const char*>(bytes), size);
  std::ranges::replace_if(
      text,
      [](unsigned char c) {
        return std::isalnum(c) == 0 &&
               std::string_view("-_.:*").find(static_cast<char>(c)) == std::string_view::npos;
      },
      '?');
  return text;
}

/// The hosts that it is for (subjectAltName), separated by commas.
std::string hosts_of(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  std::string all;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()) && std::ssize(all) < longest_text; ++i) {
    const std::string one = text_of(sk_GENERAL_NAME_value(names.get(), i));
    if (!one.empty()) all += (all.empty() ? "" : ", ") + one;
  }
  if (std::ssize(all) > longest_text) all.resize(longest_text);
  return all.empty() ? "no host" : all;
}

std::string what_to_do(int error, const X509* certificate, const std::string& host) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "it was valid until " + text_of(X509_get0_notAfter(certificate)) +
             ": upstream must renew it, unless this machine's clock is wrong";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "it is valid from " + text_of(X509_get0_notBefore(certificate)) +
             ": this machine's clock may be wrong";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "it is for " + hosts_of(certificate) + ", not for " + host;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "if it is to be trusted, put the issuer's certificate into SSL_CERT_FILE";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "upstream must send its intermediate certificates; if its authority is not a public one, put "
             "the "
             "issuer's certificate into SSL_CERT_FILE";
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return "it needs an elliptic curve's key, or RSA of 2048 bits or more";
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return "it must be signed anew, over SHA-256 or better";
    case X509_V_ERR_INVALID_PURPOSE:
      return "it must be issued for servers (serverAuth)";
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return "its authority may not vouch for it";
    default:
      return {};
  }
}

}  // namespace

std::string describe_rejection(int error, const X509* certificate, const std::string& host) {
  std::string text = X509_verify_cert_error_string(error);
  if (certificate == nullptr) return text;
  if (const std::string advice = what_to_do(error, certificate, host); !advice.empty()) text += ": " + advice;
  return text + "; certificate subject '" + one_line(X509_get_subject_name(certificate)) + "', issuer '" +
         one_line(X509_get_issuer_name(certificate)) + "'";
}

}  // namespace holysheep::net
