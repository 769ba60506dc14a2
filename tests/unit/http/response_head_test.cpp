#include <holysheep/http/response_head.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using http::FieldName;
using http::Framing;
using http::Method;
using http::parse_response_head;
using http::ResponseHead;

// Keeps the bytes that the views point into.
struct Parsed {
  explicit Parsed(std::string text, Method to = Method::post) : bytes(std::move(text)) {
    ok = parse_response_head(bytes, to, head);
  }
  std::string bytes;
  ResponseHead head;
  bool ok = false;
};

TEST(ResponseHead, ReadsAnOrdinaryAnswer) {
  const Parsed p("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n");
  ASSERT_TRUE(p.ok);
  EXPECT_EQ(p.head.status, 404);
  EXPECT_EQ(p.head.reason, "Not Found");
  EXPECT_EQ(p.head.version_minor, 1);
  EXPECT_EQ(p.head.framing, Framing::length);
  EXPECT_EQ(p.head.content_length, 12u);
  EXPECT_TRUE(p.head.keep_alive);
  EXPECT_FALSE(p.head.event_stream);
  EXPECT_FALSE(p.head.interim());
  EXPECT_EQ(p.head.fields.value(FieldName::content_type), "application/json");
}

TEST(ResponseHead, ForgetsTheMessageBefore) {
  ResponseHead head;
  ASSERT_TRUE(parse_response_head(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 5\r\n\r\n", Method::get, head));
  ASSERT_TRUE(parse_response_head("HTTP/1.1 204\r\n\r\n", Method::get, head));
  EXPECT_EQ(head.fields.size(), 0u);
  EXPECT_EQ(head.status, 204);
  EXPECT_EQ(head.content_length, 0u);
  EXPECT_FALSE(head.event_stream);
}

// RFC 9112 §4
TEST(ResponseHead, ReadsStatusLinesStrictly) {
  struct Case {
    std::string_view line;
    bool fine;
    std::string_view reason = {};
  };
  const std::vector<Case> cases = {
      {"HTTP/1.1 200 OK", true, "OK"},
      {"HTTP/1.1 200 ", true, ""},
      {"HTTP/1.1 200", true, ""},
      {"HTTP/1.0 999 x", true, "x"},
      {"HTTP/1.9 100 x", true, "x"},
      {"HTTP/1.1 200 a\tb  \xc3\xa9", true, "a\tb  \xc3\xa9"},
      {"HTTP/1.1 099 x", false},
      {"HTTP/1.1 20 x", false},
      {"HTTP/1.1 2000 x", false},
      {"HTTP/1.1 2x0 x", false},
      {"HTTP/1.1 +20 x", false},
      {"HTTP/1.1  200 x", false},
      {"HTTP/1.1\t200 x", false},
      {"HTTP/1.1 200\tx", false},
      {"HTTP/1.1 200x", false},
      {"HTTP/1.1 200 a\x01", false},
      {"HTTP/1.1 200 a\rb", false},
      {"HTTP/1.1 200 a\nb", false},
      {"HTTP/2.0 200 x", false},
      {"HTTP/2 200 x", false},
      {"HTTP/1.x 200 x", false},
      {"http/1.1 200 x", false},
      {" HTTP/1.1 200 x", false},
      {"ICY 200 OK", false},
      {"HTTP/1.1", false},
      {"", false},
  };
  for (const Case& c : cases) {
    const Parsed p(std::string(c.line) + "\r\nContent-Length: 0\r\n\r\n", Method::head);
    ASSERT_EQ(p.ok, c.fine) << c.line;
    if (c.fine) {
      EXPECT_EQ(p.head.reason, c.reason) << c.line;
    }
  }
}

TEST(ResponseHead, RefusesEveryTruncatedHead) {
  const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\n";
  ASSERT_TRUE(Parsed(whole).ok);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(Parsed(whole.substr(0, size)).ok) << size;
}

// RFC 9112 §6.3, rule by rule
TEST(ResponseHead, FramesTheBodyByMethodStatusAndFields) {
  struct Case {
    Method to;
    int status;
    std::string_view fields;
    Framing framing;
    std::uint64_t length = 0;
  };
  const std::vector<Case> cases = {
      {Method::get, 200, "Content-Length: 5\r\n", Framing::length, 5},
      {Method::get, 200, "Content-Length: 0\r\n", Framing::length, 0},
      {Method::get, 500, "Transfer-Encoding: Chunked\r\n", Framing::chunked},
      {Method::get, 200, "", Framing::until_close},
      // rule 1
      {Method::head, 200, "Content-Length: 5\r\n", Framing::none, 5},
      {Method::head, 200, "Transfer-Encoding: chunked\r\n", Framing::none},
      {Method::head, 200, "", Framing::none},
      {Method::get, 304, "Content-Length: 5\r\n", Framing::none, 5},
      {Method::get, 304, "Transfer-Encoding: chunked\r\n", Framing::none},
      {Method::get, 304, "", Framing::none},
      {Method::get, 204, "", Framing::none},
      {Method::get, 204, "Content-Length: 0\r\n", Framing::none},
      {Method::get, 100, "", Framing::none},
      {Method::get, 103, "Link: x\r\n", Framing::none},
  };
  for (const Case& c : cases) {
    const Parsed p("HTTP/1.1 " + std::to_string(c.status) + " x\r\n" + std::string(c.fields) + "\r\n", c.to);
    ASSERT_TRUE(p.ok) << c.status << c.fields;
    EXPECT_EQ(p.head.framing, c.framing) << c.status << c.fields;
    EXPECT_EQ(p.head.content_length, c.length) << c.status << c.fields;
    EXPECT_EQ(p.head.keep_alive, c.framing != Framing::until_close) << c.status << c.fields;
    EXPECT_EQ(p.head.interim(), c.status < 200);
  }
}

TEST(ResponseHead, RefusesWhatTwoReadersWouldReadDifferently) {
  struct Case {
    std::string_view why;
    std::string_view head;
  };
  const std::vector<Case> cases = {
      {"both framings, RFC 9112 §6.1",
       "HTTP/1.1 200 x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n"},
      {"repeated lengths", "HTTP/1.1 200 x\r\nContent-Length: 1\r\nContent-Length: 1\r\n"},
      {"a list of lengths", "HTTP/1.1 200 x\r\nContent-Length: 1, 1\r\n"},
      {"a signed length", "HTTP/1.1 200 x\r\nContent-Length: +1\r\n"},
      {"an overflowing length", "HTTP/1.1 200 x\r\nContent-Length: 18446744073709551616\r\n"},
      {"an unknown coding", "HTTP/1.1 200 x\r\nTransfer-Encoding: gzip, chunked\r\n"},
      {"chunked twice", "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"},
      {"a coding in HTTP/1.0, RFC 9112 §6.1", "HTTP/1.0 200 x\r\nTransfer-Encoding: chunked\r\n"},
      {"a coding with 204, RFC 9112 §6.1", "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n"},
      {"a coding with 1xx, RFC 9112 §6.1", "HTTP/1.1 103 x\r\nTransfer-Encoding: chunked\r\n"},
      {"a length with 204, RFC 9110 §8.6", "HTTP/1.1 204 x\r\nContent-Length: 1\r\n"},
      {"a length with 1xx, RFC 9110 §8.6", "HTTP/1.1 103 x\r\nContent-Length: 1\r\n"},
      {"white space before the colon, RFC 9112 §5.1", "HTTP/1.1 200 x\r\nContent-Length : 1\r\n"},
      {"obs-fold, RFC 9112 §5.2", "HTTP/1.1 200 x\r\nX: y\r\n z\r\n"},
      {"a control character, RFC 9110 §5.5", "HTTP/1.1 200 x\r\nX: y\x01z\r\n"},
      {"a bare LF", "HTTP/1.1 200 x\r\nX: y\nZ: a\r\n"},
  };
  for (const Case& c : cases) {
    EXPECT_FALSE(Parsed(std::string(c.head) + "\r\n").ok) << c.why;
  }
}

TEST(ResponseHead, TakesNoMoreThan256Fields) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 256; ++i) head += "A: b\r\n";
  EXPECT_TRUE(Parsed(head + "\r\n").ok);
  EXPECT_FALSE(Parsed(head + "A: b\r\n\r\n").ok);
}

