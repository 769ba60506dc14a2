#include <holysheep/core/fault.hpp>
#include <holysheep/core/result.hpp>

#include <string>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

TEST(Result, HoldsAValueOrAnError) {
  const Result<std::string, Fault> good{std::string("yes")};
  EXPECT_TRUE(good);
  EXPECT_EQ(*good, "yes");
  const Result<std::string, Fault> bad{Unexpected{Fault::bad_request}};
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error(), Fault::bad_request);
}

TEST(Result, ReadingTheSideThatIsNotThereAborts) {
  const Result<int, Fault> bad{Unexpected{Fault::dns}};
  EXPECT_DEATH((void)bad.value(), "");
}

TEST(Fault, EveryUpstreamFaultHasAGatewayStatusAndACode) {
  for (auto fault = Fault::bad_request; fault < Fault::client_gone;
       fault = static_cast<Fault>(static_cast<int>(fault) + 1)) {
    EXPECT_GE(traits(fault).status, 400) << static_cast<int>(fault);
    EXPECT_FALSE(traits(fault).code.empty()) << static_cast<int>(fault);
  }
}

TEST(Fault, SilenceAndAnUnverifiedCertificateAreNeverRetried) {
  EXPECT_FALSE(traits(Fault::silence).retryable);
  EXPECT_FALSE(traits(Fault::tls_verify).retryable);
  EXPECT_TRUE(traits(Fault::tls_handshake).retryable);
}

}  // namespace
}  // namespace holysheep
