#include <random>

#include <boost/crc.hpp>
#include <gtest/gtest.h>
#include <simulator/gzip.hpp>
#include <simulator/json_probe.hpp>
#include <simulator/request_reader.hpp>

namespace holysheep {
namespace {

TEST(SimulatorJsonProbe, FindsWhatAnAnswerDependsOn) {
  const auto probe = sim::probe_json(
      R"( {"messages":[{"model":"no","content":"a \"quoted\" \\"}],"model":"gp\u0074-4.1", "stream" : true ,
          "stream_options":{"include_usage":true},"n":1} )");
  EXPECT_TRUE(probe.is_object);
  EXPECT_TRUE(probe.stream);
  EXPECT_TRUE(probe.include_usage);
  EXPECT_EQ(probe.model, "gpt-4.1");
}

TEST(SimulatorJsonProbe, NoCutOfAnObjectIsAnObject) {
  const std::string whole = R"({"a":{"b":[1,2,{"c":"\\\""}]},"model":"x","stream":false})";
  ASSERT_TRUE(sim::probe_json(whole).is_object);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_FALSE(sim::probe_json(whole.substr(0, cut)).is_object) << cut;
  }
}

TEST(SimulatorJsonProbe, SurvivesOddBytes) {
  std::mt19937 random(7);
  const std::string_view alphabet = "{}[]\",:\\model stream\x01\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = "{";
    for (unsigned i = 0; i < random() % 24; ++i) text.push_back(alphabet[random() % alphabet.size()]);
    (void)sim::probe_json(text);
  }
  EXPECT_FALSE(sim::probe_json("").is_object);
  EXPECT_FALSE(sim::probe_json("[]").is_object);
  EXPECT_TRUE(sim::probe_json("{}").is_object);
}

TEST(SimulatorRequestReader, ReadsTheSameWhereverItsBytesAreCut) {
  const std::string bytes =
      "POST /v1/echo?x=1 HTTP/1.1\r\nHost: a\r\nX-CaSe:  v \r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\nGET /next";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    sim::Request request;
    sim::RequestReader reader(request);
    std::size_t taken = 0;
    ASSERT_TRUE(reader.take(std::string_view(bytes).substr(0, cut), taken)) << cut;
    std::size_t more = 0;
    if (!reader.complete()) {
      ASSERT_TRUE(reader.take(std::string_view(bytes).substr(taken), more)) << cut;
    }
    ASSERT_TRUE(reader.complete()) << cut;
    EXPECT_EQ(bytes.substr(taken + more), "GET /next") << cut;
    EXPECT_EQ(request.body, "hello world");
    EXPECT_EQ(request.field(1).name, "X-CaSe");
    EXPECT_EQ(request.field(1).value, "v");
    EXPECT_EQ(request.query("x"), "1");
  }
}

TEST(SimulatorGzip, IsAStreamOfStoredBlocksWithTheRightSum) {
  const std::string text(70'000, 'q');
  sim::StoredGzip gzip;
  const std::string packed = gzip.write(text) + gzip.finish();
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  std::string plain;
  std::size_t at = 10;
  const auto number = [&](std::size_t where, int bytes) {
    std::uint32_t value = 0;
    for (int i = bytes; i-- > 0;) {
      value = value << 8U | static_cast<unsigned char>(packed.at(where + static_cast<std::size_t>(i)));
    }
    return value;
  };
  for (bool last = false; !last;) {
    last = packed.at(at) == 1;
    const std::uint32_t size = number(at + 1, 2);
    ASSERT_EQ(number(at + 3, 2), (~size & 0xFFFFU));
    plain += packed.substr(at + 5, size);
    at += 5 + size;
  }
  EXPECT_EQ(packed.substr(0, 3), "\x1f\x8b\x08");
  EXPECT_EQ(plain, text);
  EXPECT_EQ(number(at, 4), crc.checksum());
  EXPECT_EQ(number(at + 4, 4), 70'000U);
  EXPECT_EQ(packed.size(), at + 8);
}

}  // namespace
}  // namespace holysheep