TEST(ResponseHead, TakesNoMoreThan64NominationsInConnection) {
  std::string head = "HTTP/1.1 200 OK\r\nConnection: close";
  for (int i = 0; i < 64; ++i) head += ",A";
  EXPECT_TRUE(Parsed(head + "\r\n\r\n").ok);
  EXPECT_FALSE(Parsed(head + ",A\r\n\r\n").ok);
}

// RFC 9112 §9.3
TEST(ResponseHead, KnowsWhetherTheConnectionCanBeUsedAgain) {
  struct Case {
    std::string_view version;
    std::string_view fields;
    bool keep_alive;
  };
  const std::vector<Case> cases = {
      {"1.1", "Content-Length: 0\r\n", true},
      {"1.1", "Content-Length: 0\r\nConnection: Close\r\n", false},
      {"1.1", "Content-Length: 0\r\nConnection: x\r\nConnection: y, close\r\n", false},
      {"1.1", "Transfer-Encoding: chunked\r\n", true},
      {"1.1", "", false},
      {"1.1", "Connection: keep-alive\r\n", false},
      {"1.0", "Content-Length: 0\r\n", false},
      {"1.0", "Content-Length: 0\r\nConnection: keep-alive\r\n", true},
  };
  for (const Case& c : cases) {
    const Parsed p("HTTP/" + std::string(c.version) + " 200 x\r\n" + std::string(c.fields) + "\r\n");
    ASSERT_TRUE(p.ok) << c.fields;
    EXPECT_EQ(p.head.keep_alive, c.keep_alive) << c.version << " " << c.fields;
  }
}

