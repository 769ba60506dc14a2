#include "fields.hpp"
#include <holysheep/http/request_writer.hpp>

#include <string>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

RequestHead head_of(Method method, std::string_view method_text, std::initializer_list<Field> fields) {
  RequestHead head;
  head.method = method;
  head.method_text = method_text;
  head.host = "proxy.example";
  head.fields = fields_of(fields);
  return head;
}

RequestHead get(std::initializer_list<Field> fields) {
  return head_of(Method::get, "GET", fields);
}

Onward onward_of(const RequestHead& head) {
  return {.head = head,
          .base_path = "/v1",
          .rest = "/models",
          .authority = "api.holysheep.ai",
          .client_address = "10.0.0.7",
          .request_id = "req-1"};
}

std::string written(const Onward& onward) {
  std::string out;
  write_request_head(out, onward);
  return out;
}

std::string written(const RequestHead& head) {
  return written(onward_of(head));
}

bool has(const std::string& text, const std::string& line) {
  return text.find("\r\n" + line + "\r\n") != std::string::npos;
}

bool names(const std::string& text, const std::string& name) {
  return text.find("\r\n" + name + ": ") != std::string::npos;
}

TEST(RequestWriter, WritesAWholeHead) {
  const RequestHead head = head_of(Method::post, "POST",
                                   {{"host", "proxy.example", FieldName::host},
                                    {"User-Agent", "OpenAI/Python 1.0"},
                                    {"Content-Type", "application/json", FieldName::content_type},
                                    {"content-length", "12", FieldName::content_length},
                                    {"Authorization", "Bearer client", FieldName::authorization}});
  Onward onward = onward_of(head);
  onward.rest = "/chat/completions";
  onward.key = "sk-up";
  onward.framing = Framing::length;
  onward.content_length = 12;
  EXPECT_EQ(written(onward),
            "POST /v1/chat/completions HTTP/1.1\r\n"
            "Host: api.holysheep.ai\r\n"
            "User-Agent: OpenAI/Python 1.0\r\n"
            "Content-Type: application/json\r\n"
            "X-Forwarded-For: 10.0.0.7\r\n"
            "X-Forwarded-Proto: http\r\n"
            "X-Forwarded-Host: proxy.example\r\n"
            "X-Request-Id: req-1\r\n"
            "Authorization: Bearer sk-up\r\n"
            "Content-Length: 12\r\n"
            "Via: 1.1 holysheep-proxy\r\n"
            "\r\n");
}

TEST(RequestWriter, AppendsToWhatIsThere) {
  const RequestHead head = get({});
  std::string out = "before";
  write_request_head(out, onward_of(head));
  EXPECT_TRUE(out.starts_with("beforeGET /v1/models HTTP/1.1\r\n"));
}

TEST(RequestWriter, DoesNotAllocateOnceItsBufferHasGrown) {
  const RequestHead head = get({{"Accept", "*/*"}});
  std::string out;
  write_request_head(out, onward_of(head));
  const auto capacity = out.capacity();
  const char* const where = out.data();
  out.clear();
  write_request_head(out, onward_of(head));
  EXPECT_EQ(out.capacity(), capacity);
  EXPECT_EQ(out.data(), where);
}

TEST(RequestWriterTarget, IsBasePathAndRestAndQuery) {
  RequestHead head = get({});
  head.has_query = true;
  head.query = "limit=2&key=mine";
  EXPECT_TRUE(written(head).starts_with("GET /v1/models?limit=2&key=mine HTTP/1.1\r\n"));
}

TEST(RequestWriterTarget, KeepsAnEmptyQuery) {
  RequestHead head = get({});
  head.has_query = true;
  EXPECT_TRUE(written(head).starts_with("GET /v1/models? HTTP/1.1\r\n"));
  Onward onward = onward_of(head);
  onward.key = "sk-up";
  EXPECT_TRUE(written(onward).starts_with("GET /v1/models? HTTP/1.1\r\n"));
}

