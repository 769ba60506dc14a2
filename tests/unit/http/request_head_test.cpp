#include <holysheep/http/request_head.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using http::FieldName;
using http::Framing;
using http::Method;
using http::parse_request_head;
using http::RequestHead;
using namespace std::string_view_literals;

// Keeps the bytes that the views point into.
struct Parsed {
  explicit Parsed(std::string text) : bytes(std::move(text)) { refused = parse_request_head(bytes, head); }
  std::string bytes;
  RequestHead head;
  http::Refused refused{Fault::none, {}};
};

std::string with_fields(std::string_view fields) {
  return "POST /v1/x HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

TEST(RequestHead, ReadsAnOrdinaryRequest) {
  const Parsed p(
      "POST /v1/chat/completions?a=b?c HTTP/1.1\r\nHost: api.example.com:8080\r\nX-Own:  some value \t\r\n"
      "content-length: 17\r\nX-Empty:\r\n\r\n");
  ASSERT_EQ(p.refused.fault, Fault::none) << p.refused.why;
  EXPECT_EQ(p.head.method, Method::post);
  EXPECT_EQ(p.head.method_text, "POST");
  EXPECT_EQ(p.head.target, "/v1/chat/completions?a=b?c");
  EXPECT_EQ(p.head.path, "/v1/chat/completions");
  EXPECT_EQ(p.head.query, "a=b?c");
  EXPECT_TRUE(p.head.has_query);
  EXPECT_EQ(p.head.version_minor, 1);
  EXPECT_EQ(p.head.host, "api.example.com:8080");
  EXPECT_EQ(p.head.framing, Framing::length);
  EXPECT_EQ(p.head.content_length, 17u);
  EXPECT_TRUE(p.head.keep_alive);
  EXPECT_FALSE(p.head.expect_continue);
  ASSERT_EQ(p.head.fields.size(), 4u);
  const auto field = p.head.fields.begin() + 1;
  EXPECT_EQ(field->name, "X-Own");
  EXPECT_EQ(field->value, "some value");
  EXPECT_EQ((field + 2)->name, "X-Empty");
  EXPECT_EQ((field + 2)->value, "");
}

TEST(RequestHead, PointsIntoTheBytesGiven) {
  const Parsed p("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n");
  for (const auto view : {p.head.path, p.head.host, p.head.method_text, p.head.fields.begin()->name}) {
    EXPECT_GE(view.data(), p.bytes.data());
    EXPECT_LE(view.data() + view.size(), p.bytes.data() + p.bytes.size());
  }
}

TEST(RequestHead, ForgetsTheMessageBefore) {
  RequestHead head;
  const auto first =
      "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n"sv;
  ASSERT_EQ(parse_request_head(first, head).fault, Fault::none);
  ASSERT_EQ(parse_request_head("GET /c HTTP/1.0\r\n\r\n", head).fault, Fault::none);
  EXPECT_EQ(head.fields.size(), 0u);
  EXPECT_EQ(head.host, "");
  EXPECT_EQ(head.framing, Framing::none);
  EXPECT_EQ(head.content_length, 0u);
  EXPECT_FALSE(head.has_query);
  EXPECT_FALSE(head.expect_continue);
}

// RFC 9110 §9.1: methods are case-sensitive tokens.
TEST(RequestHead, TellsMethods) {
  const std::vector<std::pair<std::string, Method>> methods = {
      {"GET", Method::get},        {"HEAD", Method::head},      {"POST", Method::post},
      {"PUT", Method::put},        {"DELETE", Method::delete_}, {"OPTIONS", Method::options},
      {"PATCH", Method::patch},    {"TRACE", Method::trace},    {"get", Method::other},
      {"PROPFIND", Method::other}, {"GETS", Method::other},     {"M-SEARCH", Method::other}};
  for (const auto& [text, method] : methods) {
    const Parsed p(text + " /v1/x HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(p.refused.fault, Fault::none) << text;
    EXPECT_EQ(p.head.method, method) << text;
    EXPECT_EQ(p.head.method_text, text);
  }
}

TEST(RequestHead, RefusesMalformedRequestLines) {
  const std::vector<std::string_view> lines = {
      "", "GET", "GET /", "GET / ", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET /a b HTTP/1.1",
      "GET\t/ HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "G(T / HTTP/1.1", "G\xc3\x89T / HTTP/1.1",
      "GET HTTP/1.1",
      // RFC 9112 §2.3: the version is case-sensitive, two digits and a dot
      "GET / http/1.1", "GET / HTTP/2.0", "GET / HTTP/0.9", "GET / HTTP/1", "GET / HTTP/1.",
      "GET / HTTP/1.10", "GET / HTTP/1.x", "GET / HTTP/01.1", "GET / HTTP/11", "GET / HTTPS/1.1",
      "PRI * HTTP/2.0"};
  for (const auto line : lines) {
    const Parsed p(std::string(line) + "\r\nHost: a\r\n\r\n");
    EXPECT_EQ(p.refused.fault, Fault::bad_request) << line;
    EXPECT_FALSE(p.refused.why.empty()) << line;
  }
}

// RFC 9110 §2.5
TEST(RequestHead, TakesAnUnknownMinorVersionForTheHighestItKnows) {
  EXPECT_EQ(Parsed("GET / HTTP/1.7\r\nHost: a\r\n\r\n").head.version_minor, 1);
  EXPECT_EQ(Parsed("GET / HTTP/1.0\r\nHost: a\r\n\r\n").head.version_minor, 0);
}

TEST(RequestHead, RefusesEveryTruncatedHead) {
  const std::string whole = "POST /v1/x?q HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nX: y\r\n\r\n";
  ASSERT_EQ(Parsed(whole).refused.fault, Fault::none);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(Parsed(whole.substr(0, size)).refused.fault, Fault::bad_request) << size;
  EXPECT_EQ(Parsed(whole + "x").refused.fault, Fault::bad_request) << "bytes behind the empty line";
}

TEST(RequestHead, RefusesMalformedFields) {
  struct Case {
    std::string_view why;
    std::string_view field;
  };
  const std::vector<Case> cases = {
      {"white space before the colon, RFC 9112 §5.1", "X : y\r\n"},
      {"a tab before the colon", "X\t: y\r\n"},
      {"obs-fold, RFC 9112 §5.2", "X: y\r\n z\r\n"},
      {"obs-fold with a tab", "X: y\r\n\tz\r\n"},
      {"no colon", "X\r\n"},
      {"no name", ": y\r\n"},
      {"a name that is no token, RFC 9110 §5.1", "X(: y\r\n"},
      {"white space in a name", "X Y: z\r\n"},
      {"non-ASCII in a name", "\xc3\x89: y\r\n"},
      {"a bare CR, RFC 9110 §5.5", "X: y\rz\r\n"},
      {"a CR before CRLF", "X: y\r\r\n"},
      {"a bare LF", "X: y\nz: a\r\n"},
      {"an LF alone as line end", "X: y\n"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Parsed(with_fields(c.field)).refused.fault, Fault::bad_request) << c.why;
}

// RFC 9110 §5.5, wherever in the value the byte stands: values are looked at in words.
TEST(RequestHead, RefusesControlCharactersButTabInValues) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool fine = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    for (std::size_t at = 0; at < 20; ++at) {
      std::string value(20, 'v');
      value[at] = static_cast<char>(byte);
      const Parsed p(with_fields("X: a" + value + "z\r\n"));
      EXPECT_EQ(p.refused.fault, fine ? Fault::none : Fault::bad_request) << byte << " at " << at;
    }
  }
}

TEST(RequestHead, KeepsTabsAndTextBeyondAsciiInValues) {
  const Parsed p(with_fields("X: \t a\tb\xc3\xa9\x80\xff \t\r\n"));
  ASSERT_EQ(p.refused.fault, Fault::none);
  EXPECT_EQ((p.head.fields.begin() + 1)->value, "a\tb\xc3\xa9\x80\xff");
}

TEST(RequestHead, TakesNoMoreThan256Fields) {
  std::string fields;
  for (int i = 0; i < 255; ++i) fields += "A: b\r\n";
  EXPECT_EQ(Parsed(with_fields(fields)).refused.fault, Fault::none);  // and Host
  EXPECT_EQ(Parsed(with_fields(fields + "A: b\r\n")).refused.fault, Fault::headers_too_large);
}

// Each is looked for among all fields: without a bound a 32 KiB list of them is 10 ms of an event loop.
TEST(RequestHead, TakesNoMoreThan64NominationsInAllOfConnection) {
  std::string fields = "Connection: keep-alive, , close\r\n";  // no nominations, nor are empty members
  for (int i = 0; i < 32; ++i) fields += "Connection: A,, B\r\n";
  EXPECT_EQ(Parsed(with_fields(fields)).refused.fault, Fault::none);
  EXPECT_EQ(Parsed(with_fields(fields + "Connection: C\r\n")).refused.fault, Fault::headers_too_large);
}

TEST(RequestHead, NeedsNoMemoryOfItsOwnForAnOrdinaryMessage) {
  std::string fields;
  for (int i = 0; i < 31; ++i) fields += "A: b\r\n";  // and Host
  const Parsed p(with_fields(fields));
  ASSERT_EQ(p.head.fields.size(), 32u);
  const auto* const first = reinterpret_cast<const char*>(&*p.head.fields.begin());
  const auto* const itself = reinterpret_cast<const char*>(&p.head);
  EXPECT_GE(first, itself);
  EXPECT_LT(first, itself + sizeof p.head);
}

// RFC 9112 §3.2
TEST(RequestHead, WantsExactlyOneValidHost) {
  struct Case {
    std::string_view version;
    std::string_view fields;
    bool fine;
  };
  const std::vector<Case> cases = {
      {"1.1", "Host: a\r\n", true},
      {"1.1", "hOST: a.b-c:80\r\n", true},
      {"1.1", "Host: 127.0.0.1:8080\r\n", true},
      {"1.1", "Host: [::1]:8080\r\n", true},
      {"1.1", "Host: [::ffff:1.2.3.4]\r\n", true},
      {"1.1", "Host: a:\r\n", true},
      {"1.1", "Host: a:65535\r\n", true},
      {"1.1", "", false},
      {"1.1", "Host:\r\n", false},
      {"1.1", "Host: a\r\nHost: a\r\n", false},
      {"1.1", "Host: a\r\nhost: b\r\n", false},
      {"1.1", "Host: a b\r\n", false},
      {"1.1", "Host: a,b\r\n", true},  // sub-delims, RFC 3986 §3.2.2
      {"1.1", "Host: a/b\r\n", false},
      {"1.1", "Host: u@a\r\n", false},
      {"1.1", "Host: a:65536\r\n", false},
      {"1.1", "Host: a:8x\r\n", false},
      {"1.1", "Host: a:-1\r\n", false},
      {"1.1", "Host: a:1:2\r\n", false},
      {"1.1", "Host: :80\r\n", false},
      {"1.1", "Host: [::1\r\n", false},
      {"1.1", "Host: [::1]x\r\n", false},
      {"1.1", "Host: [a]\r\n", false},
      {"1.1", "Host: []\r\n", false},
      {"1.1", "Host: a%zz\r\n", false},
      {"1.1", "Host: \xc3\xa9\r\n", false},
      {"1.0", "", true},
      {"1.0", "Host:\r\n", true},
      {"1.0", "Host: a\r\n", true},
      {"1.0", "Host: a\r\nHost: a\r\n", false},
      {"1.0", "Host: a b\r\n", false},
  };
  for (const Case& c : cases) {
    const Parsed p("GET / HTTP/" + std::string(c.version) + "\r\n" + std::string(c.fields) + "\r\n");
    EXPECT_EQ(p.refused.fault, c.fine ? Fault::none : Fault::bad_request) << c.version << " " << c.fields;
  }
}

// RFC 9112 §6.1 to §6.3
TEST(RequestHead, DelimitsTheBodyInOneWayOnly) {
  struct Case {
    std::string_view fields;
    Fault fault;
    Framing framing = Framing::none;
    std::uint64_t length = 0;
  };
  const std::vector<Case> cases = {
      {"", Fault::none},
      {"Content-Length: 0\r\n", Fault::none, Framing::length, 0},
      {"Content-Length: 0042\r\n", Fault::none, Framing::length, 42},
      {"Content-Length: 18446744073709551615\r\n", Fault::none, Framing::length, 18446744073709551615u},
      {"Content-Length: 18446744073709551616\r\n", Fault::bad_request},
      {"Content-Length: 99999999999999999999999\r\n", Fault::bad_request},
      {"Content-Length:\r\n", Fault::bad_request},
      {"Content-Length: +1\r\n", Fault::bad_request},
      {"Content-Length: -1\r\n", Fault::bad_request},
      {"Content-Length: 0x1\r\n", Fault::bad_request},
      {"Content-Length: 1 1\r\n", Fault::bad_request},
      {"Content-Length: 1, 1\r\n", Fault::bad_request},
      {"Content-Length: 1.0\r\n", Fault::bad_request},
      {"Content-Length: 1\r\nContent-Length: 1\r\n", Fault::bad_request},
      {"Content-Length: 1\r\ncontent-length: 2\r\n", Fault::bad_request},
      {"Transfer-Encoding: chunked\r\n", Fault::none, Framing::chunked},
      {"transfer-encoding: CHUNKED \r\n", Fault::none, Framing::chunked},
      {"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", Fault::bad_request},
      {"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", Fault::bad_request},
      {"Content-Length: 1\r\nTransfer-Encoding: gzip\r\n", Fault::bad_request},
      {"Transfer-Encoding: gzip\r\n", Fault::not_implemented},
      {"Transfer-Encoding: gzip, chunked\r\n", Fault::not_implemented},
      {"Transfer-Encoding: chunked, chunked\r\n", Fault::not_implemented},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Fault::not_implemented},
      {"Transfer-Encoding: identity\r\n", Fault::not_implemented},
      {"Transfer-Encoding: xchunked\r\n", Fault::not_implemented},
      {"Transfer-Encoding: chunked;q=1\r\n", Fault::not_implemented},
      {"Transfer-Encoding:\r\n", Fault::not_implemented},
      {"Transfer-Encoding: \x0b"
       "chunked\r\n",
       Fault::bad_request},
  };
  for (const Case& c : cases) {
    const Parsed p(with_fields(c.fields));
    ASSERT_EQ(p.refused.fault, c.fault) << c.fields;
    if (c.fault != Fault::none) continue;
    EXPECT_EQ(p.head.framing, c.framing) << c.fields;
    EXPECT_EQ(p.head.content_length, c.length) << c.fields;
  }
}

// RFC 9112 §6.1
TEST(RequestHead, RefusesATransferCodingInHttp10) {
  EXPECT_EQ(Parsed("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").refused.fault,
            Fault::bad_request);
}

// RFC 9112 §9.3
TEST(RequestHead, KnowsWhetherTheClientWantsTheConnectionKept) {
  struct Case {
    std::string_view version;
    std::string_view fields;
    bool keep_alive;
  };
  const std::vector<Case> cases = {
      {"1.1", "", true},
      {"1.1", "Connection: close\r\n", false},
      {"1.1", "Connection: x, CLOSE\r\n", false},
      {"1.1", "Connection: x\r\nConnection: ,, close ,\r\n", false},
      {"1.1", "Connection: keep-alive\r\n", true},
      {"1.1", "Connection: keep-alive, close\r\n", false},
      {"1.1", "Connection: closed\r\n", true},
      {"1.0", "", false},
      {"1.0", "Connection: Keep-Alive\r\n", true},
      {"1.0", "Connection: keep-alive\r\nConnection: close\r\n", false},
  };
  for (const Case& c : cases) {
    const Parsed p("GET / HTTP/" + std::string(c.version) + "\r\nHost: a\r\n" + std::string(c.fields) +
                   "\r\n");
    ASSERT_EQ(p.refused.fault, Fault::none) << c.fields;
    EXPECT_EQ(p.head.keep_alive, c.keep_alive) << c.version << " " << c.fields;
  }
}

bool nominated(const RequestHead& head, std::string_view name) {
  for (const auto& field : head.fields) {
    if (field.name == name) return field.nominated;
  }
  ADD_FAILURE() << name << " is not there";
  return false;
}

// RFC 9110 §7.6.1
TEST(RequestHead, MarksWhatConnectionNominates) {
  const Parsed p(
      with_fields("X-A: 1\r\nConnection: close, x-a ,,X-B\r\nX-B: 2\r\nX-C: 3\r\nconnection: x-c\r\n"
                  "X-D: 4\r\nX-AA: 5\r\n"));
  ASSERT_EQ(p.refused.fault, Fault::none);
  EXPECT_TRUE(nominated(p.head, "X-A"));
  EXPECT_TRUE(nominated(p.head, "X-B"));
  EXPECT_TRUE(nominated(p.head, "X-C"));
  EXPECT_FALSE(nominated(p.head, "X-D"));
  EXPECT_FALSE(nominated(p.head, "X-AA"));
}

TEST(RequestHead, NeverLetsCredentialsFramingOrHostBeNominated) {
  const std::vector<std::string> names = {"Content-Length",   "Authorization",    "x-api-key",
                                          "x-goog-api-key",   "Content-Type",     "X-Request-Id",
                                          "X-Forwarded-For",  "X-Forwarded-Host", "X-Forwarded-Proto",
                                          "Content-Encoding", "Cache-Control",    "Via",
                                          "Max-Forwards",     "Expect",           "Date"};
  for (const std::string& name : names) {
    const Parsed p(with_fields("Connection: host, " + name + "\r\n" + name + ": 1\r\n"));
    ASSERT_EQ(p.refused.fault, Fault::none) << name;
    EXPECT_FALSE(nominated(p.head, name)) << name;
    EXPECT_FALSE(nominated(p.head, "Host"));
  }
  const Parsed p(with_fields("Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_FALSE(nominated(p.head, "Transfer-Encoding"));
  EXPECT_EQ(p.head.framing, Framing::chunked);
}

// RFC 9110 §10.1.1
TEST(RequestHead, SeesThatTheClientWaitsForContinue) {
  EXPECT_TRUE(Parsed(with_fields("Expect: 100-continue\r\n")).head.expect_continue);
  EXPECT_TRUE(Parsed(with_fields("expect: 100-Continue\r\n")).head.expect_continue);
  EXPECT_TRUE(Parsed(with_fields("Expect: 100-continue, 100-continue\r\n")).head.expect_continue);
  EXPECT_TRUE(Parsed(with_fields("Expect: a\r\nExpect: b, 100-continue\r\n")).head.expect_continue);
  EXPECT_FALSE(Parsed(with_fields("Expect: something\r\n")).head.expect_continue);
  EXPECT_FALSE(Parsed("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").head.expect_continue);
}

}  // namespace
}  // namespace holysheep
