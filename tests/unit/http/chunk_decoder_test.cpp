#include <holysheep/http/chunk_decoder.hpp>

#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <gtest/gtest.h>
#include <unit/http/cutting.hpp>

namespace holysheep {
namespace {

using http::ChunkDecoder;
using Event = ChunkDecoder::Event;
using namespace std::string_view_literals;

struct Decoded {
  Event last = Event::need_more;
  std::string payload;
  std::string trailers;
  std::string left;  // of the bytes given, what was not consumed

  bool operator==(const Decoded&) const = default;
};

Decoded decode(const std::vector<std::string_view>& pieces, std::size_t max_trailers = 32 * 1024) {
  ChunkDecoder decoder(max_trailers);
  Decoded result;
  for (std::string_view bytes : pieces) {
    do {
      result.last = decoder.next(bytes);
      if (result.last != Event::payload) continue;
      EXPECT_FALSE(decoder.span().empty());
      result.payload += decoder.span();
    } while (result.last == Event::payload);
    if (result.last == Event::need_more) {
      EXPECT_TRUE(bytes.empty());
    }
    result.left += bytes;
  }
  if (result.last == Event::end) result.trailers = decoder.trailers();
  return result;
}

Decoded decode(std::string_view text) {
  return decode(std::vector{text});
}

std::vector<std::string_view> bytewise(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < text.size(); ++at) pieces.push_back(text.substr(at, 1));
  return pieces;
}

constexpr auto body =
    "5\r\nhello\r\n00a ;x=\"y\"\r\n, chunked \r\n6 \t;a\r\nworld!\r\n0;last\r\nX-Sum: 1\r\nB:\r\n\r\nGET"sv;
const Decoded decoded{Event::end, "hello, chunked world!", "X-Sum: 1\r\nB:\r\n", "GET"};

// RFC 9112 §7.1
TEST(ChunkDecoder, TakesTheCodingOff) {
  EXPECT_EQ(decode(body), decoded);
}

TEST(ChunkDecoder, TakesTheCodingOffWhereverItIsCut) {
  for (std::size_t first = 0; first <= body.size(); ++first) {
    for (std::size_t second = first; second <= body.size(); ++second) {
      const std::vector pieces{body.substr(0, first), body.substr(first, second - first),
                               body.substr(second)};
      ASSERT_EQ(decode(pieces), decoded) << first << ", " << second;
    }
  }
  EXPECT_EQ(decode(bytewise(body)), decoded);
}

TEST(ChunkDecoder, IsNotThroughBeforeItsLastByte) {
  const auto whole = body.substr(0, body.size() - 3);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Decoded part = decode(whole.substr(0, size));
    EXPECT_TRUE(part.last == Event::need_more) << size;
  }
}

TEST(ChunkDecoder, GivesPayloadAsViewsIntoWhatItWasGiven) {
  ChunkDecoder decoder;
  const std::string text = "3\r\nabc\r\n";
  std::string_view bytes = text;
  ASSERT_EQ(decoder.next(bytes), Event::payload);
  EXPECT_EQ(decoder.span().data(), text.data() + 3);
  EXPECT_EQ(bytes, "\r\n");
}

TEST(ChunkDecoder, StaysAtItsVerdict) {
  for (const auto& [text, verdict] :
       {std::pair{"0\r\n\r\n"sv, Event::end}, std::pair{"x"sv, Event::malformed},
        std::pair{"0\r\nA: bcdefgh\r\n"sv, Event::trailers_too_large}}) {
    ChunkDecoder decoder(8);
    std::string_view bytes = text;
    EXPECT_EQ(decoder.next(bytes), verdict);
    std::string_view more = "0\r\n\r\n";
    EXPECT_EQ(decoder.next(more), verdict);
    EXPECT_EQ(more.size(), 5u);
  }
}

