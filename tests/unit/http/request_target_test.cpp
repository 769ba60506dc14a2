#include <holysheep/http/request_head.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep {
namespace {

using http::parse_request_head;
using http::RequestHead;

struct Parsed {
  Parsed(std::string_view method, std::string_view target,
         std::string_view rest = " HTTP/1.1\r\nHost: a.b:8080\r\n")
      : bytes(std::string(method) + " " + std::string(target) + std::string(rest) + "\r\n") {
    fault = parse_request_head(bytes, head).fault;
  }
  std::string bytes;
  RequestHead head;
  Fault fault = Fault::none;
};

// RFC 9112 §3.2.1
TEST(RequestTarget, SplitsOriginForm) {
  struct Case {
    std::string_view target;
    std::string_view path;
    bool has_query;
    std::string_view query;
  };
  const std::vector<Case> cases = {
      {"/", "/", false, ""},
      {"/a/b", "/a/b", false, ""},
      {"/a?", "/a", true, ""},
      {"/a?b", "/a", true, "b"},
      {"/?a/../b?c", "/", true, "a/../b?c"},
      {"//a", "//a", false, ""},
      {"/a;b=c,d@e:f!$&'()*+~", "/a;b=c,d@e:f!$&'()*+~", false, ""},
  };
  for (const Case& c : cases) {
    const Parsed p("GET", c.target);
    ASSERT_EQ(p.fault, Fault::none) << c.target;
    EXPECT_EQ(p.head.target, c.target);
    EXPECT_EQ(p.head.path, c.path) << c.target;
    EXPECT_EQ(p.head.has_query, c.has_query) << c.target;
    EXPECT_EQ(p.head.query, c.query) << c.target;
  }
}

// RFC 3986 §3.3 and §5.2.4; spec: in any spelling
TEST(RequestTarget, RefusesDotSegmentsInAnySpelling) {
  for (const std::string dots : {".", "..", "%2e", "%2E", ".%2e", "%2e.", "%2E%2e", "%2e%2E"}) {
    for (const std::string before : {"/", "/v1/", "/a%2F", "/a%2f", "//", "/%2f"}) {
      for (const std::string after : {"", "/", "/b", "%2F", "%2fb", "?q", "//"}) {
        const std::string target = before + dots + after;
        EXPECT_EQ(Parsed("GET", target).fault, Fault::bad_request) << target;
      }
    }
  }
}

// RFC 3986 §3.3: there are servers that take a segment's parameters off before they resolve it.
TEST(RequestTarget, RefusesDotSegmentsWithParameters) {
  for (const std::string_view target : {"/v1/..;/x", "/v1/..;a=b/x", "/v1/.;/x", "/v1/%2e%2e%3bx/y",
                                        "/v1/..;.a/x", "/v1/..;", "/v1/..;?q", "/v1/a%2F..;b"}) {
    EXPECT_EQ(Parsed("GET", target).fault, Fault::bad_request) << target;
  }
  for (const std::string_view target :
       {"/v1/a..;b/x", "/v1/a;..", "/v1/;../x", "/v1/...;a", "/v1/a;b/c", "/v1/x?..;"}) {
    EXPECT_EQ(Parsed("GET", target).fault, Fault::none) << target;
  }
}

TEST(RequestTarget, LetsDotsAndEncodedSlashesOfNamesPass) {
  for (const std::string_view target :
       {"/v1/models/gpt-4.1", "/v1/models/org%2Fname", "/v1/models/org%2fname.v1", "/...", "/a/.../b", "/.a",
        "/a.", "/..a", "/a..", "/%2e%2e%2e", "/.well-known/x", "/a%2F.b", "/%2F", "/a%20b%C3%A9", "/%2ea",
        "/%25%32%65", "/a?x=/../y&z=%2e%2e&w=.."}) {
    EXPECT_EQ(Parsed("GET", target).fault, Fault::none) << target;
  }
}

TEST(RequestTarget, RefusesRawBytesThatMustBeEncoded) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool fine = byte > 0x20 && byte < 0x7f && byte != '\\' && byte != '#' && byte != '%';
    const std::string c(1, static_cast<char>(byte));
    for (const std::string& target : {"/a" + c, "/a" + c + "b", "/a?b" + c, "/a?b" + c + "c"})
      EXPECT_EQ(Parsed("GET", target).fault, fine ? Fault::none : Fault::bad_request)
          << byte << " in " << target;
  }
}

