#include "support/files.hpp"
#include "support/gunzip.hpp"
#include <holysheep/proxy/compression.hpp>

#include <array>

#include <gtest/gtest.h>

namespace holysheep::proxy {
namespace {

using holysheep::testing::gunzip;
using holysheep::testing::noise;

class BodyCompression : public ::testing::Test {
 protected:
  std::string take(std::string_view piece, bool last = false) {
    const std::array pieces{piece};
    return std::string(compression_.take(pieces, last));
  }
  [[nodiscard]] std::int64_t held() const { return accounts_.held(MemoryUse::compression); }

  http::GzipEncoders encoders_;
  MemoryAccounts accounts_;
  LoopMemory loop_;
  Compression compression_{encoders_, accounts_, loop_, std::nullopt};
};

TEST_F(BodyCompression, GivesTheWholeWithTheLastPiece) {
  std::string packed = take("one ");
  packed += take("two ");
  packed += take("three", true);
  EXPECT_TRUE(gunzip(packed).complete);
  EXPECT_EQ(gunzip(packed).bytes, "one two three");
}

TEST_F(BodyCompression, FlushesOnceWhatItHolds) {
  EXPECT_EQ(compression_.flush(), "") << "nothing came yet";
  std::string packed = take("one");
  packed += compression_.flush();
  EXPECT_EQ(gunzip(packed).bytes, "one");
  EXPECT_EQ(compression_.flush(), "") << "nothing came since";
  take("", true);
  EXPECT_EQ(compression_.flush(), "") << "after the end";
}

TEST_F(BodyCompression, IsCharged) {
  const auto idle = held();
  EXPECT_GT(idle, 64 << 10) << "the encoder";
  const std::string piece = noise(200'000);
  take(piece);
  EXPECT_GE(held(), idle + 100'000) << "what came out of it";
}

TEST_F(BodyCompression, IsPromisedByItsEventLoop) {
  EXPECT_EQ(loop_.committed(), held());
  take(noise(200'000), true);
  EXPECT_EQ(loop_.committed(), held());
  loop_.grant({.hold = loop_.committed() + (70 << 10)});
  EXPECT_TRUE(Compression::possible(loop_, std::nullopt));
  EXPECT_FALSE(Compression::possible(loop_, 100'000));
}

TEST_F(BodyCompression, GivesTheEncoderBackWithTheLastPiece) {
  const auto idle = held();
  take("all of it", true);
  EXPECT_LT(held(), idle / 2) << "only what is to be sent";
  EXPECT_GT(encoders_.memory(), 0U);
}

TEST(BodyCompressionCharge, EndsWithIt) {
  http::GzipEncoders encoders;
  MemoryAccounts accounts;
  {
    LoopMemory loop;
    const Compression one(encoders, accounts, loop, 5000), another(encoders, accounts, loop, std::nullopt);
  }
  EXPECT_EQ(accounts.held(MemoryUse::compression), 0);
}

}  // namespace
}  // namespace holysheep::proxy