TEST(RequestWriterTarget, OfBetaStandsBesideTheBasePath) {
  const RequestHead head = get({});
  Onward onward = onward_of(head);
  onward.beta = true;
  onward.rest = "/v1beta/models/gemini-2.5-flash:generateContent";
  EXPECT_TRUE(
      written(onward).starts_with("GET /v1beta/models/gemini-2.5-flash:generateContent HTTP/1.1\r\n"));
}

TEST(RequestWriterTarget, IsNeverEmpty) {
  const RequestHead head = get({});
  Onward onward = onward_of(head);
  onward.base_path = "";
  onward.rest = "";
  EXPECT_TRUE(written(onward).starts_with("GET / HTTP/1.1\r\n"));
}

TEST(RequestWriterTarget, LosesTheKeyParameterWhenThereIsAKey) {
  RequestHead head = get({});
  head.has_query = true;
  head.query = "%6bey=secret&alt=sse";
  Onward onward = onward_of(head);
  onward.key = "sk-up";
  EXPECT_TRUE(written(onward).starts_with("GET /v1/models?alt=sse HTTP/1.1\r\n"));
  head.query = "k%65y=secret";
  EXPECT_TRUE(written(onward).starts_with("GET /v1/models HTTP/1.1\r\n"));
}

TEST(RequestWriterFields, HopByHopAreDropped) {
  const std::string text = written(get({{"Connection", "close, X-Private", FieldName::connection},
                                        {"Keep-Alive", "timeout=5", FieldName::keep_alive},
                                        {"Proxy-Connection", "keep-alive", FieldName::proxy_connection},
                                        {"TE", "trailers", FieldName::te},
                                        {"Transfer-Encoding", "chunked", FieldName::transfer_encoding},
                                        {"Upgrade", "websocket", FieldName::upgrade},
                                        {"X-Private", "1", FieldName::other, true},
                                        {"X-Public", "2"}}));
  for (const char* name :
       {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Transfer-Encoding", "Upgrade", "X-Private"}) {
    EXPECT_FALSE(names(text, name)) << name;
  }
  EXPECT_TRUE(has(text, "X-Public: 2"));
}

TEST(RequestWriterFields, OthersPassInOrderWithDuplicatesAndCase) {
  const std::string text = written(get({{"x-ODD", "1"},
                                        {"Accept-Encoding", "br", FieldName::accept_encoding},
                                        {"X-Odd", ""},
                                        {"traceparent", "00-x", FieldName::traceparent},
                                        {"x-ODD", "1"}}));
  EXPECT_TRUE(has(text, "x-ODD: 1\r\nAccept-Encoding: br\r\nX-Odd: \r\ntraceparent: 00-x\r\nx-ODD: 1"))
      << text;
}

TEST(RequestWriterFields, TheHostIsUpstreamsAndStandsFirst) {
  const std::string text = written(get({{"A", "1"}, {"Host", "proxy.example", FieldName::host}}));
  EXPECT_TRUE(text.starts_with("GET /v1/models HTTP/1.1\r\nHost: api.holysheep.ai\r\nA: 1\r\n"));
  EXPECT_FALSE(has(text, "Host: proxy.example"));
}

TEST(RequestWriterFields, ExpectIsDroppedOnceAnswered) {
  EXPECT_FALSE(names(written(get({{"Expect", "100-Continue", FieldName::expect}})), "Expect"));
  RequestHead head = get({{"Expect", "100-continue", FieldName::expect}});
  head.expect_continue = true;
  EXPECT_FALSE(names(written(head), "Expect"));
  EXPECT_FALSE(names(written(get({{"Expect", "100-continue, ,100-Continue", FieldName::expect}})), "Expect"));
  EXPECT_TRUE(has(written(get({{"Expect", "magic", FieldName::expect}})), "Expect: magic"));
  EXPECT_TRUE(has(written(get({{"Expect", "100-continue, magic", FieldName::expect}})),
                  "Expect: 100-continue, magic"))
      << "what the proxy cannot answer is upstream's to refuse";
}

TEST(RequestWriterFields, MaxForwardsOfOptionsIsCountedDown) {
  const auto with = [](Method method, std::string_view text, std::string_view value) {
    return written(head_of(method, text, {{"max-forwards", value, FieldName::max_forwards}}));
  };
  EXPECT_TRUE(has(with(Method::options, "OPTIONS", "10"), "max-forwards: 9"));
  EXPECT_TRUE(has(with(Method::options, "OPTIONS", "1"), "max-forwards: 0"));
  EXPECT_TRUE(has(with(Method::options, "OPTIONS", "0"), "max-forwards: 0"));
  EXPECT_TRUE(has(with(Method::options, "OPTIONS", "many"), "max-forwards: many"));
  EXPECT_TRUE(has(with(Method::options, "OPTIONS", "9x"), "max-forwards: 9x"));
  EXPECT_TRUE(has(with(Method::get, "GET", "10"), "max-forwards: 10"));
}

TEST(RequestWriterForwarded, ForIsAppendedOnTheLastLineInPlace) {
  const std::string text = written(get({{"x-forwarded-for", "1.1.1.1", FieldName::x_forwarded_for},
                                        {"A", "1"},
                                        {"X-Forwarded-For", "2.2.2.2, 3.3.3.3", FieldName::x_forwarded_for},
                                        {"B", "2"}}));
  EXPECT_TRUE(
      has(text, "x-forwarded-for: 1.1.1.1\r\nA: 1\r\nX-Forwarded-For: 2.2.2.2, 3.3.3.3, 10.0.0.7\r\nB: 2"))
      << text;
}

TEST(RequestWriterForwarded, ForIsAddedWhereNoneIsOrNoneIsLeft) {
  EXPECT_TRUE(has(written(get({})), "X-Forwarded-For: 10.0.0.7"));
  EXPECT_TRUE(
      has(written(get({{"X-Forwarded-For", "", FieldName::x_forwarded_for}})), "X-Forwarded-For: 10.0.0.7"));
  const std::string nominated =
      written(get({{"X-Forwarded-For", "1.1.1.1", FieldName::x_forwarded_for, true}}));
  EXPECT_TRUE(has(nominated, "X-Forwarded-For: 10.0.0.7"));
  EXPECT_EQ(nominated.find("1.1.1.1"), std::string::npos);
}

TEST(RequestWriterForwarded, ProtoAndHostAreKeptWhereTheIngressSetThem) {
  const std::string text = written(get({{"x-forwarded-proto", "https", FieldName::x_forwarded_proto},
                                        {"X-Forwarded-Host", "api.example", FieldName::x_forwarded_host}}));
  EXPECT_TRUE(has(text, "x-forwarded-proto: https\r\nX-Forwarded-Host: api.example"));
  EXPECT_FALSE(has(text, "X-Forwarded-Proto: http"));
  EXPECT_FALSE(has(text, "X-Forwarded-Host: proxy.example"));
}

TEST(RequestWriterForwarded, ProtoAndHostAreAddedElse) {
  RequestHead head = get({});
  EXPECT_TRUE(has(written(head), "X-Forwarded-Proto: http\r\nX-Forwarded-Host: proxy.example"));
  head.host = "";
  EXPECT_FALSE(names(written(head), "X-Forwarded-Host")) << "an HTTP/1.0 client may send no Host";
}

TEST(RequestWriterVia, IsAddedAfterAnExistingOne) {
  EXPECT_TRUE(
      has(written(get({{"via", "1.1 nginx", FieldName::via}, {"A", "1"}})), "via: 1.1 nginx\r\nA: 1"));
  EXPECT_TRUE(
      written(get({{"via", "1.1 nginx", FieldName::via}})).ends_with("\r\nVia: 1.1 holysheep-proxy\r\n\r\n"));
}

TEST(RequestWriterVia, SaysWhichVersionCameIn) {
  RequestHead head = get({});
  head.version_minor = 0;
  EXPECT_TRUE(written(head).starts_with("GET /v1/models HTTP/1.1\r\n"));
  EXPECT_TRUE(has(written(head), "Via: 1.0 holysheep-proxy"));
}

TEST(RequestWriterRequestId, TakesTheClientsPlaceAndIsOnlyOne) {
  const std::string text = written(get({{"x-request-ID", "theirs", FieldName::x_request_id},
                                        {"A", "1"},
                                        {"X-Request-Id", "again", FieldName::x_request_id}}));
  EXPECT_TRUE(has(text, "x-request-ID: req-1\r\nA: 1"));
  EXPECT_FALSE(names(text, "X-Request-Id"));
  EXPECT_EQ(text.find("theirs"), std::string::npos);
}

TEST(RequestWriterRequestId, IsAddedElse) {
  EXPECT_TRUE(has(written(get({})), "X-Request-Id: req-1"));
  EXPECT_TRUE(
      has(written(get({{"X-Request-Id", "theirs", FieldName::x_request_id, true}})), "X-Request-Id: req-1"));
}

TEST(RequestWriterFraming, IsOurs) {
  const RequestHead head =
      head_of(Method::post, "POST",
              {{"Content-Length", "5", FieldName::content_length}, {"Trailer", "X-Sum", FieldName::trailer}});
  Onward onward = onward_of(head);
  onward.framing = Framing::length;
  onward.content_length = 18446744073709551615u;
  const std::string length = written(onward);
  EXPECT_TRUE(has(length, "Content-Length: 18446744073709551615"));
  EXPECT_FALSE(has(length, "Content-Length: 5"));
  EXPECT_FALSE(names(length, "Transfer-Encoding"));
  EXPECT_FALSE(names(length, "Trailer")) << "there is none without the chunked coding";
  onward.framing = Framing::chunked;
  const std::string chunked = written(onward);
  EXPECT_TRUE(has(chunked, "Transfer-Encoding: chunked"));
  EXPECT_FALSE(names(chunked, "Content-Length"));
  EXPECT_TRUE(has(chunked, "Trailer: X-Sum"));
}

TEST(RequestWriterFraming, OfNoBodyIsALengthOfZeroWhereOneIsExpected) {
  EXPECT_TRUE(has(written(head_of(Method::post, "POST", {})), "Content-Length: 0"));
  EXPECT_TRUE(has(written(head_of(Method::put, "PUT", {})), "Content-Length: 0"));
  EXPECT_TRUE(has(written(head_of(Method::patch, "PATCH", {})), "Content-Length: 0"));
  EXPECT_FALSE(names(written(get({})), "Content-Length"));
  EXPECT_FALSE(names(written(head_of(Method::delete_, "DELETE", {})), "Content-Length"));
  EXPECT_FALSE(names(written(head_of(Method::other, "PROPFIND", {})), "Content-Length"));
}

RequestHead with_credentials() {
  return get({{"Authorization", "Bearer client", FieldName::authorization},
              {"X-Api-Key", "client", FieldName::x_api_key},
              {"x-goog-api-key", "client", FieldName::x_goog_api_key},
              {"authorization", "Basic client", FieldName::authorization}});
}

TEST(RequestWriterCredentials, PassUntouchedWithoutAKey) {
  EXPECT_TRUE(has(written(with_credentials()),
                  "Authorization: Bearer client\r\nX-Api-Key: client\r\nx-goog-api-key: client\r\n"
                  "authorization: Basic client"));
}

TEST(RequestWriterCredentials, OfTheClientNeverReachUpstreamBesideOurs) {
  const RequestHead head = with_credentials();
  for (const Dialect dialect : {Dialect::openai, Dialect::anthropic, Dialect::gemini}) {
    Onward onward = onward_of(head);
    onward.key = "sk-up";
    onward.dialect = dialect;
    const std::string text = written(onward);
    EXPECT_EQ(text.find("client"), std::string::npos);
    EXPECT_TRUE(has(text, "Authorization: Bearer sk-up"));
    EXPECT_EQ(has(text, "x-api-key: sk-up"), dialect == Dialect::anthropic);
    EXPECT_EQ(has(text, "x-goog-api-key: sk-up"), dialect == Dialect::gemini);
  }
}

}  // namespace
}  // namespace holysheep::http
