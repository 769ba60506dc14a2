#include "cutting.hpp"
#include <holysheep/http/gzip_encoder.hpp>
#include <holysheep/http/usage_meter.hpp>

#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <zlib.h>

namespace holysheep::http {
namespace {

std::string gzipped(std::string_view text) {
  GzipEncoder encoder(15);
  std::string out;
  encoder.feed(text, Then::end, out);
  return out;
}

/// `window` as zlib has it: 15 with its header, -15 without.
std::string deflated(std::string_view text, int window) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(::deflateBound(&stream, text.size()) + 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::string random_text(std::size_t size, std::mt19937& random) {
  std::string text;
  while (text.size() < size) text += static_cast<char>('a' + random() % 26);
  return text;
}

std::string inflated(ContentCoding coding, const std::vector<std::string_view>& pieces,
                     bool* failed = nullptr) {
  Inflater inflater(coding);
  std::string all;
  for (const auto piece : pieces) {
    const std::string own(piece);
    std::string_view rest = own;
    for (auto out = inflater.next(rest); !out.empty(); out = inflater.next(rest)) all += out;
    EXPECT_TRUE(rest.empty());
  }
  if (failed != nullptr) *failed = inflater.failed();
  return all;
}

TEST(Inflater, ReadsEachCodingInAnyCutting) {
  std::mt19937 random(11);
  for (const std::size_t size : {0, 1, 100, 4095, 4096, 4097, 100'000}) {
    const std::string text = random_text(size, random);
    const std::string other = random_text(size / 2, random);
    for (int round = 0; round < 4; ++round) {
      const std::size_t longest = round == 0 ? 1'000'000 : random() % 3000 + 1;
      const auto cut = [&](const std::string& coded) { return random_cuts(coded, random, longest); };
      const std::string gzip = gzipped(text);
      const std::string members = gzip + gzipped(other);
      const std::string zlib = deflated(text, 15);
      const std::string raw = deflated(text, -15);
      EXPECT_EQ(inflated(ContentCoding::gzip, cut(gzip)), text);
      EXPECT_EQ(inflated(ContentCoding::gzip, cut(members)), text + other);
      EXPECT_EQ(inflated(ContentCoding::deflate, cut(zlib)), text);
      EXPECT_EQ(inflated(ContentCoding::deflate, cut(raw)), text);
    }
  }
}

TEST(Inflater, GivesWhatCameBeforeAFault) {
  bool failed = false;
  const std::string text = "hello, " + std::string(200, 'x');
  std::string broken = gzipped(text);
  broken[broken.size() - 5] ^= 0x55;  // its sum
  EXPECT_EQ(inflated(ContentCoding::gzip, {broken}, &failed), text);
  EXPECT_TRUE(failed);
  EXPECT_EQ(inflated(ContentCoding::gzip, {gzipped(text) + "junk"}, &failed), text);
  EXPECT_TRUE(failed);
  EXPECT_EQ(inflated(ContentCoding::gzip, {"no such thing", "at all"}, &failed), "");
  EXPECT_TRUE(failed);
  EXPECT_EQ(
      inflated(ContentCoding::gzip, {std::string_view(broken).substr(0, 15)}, &failed).size() < text.size(),
      true);
  EXPECT_FALSE(failed) << "more may come";
}

TEST(Inflater, GivesUpABodyThatGrowsBeyondWhatTextDoes) {
  bool failed = false;
  const std::string bomb = gzipped(std::string(64 << 20, '\0'));
  EXPECT_LT(inflated(ContentCoding::gzip, {bomb}, &failed).size(), std::size_t{8} << 20);
  EXPECT_TRUE(failed);
  const std::string small = gzipped(std::string(1'000'000, 'x'));
  EXPECT_EQ(inflated(ContentCoding::gzip, {small}, &failed).size(), 1'000'000U);
  EXPECT_FALSE(failed);
}

const std::string answer = R"({"model":"m","choices":[{"message":{"content":"hi"}}],)"
                           R"("usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}})";

Usage metered(ContentCoding coding, std::string_view body, bool event_stream = false) {
  UsageMeter meter(Dialect::openai, event_stream, coding);
  for (std::size_t at = 0; at < body.size(); at += 5) meter.feed(body.substr(at, 5));
  return meter.usage();
}

TEST(UsageMeter, ReadsThroughTheCodingsItKnows) {
  for (const Usage& usage :
       {metered(ContentCoding::identity, answer), metered(ContentCoding::gzip, gzipped(answer)),
        metered(ContentCoding::deflate, deflated(answer, 15)),
        metered(ContentCoding::deflate, deflated(answer, -15)),
        metered(ContentCoding::gzip, gzipped("data: " + answer + "\n\n"), true)}) {
    EXPECT_TRUE(usage.known);
    EXPECT_EQ(usage.input, 9U);
    EXPECT_EQ(usage.output, 2U);
  }
}

TEST(UsageMeter, KnowsNothingOfOthers) {
  EXPECT_FALSE(metered(ContentCoding::other, answer).known);
  EXPECT_FALSE(metered(ContentCoding::gzip, answer).known);
  EXPECT_FALSE(metered(ContentCoding::deflate, answer).known);
}

TEST(UsageMeter, TellsWhatReadingTheCodingTakes) {
  EXPECT_EQ(UsageMeter(Dialect::openai, false, ContentCoding::identity).memory(), 0U);
  EXPECT_EQ(UsageMeter(Dialect::openai, false, ContentCoding::other).memory(), 0U);
  UsageMeter meter(Dialect::openai, false, ContentCoding::deflate);
  EXPECT_GT(meter.memory(), 40'000U);
  EXPECT_LT(meter.memory(), 50'000U);
  meter.feed(deflated(answer, 15));
  EXPECT_LT(meter.memory(), 10'000U) << "nothing more can come";
  meter.feed("x");
  UsageMeter broken(Dialect::openai, false, ContentCoding::gzip);
  broken.feed(answer);
  EXPECT_EQ(broken.memory(), 0U);
}

TEST(UsageMeter, KeepsWhatItReadBeforeTheBodyWentWrong) {
  std::string broken = gzipped(answer);
  broken.back() ^= 1;
  EXPECT_EQ(metered(ContentCoding::gzip, broken).output, 2U);
}

}  // namespace
}  // namespace holysheep::http