TEST(ResponseHead, MarksWhatConnectionNominates) {
  const Parsed p("HTTP/1.1 200 x\r\nConnection: x-a, content-length\r\nX-A: 1\r\nContent-Length: 1\r\n\r\n");
  ASSERT_TRUE(p.ok);
  EXPECT_TRUE((p.head.fields.begin() + 1)->nominated);
  EXPECT_FALSE((p.head.fields.begin() + 2)->nominated);
}

// RFC 9110 §8.3.1: types are case-insensitive and have parameters.
TEST(ResponseHead, TellsWhetherTheEventsOfAStreamCanBeRead) {
  for (const auto& [encoding, readable] : {std::pair{"", true},
                                           {"Content-Encoding: identity\r\n", true},
                                           {"Content-Encoding: gzip\r\n", false},
                                           {"content-encoding: br\r\n", false}}) {
    ResponseHead head;
    ASSERT_TRUE(parse_response_head(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + std::string(encoding) + "\r\n",
        Method::get, head));
    EXPECT_TRUE(head.event_stream) << encoding;
    EXPECT_EQ(head.readable_events(), readable) << encoding;
  }
}

TEST(ResponseHead, TellsEventStreams) {
  const std::vector<std::pair<std::string, bool>> types = {{"text/event-stream", true},
                                                           {"text/event-stream; charset=utf-8", true},
                                                           {"Text/Event-Stream ;x", true},
                                                           {"text/event-stream;", true},
                                                           {"text/event-streams", false},
                                                           {"text/event", false},
                                                           {"application/json", false},
                                                           {"application/x; y=text/event-stream", false},
                                                           {"", false}};
  for (const auto& [type, expected] : types) {
    const Parsed p("HTTP/1.1 200 x\r\nContent-Type: " + type + "\r\n\r\n");
    ASSERT_TRUE(p.ok) << type;
    EXPECT_EQ(p.head.event_stream, expected) << type;
  }
}

}  // namespace
}  // namespace holysheep
