#include "support/certificate_maker.hpp"
#include "support/files.hpp"
#include "support/stage.hpp"

#include <gmock/gmock.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Role = CertificatePlan::Role;

/// A certificate that upstream shows, the authority and the one in between that stand behind it, and what is
/// wrong with them.
struct Shown {
  const char* name;
  CertificatePlan server = {};
  CertificatePlan between = {.role = Role::authority, .name = "Issuing CA"};
  CertificatePlan root = {.role = Role::authority, .name = "Root CA"};
  std::string trouble = {};  ///< as the error names it; empty: none, upstream is asked
  std::string advice = {};   ///< and what it says is to be done
  bool sends_between = true;
  bool signs_itself = false;
  bool trusts_root = true;
};

void PrintTo(const Shown& shown, std::ostream* out) {
  *out << shown.name;
}

/// OpenSSL as lenient as a machine's own configuration can make it: what is refused all the same is refused
/// by the proxy, not by Debian.
constexpr std::string_view lenient =
    "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = lenient\n[lenient]\n"
    "CipherString = ALL:@SECLEVEL=0\nMinProtocol = TLSv1\n";

class AnUpstreamsCertificate : public ::testing::TestWithParam<Shown> {
 protected:
  AnUpstreamsCertificate() {
    const Shown& shown = GetParam();
    CertificateMaker maker;
    const auto root = maker.make(shown.root, nullptr);
    const auto between = maker.make(shown.between, &root);
    const auto server = maker.make(shown.server, shown.signs_itself ? nullptr : &between);
    std::string chain = server.certificate_pem();
    if (shown.sends_between && !shown.signs_itself) chain += between.certificate_pem();
    arguments_ = {"--cert", folder_.write("chain.pem", chain), "--key",
                  folder_.write("key.pem", server.key_pem())};
    settings_ = {
        {"OPENSSL_CONF", folder_.write("openssl.cnf", lenient)},
        {"CIRCUIT_BREAKER_THRESHOLD", "2"},
        {"SSL_CERT_FILE", shown.trusts_root ? folder_.write("root.pem", root.certificate_pem()) : ""}};
  }

  const TempDirectory folder_;
  std::vector<std::string> arguments_;
  Environment settings_;
};

class ABadCertificate : public AnUpstreamsCertificate {};
class AGoodCertificate : public AnUpstreamsCertificate {};

TEST_P(ABadCertificate, IsNamedWithWhatToDoAndGetsNoRequest) {
  const Shown& shown = GetParam();
  Stage stage(settings_, arguments_);
  const auto answer = fetch(stage.port(), chat("gpt-4.1"));
  expect_gateway_error(answer, 502, "upstream_tls_error");
  EXPECT_THAT(answer.body, HasSubstr(shown.trouble));
  EXPECT_THAT(answer.body, HasSubstr(shown.advice));
  EXPECT_THAT(answer.body, HasSubstr("certificate subject 'CN="));
  EXPECT_THAT(answer.body, HasSubstr("SSL_CERT_FILE"));
  EXPECT_THAT(answer.body, Not(HasSubstr("upstream-secret-key")));
  EXPECT_EQ(attempts(answer), 1) << "asking again would end the same way";
  EXPECT_EQ(answer.header("x-should-retry"), "false");
  expect_gateway_error(fetch(stage.port(), chat("gpt-4.1")), 502, "upstream_tls_error");
  expect_gateway_error(fetch(stage.port(), chat("gpt-4.1")), 503, "circuit_open");
  EXPECT_EQ(stage.simulator.request_count(), 0U) << "the key never left";
}

TEST_P(AGoodCertificate, OfTheSameMakingIsTaken) {
  Stage stage(settings_, arguments_);
  const auto answer = fetch(stage.port(), chat("gpt-4.1"));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(stage.simulator.request_count(), 1U);
}

const std::string trust_it = "the issuer's certificate into SSL_CERT_FILE";

