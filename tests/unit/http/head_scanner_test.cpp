#include <holysheep/http/head_scanner.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using http::HeadScanner;
using http::Side;
using State = HeadScanner::State;
using namespace std::string_view_literals;

constexpr auto request = "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"sv;
constexpr auto response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"sv;

TEST(HeadScanner, FindsTheEndAtOnce) {
  HeadScanner scanner(Side::request);
  EXPECT_EQ(scanner.scan(std::string(request) + "{}"), State::complete);
  EXPECT_EQ(scanner.begin(), 0u);
  EXPECT_EQ(scanner.end(), request.size());
}

TEST(HeadScanner, FindsTheSameEndWhereverTheBytesAreCut) {
  for (const auto& [side, head] : {std::pair{Side::request, request}, std::pair{Side::response, response}}) {
    const std::string bytes = std::string(head) + "{}";
    for (std::size_t cut = 0; cut < head.size(); ++cut) {
      HeadScanner scanner(side);
      ASSERT_EQ(scanner.scan(std::string_view(bytes).substr(0, cut)), State::need_more) << cut;
      ASSERT_EQ(scanner.scan(bytes), State::complete) << cut;
      EXPECT_EQ(scanner.end(), head.size()) << cut;
    }
  }
}

TEST(HeadScanner, FindsTheEndByteForByte) {
  HeadScanner scanner(Side::request);
  for (std::size_t size = 0; size < request.size(); ++size)
    ASSERT_EQ(scanner.scan(request.substr(0, size)), State::need_more) << size;
  EXPECT_EQ(scanner.scan(request), State::complete);
  EXPECT_EQ(scanner.end(), request.size());
}

TEST(HeadScanner, TellsWhetherTheStartLineIsThrough) {
  HeadScanner scanner(Side::request);
  const std::size_t line = request.find("\r\n") + 2;
  scanner.scan(request.substr(0, line - 1));
  EXPECT_TRUE(scanner.in_start_line());
  scanner.scan(request.substr(0, line));
  EXPECT_FALSE(scanner.in_start_line());
}

TEST(HeadScanner, LeavesAPipelinedRequestAlone) {
  HeadScanner scanner(Side::request);
  const std::string both = std::string(request) + std::string(request);
  ASSERT_EQ(scanner.scan(both), State::complete);
  EXPECT_EQ(scanner.end(), request.size());
  EXPECT_EQ(scanner.scan(both), State::complete);
  scanner.reset();
  ASSERT_EQ(scanner.scan(std::string_view(both).substr(request.size())), State::complete);
  EXPECT_EQ(scanner.end(), request.size());
}

// RFC 9112 §2.2: a server ignores at least one empty line before the request line.
TEST(HeadScanner, SkipsUpToFourEmptyLinesBeforeARequest) {
  for (std::size_t lines = 0; lines <= 4; ++lines) {
    std::string bytes;
    for (std::size_t i = 0; i < lines; ++i) bytes += "\r\n";
    bytes += request;
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      HeadScanner scanner(Side::request);
      scanner.scan(std::string_view(bytes).substr(0, cut));
      ASSERT_EQ(scanner.scan(bytes), State::complete) << lines << " lines, cut at " << cut;
      EXPECT_EQ(scanner.begin(), 2 * lines);
      EXPECT_EQ(scanner.end(), bytes.size());
    }
  }
  HeadScanner scanner(Side::request);
  EXPECT_EQ(scanner.scan("\r\n\r\n\r\n\r\n\r\n"), State::malformed);
}

TEST(HeadScanner, RefusesEarlyWhatCanNotBecomeAHead) {
  struct Case {
    std::string_view why;
    Side side;
    std::string_view bytes;
  };
  const std::vector<Case> cases = {
      {"a TLS hello", Side::request, "\x16"},
      {"white space before the request line, RFC 9112 §2.2", Side::request, " "},
      {"non-ASCII", Side::request, "\xff"},
      {"a zero byte", Side::request, "\0"sv},
      {"a bare LF, RFC 9112 §2.2", Side::request, "GET / HTTP/1.1\n"},
      {"a bare LF after a field", Side::request, "GET / HTTP/1.1\r\nHost: a\n"},
      {"a bare LF as empty line", Side::request, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
      {"a bare LF first", Side::request, "\n"},
      {"a bare CR, RFC 9112 §2.2", Side::request, "GET / HTTP/1.1\rH"},
      {"a bare CR in a field", Side::request, "GET / HTTP/1.1\r\nHost: a\rb"},
      {"two CR", Side::request, "GET / HTTP/1.1\r\r"},
      {"a bare CR first", Side::request, "\rG"},
      {"an empty line before a status line", Side::response, "\r"},
      {"another protocol", Side::response, "S"},
      {"another protocol that begins alike", Side::response, "HTTPS"},
      {"HTTP/2", Side::response, "HTTP/2"},
      {"lower case, RFC 9112 §2.3", Side::response, "h"},
  };
  for (const Case& c : cases) {
    HeadScanner at_once(c.side);
    EXPECT_EQ(at_once.scan(c.bytes), State::malformed) << c.why;
    HeadScanner in_bytes(c.side);
    for (std::size_t size = 0; size < c.bytes.size(); ++size)
      EXPECT_EQ(in_bytes.scan(c.bytes.substr(0, size)), State::need_more) << c.why;
    EXPECT_EQ(in_bytes.scan(c.bytes), State::malformed) << c.why;
    EXPECT_EQ(in_bytes.scan(std::string(c.bytes) + "\r\n\r\n"), State::malformed) << c.why << ", asked again";
  }
}

}  // namespace
}  // namespace holysheep
