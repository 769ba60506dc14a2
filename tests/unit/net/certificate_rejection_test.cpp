#include <holysheep/net/certificate_rejection.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <openssl/x509v3.h>

namespace holysheep {
namespace {

using net::describe_rejection;
using ::testing::HasSubstr;

/// A certificate that says what anybody may write; unsigned, since nobody looks at that here.
class Certificate {
 public:
  void add_to_subject(const std::string& value) { add(X509_get_subject_name(x509_.get()), value); }
  void add_to_issuer(const std::string& value) { add(X509_get_issuer_name(x509_.get()), value); }

  void be_for(const std::string& host) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, host.data(), static_cast<int>(host.size()));
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    sk_GENERAL_NAME_push(hosts_.get(), name);
  }

  std::string refused_for(int error, const std::string& host) {
    X509_add1_ext_i2d(x509_.get(), NID_subject_alt_name, hosts_.get(), 0, X509V3_ADD_REPLACE);
    return describe_rejection(error, x509_.get(), host);
  }

 private:
  static void add(X509_NAME* name, const std::string& value) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(value.data());
    const auto size = static_cast<int>(value.size());
    if (X509_NAME_add_entry_by_NID(name, NID_description, V_ASN1_UTF8STRING, bytes, size, -1, 0) != 1)
      throw std::runtime_error("OpenSSL takes no such name");
  }

  std::shared_ptr<X509> x509_{X509_new(), X509_free};
  std::shared_ptr<GENERAL_NAMES> hosts_{GENERAL_NAMES_new(), GENERAL_NAMES_free};
};

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

TEST(CertificateRejection, NamesTheHostsAndTheOneAskedFor) {
  Certificate certificate;
  certificate.be_for("a.example");
  certificate.be_for("*.b.example");
  certificate.add_to_subject("me");
  EXPECT_THAT(certificate.refused_for(X509_V_ERR_HOSTNAME_MISMATCH, "c.example"),
              HasSubstr("it is for a.example, *.b.example, not for c.example; certificate subject "));
}

TEST(CertificateRejection, IsOfPrintableAsciiWhateverTheCertificateSays) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (std::size_t at = 0; at < all.size(); at += 16) {
    Certificate certificate;
    certificate.be_for("x\r\nSet-Cookie: a=b" + all.substr(at, 16));
    for (const char c : all.substr(at, 16)) {
      if (static_cast<unsigned char>(c) < 0x80) certificate.add_to_subject(std::string("a") + c + "b");
    }
    certificate.add_to_issuer("\xc3\xa4\xe2\x80\xae");
    const auto text = certificate.refused_for(X509_V_ERR_HOSTNAME_MISMATCH, "h");
    EXPECT_TRUE(is_plain(text)) << at << ": " << ::testing::PrintToString(text);
  }
}

TEST(CertificateRejection, IsOfOneKibibyteAtMost) {
  Certificate certificate;
  for (int i = 0; i < 100; ++i) {
    certificate.be_for(std::string(100, 'n'));
    certificate.add_to_subject(std::string(100, 's'));
    certificate.add_to_issuer(std::string(100, 'i'));
  }
  for (int error = 0; error < 100; ++error) {
    const auto text = certificate.refused_for(error, std::string(253, 'h'));
    EXPECT_LE(text.size(), 1024U) << text;
    EXPECT_THAT(text, HasSubstr("issuer '"));
  }
}

TEST(CertificateRejection, ManagesWithoutACertificate) {
  EXPECT_EQ(describe_rejection(X509_V_ERR_CERT_HAS_EXPIRED, nullptr, "h"), "certificate has expired");
}

}  // namespace
}  // namespace holysheep
