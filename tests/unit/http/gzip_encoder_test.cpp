#include "support/gunzip.hpp"
#include <holysheep/http/gzip_encoder.hpp>

#include <array>
#include <random>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

using holysheep::testing::gunzip;

/// Compressible as JSON is; `random` bytes are not.
std::string text(std::size_t size, bool random = false) {
  std::minstd_rand numbers(42);
  std::string out;
  while (out.size() < size) {
    if (random) {
      out += static_cast<char>(numbers() >> 7U);
    } else {
      out += "{\"index\":" + std::to_string(numbers() % 1000) + ",\"text\":\"a word\"},";
    }
  }
  out.resize(size);
  return out;
}

void expect_whole(const std::string& packed, const std::string& plain) {
  const auto inflated = gunzip(packed);
  EXPECT_TRUE(inflated.complete);
  EXPECT_TRUE(inflated.bytes == plain) << inflated.bytes.size() << " bytes";
}

TEST(GzipEncoder, GivesBackWhatItTookWhateverThePieces) {
  for (const std::size_t size : {0U, 1U, 1024U, 70'000U, 1'000'000U}) {
    for (const std::size_t piece : {1U, 700U, 4096U, 1'000'000U}) {
      if (size / piece > 100'000) continue;
      for (const bool random : {false, true}) {
        const std::string plain = text(size, random);
        GzipEncoder encoder(12);
        std::string packed;
        for (std::size_t at = 0; at < size; at += piece) {
          encoder.feed(std::string_view(plain).substr(at, piece), Then::more, packed);
        }
        encoder.feed({}, Then::end, packed);
        expect_whole(packed, plain);
        EXPECT_LE(packed.size(), size + size / 100 + 100);
      }
    }
  }
}

TEST(GzipEncoder, AppendsToWhatIsThere) {
  std::string out = "before";
  GzipEncoder(13).feed("abc", Then::end, out);
  EXPECT_TRUE(out.starts_with("before\x1f\x8b"));
  expect_whole(out.substr(6), "abc");
}

TEST(GzipEncoder, BeforeAWaitAllCanBeRead) {
  const std::string plain = text(50'000);
  for (const std::size_t piece : {1U, 100U, 5000U}) {
    GzipEncoder encoder(13);
    std::string packed;
    for (std::size_t end = piece; end <= std::min<std::size_t>(plain.size(), piece * 20); end += piece) {
      encoder.feed(std::string_view(plain).substr(end - piece, piece), Then::more, packed);
      encoder.feed({}, Then::wait, packed);
      const auto inflated = gunzip(packed);
      EXPECT_EQ(inflated.bytes, plain.substr(0, end));
      EXPECT_FALSE(inflated.complete);
      EXPECT_FALSE(inflated.broken);
    }
  }
}

TEST(GzipEncoder, WithoutItsEndItIsNotComplete) {
  GzipEncoder encoder(13);
  std::string packed;
  encoder.feed(text(5000), Then::wait, packed);
  EXPECT_FALSE(gunzip(packed).complete);
}

TEST(GzipEncoder, RestartedItRemembersNothing) {
  GzipEncoder encoder(13);
  std::string first;
  encoder.feed(text(3000), Then::more, first);
  encoder.restart();
  std::string second;
  encoder.feed("another", Then::end, second);
  expect_whole(second, "another");
}

TEST(GzipEncoder, TakesTheMemoryThatIsSaidOfItsWindow) {
  const std::array<std::size_t, 4> kibibytes{38, 70, 134, 262};
  for (int window = GzipEncoder::least_window; window <= GzipEncoder::most_window; ++window) {
    const std::size_t expected =
        kibibytes[static_cast<std::size_t>(window - GzipEncoder::least_window)] * 1024;
    GzipEncoder encoder(window);
    EXPECT_NEAR(static_cast<double>(encoder.memory()), static_cast<double>(expected), 1024);
    EXPECT_EQ(GzipEncoder::memory_of(window), expected);
    std::string out;
    const std::size_t before = encoder.memory();
    encoder.feed(text(100'000), Then::end, out);
    EXPECT_EQ(encoder.memory(), before);
  }
}

TEST(GzipWindow, FollowsTheLength) {
  EXPECT_EQ(window_for(1024), 12);
  EXPECT_EQ(window_for(4096 - 262), 12);
  EXPECT_EQ(window_for(4096 - 261), 13);
  EXPECT_EQ(window_for(10'000), 14);
  EXPECT_EQ(window_for(16'384), 15);
  EXPECT_EQ(window_for(UINT64_MAX), 15);
  EXPECT_EQ(window_for(std::nullopt), 13);
}

TEST(GzipEncoders, LendTheSameOneAgainAtItsBeginning) {
  GzipEncoders encoders;
  EXPECT_EQ(encoders.memory(), 0U);
  auto lent = encoders.take(2000);
  const GzipEncoder* const first = lent.get();
  std::string unfinished;
  lent->feed("left in the middle", Then::more, unfinished);
  lent.reset();
  EXPECT_EQ(encoders.memory(), first->memory());
  lent = encoders.take(2000);
  EXPECT_EQ(lent.get(), first);
  EXPECT_EQ(encoders.memory(), 0U);
  std::string packed;
  lent->feed("whole", Then::end, packed);
  expect_whole(packed, "whole");
  EXPECT_EQ(encoders.take(100'000)->window(), 15) << "another size is another encoder";
}

TEST(GzipEncoders, KeepFew) {
  GzipEncoders encoders;
  std::vector<GzipEncoders::Lent> crowd;
  for (int i = 0; i < 20; ++i) crowd.push_back(encoders.take(2000));
  const std::size_t each = crowd.front()->memory();
  crowd.clear();
  EXPECT_EQ(encoders.memory(), 2 * each);
}

}  // namespace
}  // namespace holysheep::http