TEST(ChunkDecoder, ReadsSizesInHexadecimal) {
  EXPECT_EQ(decode("A\r\n0123456789\r\n0\r\n\r\n").payload, "0123456789");
  EXPECT_EQ(decode("000000000000001\r\nx\r\n000\r\n\r\n").last, Event::end);
  const std::string big(0x1Fc, 'x');
  EXPECT_EQ(decode("1Fc\r\n" + big + "\r\n0\r\n\r\n").payload, big);
}

TEST(ChunkDecoder, KeepsCountOfASizeBeyond32Bits) {
  ChunkDecoder decoder;
  const std::string text = "fffffffffffffff\r\n" + std::string(1000, 'x');
  std::string_view bytes = text;
  ASSERT_EQ(decoder.next(bytes), Event::payload);
  EXPECT_EQ(decoder.span().size(), 1000u);
  EXPECT_EQ(decoder.next(bytes), Event::need_more);
}

TEST(ChunkDecoder, RefusesWhatIsNotExactlyTheGrammar) {
  struct Case {
    std::string_view why;
    std::string_view text;
  };
  const std::vector<Case> cases = {
      {"no size, RFC 9112 §7.1", "\r\n"},
      {"no size but an extension", ";a\r\n"},
      {"white space before a size", " 5\r\n"},
      {"white space after a size without an extension", "5 \r\n"},
      {"a tab after a size without an extension", "0\t\r\n"},
      {"another digit after white space", "5 5\r\n"},
      {"a sign", "+5\r\n"},
      {"a hexadecimal prefix", "0x5\r\n"},
      {"no digit", "g\r\n"},
      {"16 digits", "0000000000000005\r\n"},
      {"a bare LF after a size", "5\nhello"},
      {"a bare CR after a size", "5\rhello"},
      {"a bare LF in an extension", "5;a\nhello"},
      {"a bare CR in an extension", "5;a\rb"},
      {"a control character in an extension", "5;a\x01"},
      {"a zero byte in an extension", "5;\0"sv},
      {"a quoted string that the line's end cuts, RFC 9112 §7.1.1", "5;a=\"b\r\n"},
      {"a quoted string whose end is escaped", "5;a=\"b\\\"\r\n"},
      {"a chunk longer than it said", "3\r\nabcd"},
      {"a bare LF after a chunk", "3\r\nabc\n"},
      {"a bare CR after a chunk", "3\r\nabc\r0"},
      {"a bare LF as end", "0\r\n\n"},
      {"a bare LF after the last chunk", "0\n"},
      {"a trailer without a colon, RFC 9112 §7.1.2", "0\r\nabc\r\n"},
      {"white space before a trailer's colon", "0\r\na : b\r\n"},
      {"obs-fold in a trailer", "0\r\na: b\r\n c\r\n"},
      {"a control character in a trailer", "0\r\na: b\x01\r\n"},
      {"a bare CR in a trailer", "0\r\na: b\rc\r\n"},
      {"a bare LF after a trailer", "0\r\na: b\n"},
      {"a nameless trailer", "0\r\n: b\r\n"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(decode(c.text).last, Event::malformed) << c.why;
    EXPECT_EQ(decode(bytewise(c.text)).last, Event::malformed) << c.why;
  }
}

// spec.md "Forwarding rules": 4 KiB a chunk, 64 KiB a body, from the first byte after the size to the CR
TEST(ChunkDecoder, BoundsTheExtensionsOfAChunk) {
  const auto chunk = [](std::size_t bytes) { return "1;" + std::string(bytes - 1, 'e') + "\r\nx\r\n"; };
  EXPECT_EQ(decode(chunk(4096) + chunk(4096)).last, Event::need_more);
  EXPECT_EQ(decode(chunk(4097)).last, Event::malformed);
  EXPECT_EQ(decode("1" + std::string(4097, ' ')).last, Event::malformed);
}

TEST(ChunkDecoder, BoundsTheExtensionsOfABody) {
  std::string full;
  for (int i = 0; i < 16; ++i) full += "1;" + std::string(4095, 'e') + "\r\nx\r\n";
  EXPECT_EQ(decode(full + "0\r\n\r\n").last, Event::end);
  EXPECT_EQ(decode(full + "1;\r\n").last, Event::malformed);
}

TEST(ChunkDecoder, BoundsTrailers) {
  const std::string exactly = "0\r\nA: b\r\nC: d\r\n\r\n";
  EXPECT_EQ(decode(std::vector<std::string_view>{exactly}, 12).last, Event::end);
  EXPECT_EQ(decode(bytewise(exactly), 12).last, Event::end);
  EXPECT_EQ(decode(std::vector<std::string_view>{exactly}, 11).last, Event::trailers_too_large);
  EXPECT_EQ(decode(bytewise(exactly), 11).last, Event::trailers_too_large);
  const std::string endless = "0\r\nA: " + std::string(20, 'b');
  EXPECT_EQ(decode(bytewise(endless), 12).last, Event::trailers_too_large);
}

std::string random_body(std::mt19937& random) {
  std::uniform_int_distribution<int> chunks(0, 12);
  std::uniform_int_distribution<std::size_t> size(1, 700);
  std::uniform_int_distribution<int> byte(0, 255);
  std::string text;
  for (int left = chunks(random); left > 0; --left) {
    const std::size_t length = size(random);
    char digits[20];
    std::snprintf(digits, sizeof digits, left % 2 == 0 ? "%zx" : "%05zX", length);
    text += digits;
    if (left % 3 == 0) text += ";name=value;other=\"quoted\"";
    text += "\r\n";
    for (std::size_t i = 0; i < length; ++i) text += static_cast<char>(byte(random));
    text += "\r\n";
  }
  text += "0\r\n";
  if (chunks(random) % 2 == 0) text += "X-Trailer: value\r\n";
  return text + "\r\n";
}

TEST(ChunkDecoder, GivesTheSameHoweverARandomBodyIsCut) {
  std::mt19937 random(20240611);
  for (int round = 0; round < 300; ++round) {
    const std::string text = random_body(random);
    const Decoded whole = decode(text);
    ASSERT_EQ(whole.last, Event::end);
    for (const std::size_t longest : {2, 17, 900})
      ASSERT_EQ(decode(random_cuts(text, random, longest)), whole) << "round " << round;
  }
}

TEST(ChunkDecoder, AgreesWithBeastOnValidBodies) {
  namespace beast_http = boost::beast::http;
  std::mt19937 random(7);
  for (int round = 0; round < 100; ++round) {
    const std::string text = random_body(random);
    beast_http::response_parser<beast_http::string_body> parser;
    parser.eager(true);
    boost::beast::error_code error;
    std::string message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + text;
    for (std::string_view left = message; !parser.is_done() && !left.empty();) {
      left.remove_prefix(parser.put(boost::asio::buffer(left.data(), left.size()), error));
      ASSERT_FALSE(error) << error.message();
    }
    ASSERT_TRUE(parser.is_done());
    EXPECT_EQ(decode(text).payload, parser.get().body());
  }
}

TEST(ChunkDecoder, SurvivesRandomBytesTheSameWayHoweverTheyAreCut) {
  std::mt19937 random(99);
  constexpr auto alphabet = "0123aAfF;:= \t\r\n\r\n\r\nx\x01"sv;
  std::uniform_int_distribution<std::size_t> pick(0, alphabet.size() - 1);
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += alphabet[pick(random)];
    const Decoded whole = decode(text);
    const Decoded cut = decode(bytewise(text));
    ASSERT_EQ(cut.last, whole.last) << text;
    ASSERT_EQ(cut.payload, whole.payload) << text;
    ASSERT_EQ(cut.trailers, whole.trailers) << text;
  }
}

}  // namespace
}  // namespace holysheep