std::vector<Shown> bad() {
  return {
      {.name = "expired",
       .server = {.from_days = -30, .to_days = -1},
       .trouble = "certificate has expired",
       .advice = "clock"},
      {.name = "not_yet_valid",
       .server = {.from_days = 1},
       .trouble = "certificate is not yet valid",
       .advice = "clock"},
      {.name = "of_an_authority_that_expired",
       .between = {.role = Role::authority, .name = "Issuing CA", .from_days = -30, .to_days = -1},
       .trouble = "certificate has expired",
       .advice = "clock"},
      {.name = "for_another_host",
       .server = {.name = "elsewhere.example", .names = "DNS:elsewhere.example"},
       .trouble = "hostname mismatch",
       .advice = "it is for elsewhere.example, not for localhost"},
      {.name = "whose_name_is_in_its_subject_only",
       .server = {.names = ""},
       .trouble = "hostname mismatch",
       .advice = "it is for no host, not for localhost"},
      {.name = "signed_by_itself",
       .trouble = "self-signed certificate",
       .advice = trust_it,
       .signs_itself = true},
      {.name = "of_an_unknown_authority",
       .trouble = "unable to get local issuer certificate",
       .advice = trust_it,
       .trusts_root = false},
      {.name = "without_the_one_in_between",
       .trouble = "unable to get local issuer certificate",
       .advice = "upstream must send its intermediate certificates",
       .sends_between = false},
      {.name = "with_a_key_of_768_bits",
       .server = {.rsa_bits = 768},
       .trouble = "EE certificate key too weak",
       .advice = "RSA of 2048 bits"},
      {.name = "with_a_key_of_1024_bits",
       .server = {.rsa_bits = 1024},
       .trouble = "EE certificate key too weak",
       .advice = "RSA of 2048 bits"},
      {.name = "of_an_authority_with_a_key_of_1024_bits",
       .between = {.role = Role::authority, .name = "Issuing CA", .rsa_bits = 1024},
       .trouble = "CA certificate key too weak",
       .advice = "RSA of 2048 bits"},
      {.name = "signed_over_sha1",
       .server = {.digest = "SHA1"},
       .trouble = "CA signature digest algorithm too weak",
       .advice = "SHA-256"},
      {.name = "signed_over_md5",
       .server = {.digest = "MD5"},
       .between = {.role = Role::authority, .name = "Issuing CA", .rsa_bits = 2048},
       .trouble = "CA signature digest algorithm too weak",
       .advice = "SHA-256"},
      {.name = "for_clients_only",
       .server = {.usage = "clientAuth"},
       .trouble = "unsuitable certificate purpose",
       .advice = "serverAuth"},
      {.name = "outside_its_authoritys_names",
       .between = {.role = Role::authority,
                   .name = "Issuing CA",
                   .name_constraints = "critical,permitted;DNS:.corp.example"},
       .trouble = "permitted subtree violation",
       .advice = "its authority may not vouch for it"},
      {.name = "of_one_that_is_no_authority",
       .between = {.role = Role::authority, .name = "Issuing CA", .basic_constraints = "critical,CA:FALSE"},
       .trouble = "invalid CA certificate",
       .advice = "its authority may not vouch for it"},
      {.name = "of_one_authority_too_many",
       .root = {.role = Role::authority,
                .name = "Root CA",
                .basic_constraints = "critical,CA:TRUE,pathlen:0"},
       .trouble = "path length constraint exceeded",
       .advice = "its authority may not vouch for it"},
  };
}

std::vector<Shown> good() {
  return {
      {.name = "with_an_elliptic_key"},
      {.name = "with_a_key_of_2048_bits", .server = {.rsa_bits = 2048}},
      {.name = "for_servers_and_clients", .server = {.usage = "serverAuth,clientAuth"}},
      {.name = "inside_its_authoritys_names",
       .server = {.names = "DNS:localhost"},
       .between = {.role = Role::authority,
                   .name = "Issuing CA",
                   .name_constraints = "critical,permitted;DNS:localhost"}},
  };
}

std::string name_of(const ::testing::TestParamInfo<Shown>& each) {
  return each.param.name;
}

INSTANTIATE_TEST_SUITE_P(Each, ABadCertificate, ::testing::ValuesIn(bad()), name_of);
INSTANTIATE_TEST_SUITE_P(Each, AGoodCertificate, ::testing::ValuesIn(good()), name_of);

TEST(AnUpstreamOfTls11, IsNamedAndGetsNoRequest) {
  const TempDirectory folder;
  Stage stage({{"OPENSSL_CONF", folder.write("openssl.cnf", lenient)}}, {"--tls-fault", "tls11-only"});
  const auto answer = fetch(stage.port(), chat("gpt-4.1"));
  expect_gateway_error(answer, 502, "upstream_tls_error");
  EXPECT_THAT(answer.body, HasSubstr("upstream speaks neither TLS 1.2 nor 1.3"));
  EXPECT_EQ(attempts(answer), 1);
  EXPECT_EQ(answer.header("x-should-retry"), "false");
  EXPECT_EQ(stage.simulator.request_count(), 0U);
}

}  // namespace
}  // namespace holysheep::testing