// RFC 3986 §2.1
TEST(RequestTarget, RefusesMalformedPercentEncoding) {
  for (const std::string_view wrong : {"%", "%2", "%zz", "%2g", "%g2", "%%41", "%00", "% 1"}) {
    EXPECT_EQ(Parsed("GET", "/a" + std::string(wrong)).fault, Fault::bad_request) << wrong;
    EXPECT_EQ(Parsed("GET", "/a?b=" + std::string(wrong)).fault, Fault::bad_request) << wrong;
  }
}

TEST(RequestTarget, RefusesAnEncodedBackslashInThePathAlone) {
  EXPECT_EQ(Parsed("GET", "/a%5cb").fault, Fault::bad_request);
  EXPECT_EQ(Parsed("GET", "/a%5Cb").fault, Fault::bad_request);
  EXPECT_EQ(Parsed("GET", "/..%5cb").fault, Fault::bad_request);
  EXPECT_EQ(Parsed("GET", "/a?b=%5Cc").fault, Fault::none);
}

// RFC 9112 §3.2.2
TEST(RequestTarget, ReadsAbsoluteFormWhoseAuthorityIsHost) {
  struct Case {
    std::string_view method;
    std::string_view target;
    std::string_view expected;  // empty: refused
  };
  const std::vector<Case> cases = {
      {"GET", "http://a.b:8080/c?d", "/c?d"},
      {"GET", "HTTPS://A.B:8080/c", "/c"},
      {"GET", "http://a.b:8080", "/"},
      {"OPTIONS", "http://a.b:8080", "*"},
      {"GET", "http://a.b:8080?c", ""},
      {"GET", "http://a.b/c", ""},
      {"GET", "http://a.b:80800/c", ""},
      {"GET", "http://other:8080/c", ""},
      {"GET", "http://u@a.b:8080/c", ""},
      {"GET", "http://u:p@a.b:8080/c", ""},
      {"GET", "http://a.b:8080@evil/c", ""},
      {"GET", "http:///c", ""},
      {"GET", "http:a.b:8080/c", ""},
      {"GET", "ftp://a.b:8080/c", ""},
      {"GET", "a.b:8080/c", ""},
      {"GET", "http://a.b:8080/../c", ""},
      {"GET", "http://a.b:8080\\c", ""},
  };
  for (const Case& c : cases) {
    const Parsed p(c.method, c.target);
    ASSERT_EQ(p.fault, c.expected.empty() ? Fault::bad_request : Fault::none) << c.target;
    if (!c.expected.empty()) {
      EXPECT_EQ(p.head.target, c.expected) << c.target;
    }
  }
}

TEST(RequestTarget, NamesTheHostOfAnHttp10RequestWithoutOne) {
  const Parsed p("GET", "http://x:1/c", " HTTP/1.0\r\n");
  ASSERT_EQ(p.fault, Fault::none);
  EXPECT_EQ(p.head.host, "x:1");
  EXPECT_EQ(p.head.path, "/c");
}

// RFC 9112 §3.2.4
TEST(RequestTarget, TakesAnAsteriskWithOptionsOnly) {
  EXPECT_EQ(Parsed("OPTIONS", "*").fault, Fault::none);
  EXPECT_EQ(Parsed("OPTIONS", "*").head.target, "*");
  EXPECT_EQ(Parsed("GET", "*").fault, Fault::bad_request);
  EXPECT_EQ(Parsed("OPTIONS", "**").fault, Fault::bad_request);
}

// RFC 9112 §3.2.3
TEST(RequestTarget, TakesAuthorityFormWithConnectOnly) {
  EXPECT_EQ(Parsed("CONNECT", "a.b:443").fault, Fault::none);
  EXPECT_EQ(Parsed("CONNECT", "[::1]:443").fault, Fault::none);
  EXPECT_EQ(Parsed("CONNECT", "[::1]").fault, Fault::bad_request);
  EXPECT_EQ(Parsed("CONNECT", "a.b").fault, Fault::bad_request);
  EXPECT_EQ(Parsed("CONNECT", "/v1/x").fault, Fault::bad_request);
  EXPECT_EQ(Parsed("CONNECT", "http://a.b:8080/").fault, Fault::bad_request);
  EXPECT_EQ(Parsed("GET", "a.b:8080").fault, Fault::bad_request);
}

}  // namespace
}  // namespace holysheep
