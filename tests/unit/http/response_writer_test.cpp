#include "fields.hpp"
#include <holysheep/http/response_writer.hpp>

#include <string>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

using namespace std::chrono_literals;

const ServerTiming timing{.queue = 1ms, .upstream = 2ms, .proxy = 3ms, .attempts = 1, .cache = "miss"};
constexpr const char* timing_line =
    "Server-Timing: queue;dur=1, upstream;dur=2, proxy;dur=3, cache;desc=miss, attempts;desc=\"1\"";
constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";

ResponseHead answer(std::initializer_list<Field> fields) {
  ResponseHead head;
  head.status = 200;
  head.reason = "OK";
  head.fields = fields_of(fields);
  return head;
}

ResponseHead stream(std::initializer_list<Field> fields) {
  ResponseHead head = answer(fields);
  head.event_stream = true;
  return head;
}

Downward downward(const ResponseHead& head, Framing framing = Framing::chunked) {
  return {.head = head, .framing = framing, .request_id = "req-1", .date = date, .timing = timing};
}

std::string written(const Downward& down) {
  std::string out;
  write_response_head(out, down);
  return out;
}

std::string written(const ResponseHead& head, Framing framing = Framing::chunked) {
  return written(downward(head, framing));
}

bool has(const std::string& text, const std::string& line) {
  return text.find("\r\n" + line + "\r\n") != std::string::npos;
}

int count(const std::string& text, const std::string& name) {
  int found = 0;
  for (auto at = text.find("\r\n" + name + ": "); at != text.npos;
       at = text.find("\r\n" + name + ": ", at + 1)) {
    ++found;
  }
  return found;
}

TEST(ResponseWriter, LeavesOutWhatBindsABodyThatIsEdited) {
  const ResponseHead head = stream({{"Content-MD5", "x=="}, {"Repr-Digest", "a=:x:"}, {"Other", "x"}});
  Downward down = downward(head);
  EXPECT_TRUE(has(written(down), "Content-MD5: x=="));
  down.edited = true;
  EXPECT_FALSE(has(written(down), "Content-MD5: x=="));
  EXPECT_FALSE(has(written(down), "Repr-Digest: a=:x:"));
  EXPECT_TRUE(has(written(down), "Other: x"));
}

TEST(ResponseWriter, WritesAWholeHead) {
  const ResponseHead head = answer({{"Date", "Mon, 07 Nov 1994 08:49:37 GMT", FieldName::date},
                                    {"Content-Type", "application/json", FieldName::content_type},
                                    {"content-length", "42", FieldName::content_length},
                                    {"openai-model", "gpt-4.1"}});
  Downward down = downward(head, Framing::length);
  down.content_length = 42;
  EXPECT_EQ(written(down), std::string("HTTP/1.1 200 OK\r\n"
                                       "Date: Mon, 07 Nov 1994 08:49:37 GMT\r\n"
                                       "Content-Type: application/json\r\n"
                                       "content-length: 42\r\n"
                                       "openai-model: gpt-4.1\r\n"
                                       "X-Request-Id: req-1\r\n") +
                               timing_line +
                               "\r\n"
                               "Via: 1.1 holysheep-proxy\r\n"
                               "\r\n");
}

TEST(ResponseWriter, AppendsToWhatIsThereWithoutAllocatingAgain) {
  const ResponseHead head = answer({});
  std::string out = "before";
  write_response_head(out, downward(head));
  EXPECT_TRUE(out.starts_with("beforeHTTP/1.1 200 OK\r\n"));
  const char* const where = out.data();
  out.resize(6);
  write_response_head(out, downward(head));
  EXPECT_EQ(out.data(), where);
}

TEST(ResponseWriter, StatusAndReasonAreUpstreamsTheVersionOurs) {
  ResponseHead head = answer({});
  head.version_minor = 0;
  head.status = 529;
  head.reason = "Site is overloaded";
  EXPECT_TRUE(written(head).starts_with("HTTP/1.1 529 Site is overloaded\r\n"));
  EXPECT_TRUE(has(written(head), "Via: 1.0 holysheep-proxy")) << "the version that came in";
  head.reason = "";
  EXPECT_TRUE(written(head).starts_with("HTTP/1.1 529 \r\n"));
}

TEST(ResponseWriterFields, HopByHopAreDropped) {
  const std::string text = written(answer({{"Connection", "close, X-Private", FieldName::connection},
                                           {"Keep-Alive", "timeout=5", FieldName::keep_alive},
                                           {"Proxy-Connection", "keep-alive", FieldName::proxy_connection},
                                           {"TE", "trailers", FieldName::te},
                                           {"Transfer-Encoding", "chunked", FieldName::transfer_encoding},
                                           {"Upgrade", "h2", FieldName::upgrade},
                                           {"X-Private", "1", FieldName::other, true},
                                           {"X-Public", "2"}}),
                                   Framing::none);
  for (const char* name :
       {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Transfer-Encoding", "Upgrade", "X-Private"}) {
    EXPECT_EQ(count(text, name), 0) << name;
  }
  EXPECT_TRUE(has(text, "X-Public: 2"));
}

TEST(ResponseWriterFields, OthersPassInOrderWithDuplicatesAndCase) {
  EXPECT_TRUE(
      has(written(answer({{"Set-Cookie", "a=1"},
                          {"request-id", "req_anthropic"},
                          {"retry-after", "9", FieldName::retry_after},
                          {"set-cookie", "b=2"},
                          {"Cache-Control", "private", FieldName::cache_control},
                          {"X-Accel-Buffering", "yes", FieldName::x_accel_buffering},
                          {"x-should-retry", "true", FieldName::x_should_retry},
                          {"Set-Cookie", "a=1"}})),
          "Set-Cookie: a=1\r\nrequest-id: req_anthropic\r\nretry-after: 9\r\nset-cookie: b=2\r\n"
          "Cache-Control: private\r\nX-Accel-Buffering: yes\r\nx-should-retry: true\r\nSet-Cookie: a=1"));
}

TEST(ResponseWriterFields, UpstreamsRequestIdIsRenamedInPlaceAndOursAdded) {
  const std::string text =
      written(answer({{"A", "1"}, {"x-request-id", "up-9", FieldName::x_request_id}, {"B", "2"}}));
  EXPECT_TRUE(has(text, "A: 1\r\nX-Upstream-Request-Id: up-9\r\nB: 2"));
  EXPECT_TRUE(has(text, "X-Request-Id: req-1"));
  EXPECT_EQ(count(text, "x-request-id"), 0);
}

TEST(ResponseWriterFields, DateIsAddedWhereUpstreamSentNone) {
  EXPECT_TRUE(has(written(answer({})), "Date: " + std::string(date)));
  const std::string kept = written(answer({{"date", "yesterday", FieldName::date}}));
  EXPECT_TRUE(has(kept, "date: yesterday"));
  EXPECT_EQ(count(kept, "Date"), 0);
  EXPECT_TRUE(
      has(written(answer({{"Date", "yesterday", FieldName::date, true}})), "Date: " + std::string(date)));
}

TEST(ResponseWriterFields, ViaAndServerTimingAreAddedBesideUpstreams) {
  const std::string text = written(answer(
      {{"via", "1.1 cloudflare", FieldName::via}, {"Server-Timing", "db;dur=5", FieldName::server_timing}}));
  EXPECT_TRUE(has(text, "via: 1.1 cloudflare\r\nServer-Timing: db;dur=5"));
  EXPECT_TRUE(has(text, timing_line));
  EXPECT_TRUE(has(text, "Via: 1.1 holysheep-proxy"));
}

TEST(ResponseWriterFields, ShouldRetryTakesThePlaceOfUpstreams) {
  const ResponseHead head = answer({{"X-Should-Retry", "true", FieldName::x_should_retry}});
  Downward down = downward(head);
  down.should_retry = false;
  EXPECT_TRUE(has(written(down), "x-should-retry: false"));
  EXPECT_EQ(count(written(down), "X-Should-Retry"), 0);
  down.should_retry = true;
  EXPECT_TRUE(has(written(down), "x-should-retry: true"));
  EXPECT_EQ(count(written(answer({})), "x-should-retry"), 0);
}

TEST(ResponseWriterFields, ExtraLinesAreAddedAsTheyAre) {
  const ResponseHead head = answer({});
  Downward down = downward(head);
  down.extra = "Age: 12\r\nX-HolySheep-Model: deepseek-v3.2\r\n";
  EXPECT_TRUE(has(written(down), "Age: 12\r\nX-HolySheep-Model: deepseek-v3.2"));
}

TEST(ResponseWriterStream, ForbidsBufferingInPlaceOfUpstreamsWord) {
  const std::string text = written(stream({{"x-accel-buffering", "yes", FieldName::x_accel_buffering}}));
  EXPECT_EQ(count(text, "x-accel-buffering"), 0);
  EXPECT_TRUE(has(text, "X-Accel-Buffering: no"));
  EXPECT_EQ(count(written(answer({})), "X-Accel-Buffering"), 0);
}

TEST(ResponseWriterStream, ForbidsTransformingWhereUpstreamSaidNothing) {
  EXPECT_TRUE(has(written(stream({})), "Cache-Control: no-transform"));
  EXPECT_TRUE(
      has(written(stream({{"Cache-Control", "", FieldName::cache_control}})), "Cache-Control: no-transform"));
  EXPECT_EQ(count(written(answer({})), "Cache-Control"), 0);
}

std::string merged(std::string_view value) {
  const std::string text = written(stream({{"cache-control", value, FieldName::cache_control}}));
  const auto from = text.find("\r\ncache-control: ") + 17;
  return text.substr(from, text.find("\r\n", from) - from);
}

TEST(ResponseWriterStream, MergesNoTransformOnceWithUpstreamsDirectives) {
  EXPECT_EQ(merged("no-cache"), "no-cache, no-transform");
  EXPECT_EQ(merged("no-transform"), "no-transform");
  EXPECT_EQ(merged("no-cache,No-Transform , max-age=5"), "no-cache, No-Transform, max-age=5");
  EXPECT_EQ(merged("no-transform, no-cache, no-transform"), "no-transform, no-cache");
  EXPECT_EQ(merged(", no-store,,"), "no-store, no-transform");
}

TEST(ResponseWriterStream, LooksNotIntoQuotedDirectives) {
  EXPECT_EQ(merged("private=\"a, no-transform\""), "private=\"a, no-transform\", no-transform");
  EXPECT_EQ(merged("x=\"\\\", no-transform\", no-cache"), "x=\"\\\", no-transform\", no-cache, no-transform");
  EXPECT_EQ(merged("x=\"open, no-transform"), "x=\"open, no-transform, no-transform");
  EXPECT_EQ(merged("x=\"\\"), "x=\"\\, no-transform");
}

TEST(ResponseWriterStream, WritesOneCacheControlLineInTheFirstOnesPlace) {
  const std::string text =
      written(stream({{"cache-control", "no-cache", FieldName::cache_control},
                      {"A", "1"},
                      {"Cache-Control", "no-transform, private", FieldName::cache_control},
                      {"Cache-Control", "hidden", FieldName::cache_control, true}}));
  EXPECT_TRUE(has(text, "cache-control: no-cache, no-transform, private\r\nA: 1")) << text;
  EXPECT_EQ(count(text, "Cache-Control"), 0);
}

TEST(ResponseWriterFraming, LengthStaysInItsPlace) {
  const ResponseHead head = answer({{"content-length", "7", FieldName::content_length},
                                    {"Trailer", "X-Sum", FieldName::trailer},
                                    {"A", "1"}});
  Downward down = downward(head, Framing::length);
  down.content_length = 7;
  const std::string text = written(down);
  EXPECT_TRUE(has(text, "content-length: 7\r\nA: 1"));
  EXPECT_EQ(count(text, "Transfer-Encoding") + count(text, "Content-Length") + count(text, "Trailer"), 0);
}

TEST(ResponseWriterFraming, LengthIsAddedWhereUpstreamSentNoneThatPasses) {
  const ResponseHead none = answer({});
  Downward down = downward(none, Framing::length);
  down.content_length = 0;
  EXPECT_TRUE(has(written(down), "Content-Length: 0"));
  const ResponseHead nominated = answer({{"Content-Length", "9", FieldName::content_length, true}});
  Downward ours = downward(nominated, Framing::length);
  ours.content_length = 9;
  EXPECT_EQ(count(written(ours), "Content-Length"), 1);
}

TEST(ResponseWriterFraming, OfHeadAnd304KeepsWhatTheFieldSaid) {
  ResponseHead head = answer({{"Content-Length", "1234", FieldName::content_length}});
  EXPECT_TRUE(has(written(head, Framing::none), "Content-Length: 1234"));
  head.status = 304;
  EXPECT_TRUE(has(written(head, Framing::none), "Content-Length: 1234"));
  head.status = 204;
  EXPECT_EQ(count(written(head, Framing::none), "Content-Length"), 0) << "RFC 9110 §8.6";
}

TEST(ResponseWriterFraming, ChunkedReplacesLengthAndKeepsTrailer) {
  const std::string text = written(
      answer({{"Content-Length", "7", FieldName::content_length}, {"Trailer", "X-Sum", FieldName::trailer}}));
  EXPECT_TRUE(has(text, "Transfer-Encoding: chunked"));
  EXPECT_TRUE(has(text, "Trailer: X-Sum"));
  EXPECT_EQ(count(text, "Content-Length"), 0);
}

TEST(ResponseWriterFraming, UntilCloseIsNeitherAndCloses) {
  const std::string text = written(
      answer({{"Content-Length", "7", FieldName::content_length}, {"Trailer", "X-Sum", FieldName::trailer}}),
      Framing::until_close);
  EXPECT_EQ(count(text, "Content-Length") + count(text, "Transfer-Encoding") + count(text, "Trailer"), 0);
  EXPECT_TRUE(has(text, "Connection: close"));
}

TEST(ResponseWriterConnection, SaysWhatTheClientWouldNotAssume) {
  const ResponseHead head = answer({});
  Downward down = downward(head, Framing::length);
  EXPECT_EQ(count(written(down), "Connection"), 0);
  down.close = true;
  EXPECT_TRUE(has(written(down), "Connection: close"));
  down.client_version_minor = 0;
  EXPECT_TRUE(has(written(down), "Connection: close"));
  down.close = false;
  EXPECT_TRUE(has(written(down), "Connection: keep-alive"));
}

class ResponseWriterCoding : public ::testing::Test {
 protected:
  std::string with(Coding coding) {
    Downward down = downward(head_);
    down.coding = coding;
    return written(down);
  }

  ResponseHead head_ = answer({{"ETag", "\"abc\""},
                               {"content-length", "5000", FieldName::content_length},
                               {"Accept-Ranges", "bytes"},
                               {"Content-MD5", "x=="},
                               {"Digest", "sha-256=x"},
                               {"Content-Digest", "sha-256=:x:"},
                               {"repr-digest", "sha-256=:x:"},
                               {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}});
};

TEST_F(ResponseWriterCoding, WhatIsCompressedSaysSoAndNothingOfItsPlainBytes) {
  const std::string text = with(Coding::gzip);
  EXPECT_TRUE(has(text, "Content-Encoding: gzip"));
  EXPECT_TRUE(has(text, "Vary: Accept-Encoding"));
  EXPECT_TRUE(has(text, "ETag: W/\"abc\""));
  EXPECT_TRUE(has(text, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"));
  EXPECT_TRUE(has(text, "Transfer-Encoding: chunked"));
  for (const char* name :
       {"content-length", "Accept-Ranges", "Content-MD5", "Digest", "Content-Digest", "repr-digest"}) {
    EXPECT_EQ(count(text, name), 0) << name;
  }
}

TEST_F(ResponseWriterCoding, WhatIsNotPassesAndSaysWhereItCouldBe) {
  const std::string text = with(Coding::varies);
  EXPECT_EQ(count(text, "Content-Encoding"), 0);
  for (const char* line :
       {"Vary: Accept-Encoding", "ETag: \"abc\"", "Accept-Ranges: bytes", "Content-MD5: x=="}) {
    EXPECT_TRUE(has(text, line)) << line;
  }
  EXPECT_EQ(count(with(Coding::none), "Vary"), 0);
}

TEST_F(ResponseWriterCoding, AWeakEtagStaysAsItIs) {
  head_ = answer({{"etag", "W/\"abc\""}});
  EXPECT_TRUE(has(with(Coding::gzip), "etag: W/\"abc\""));
}

TEST_F(ResponseWriterCoding, VaryIsAddedToUpstreamsUnlessThatNamesIt) {
  head_ = answer({{"Vary", "Origin"}, {"vary", "X-Accept-Encoding"}});
  for (const auto coding : {Coding::gzip, Coding::varies}) {
    EXPECT_TRUE(has(with(coding), "Vary: Origin"));
    EXPECT_EQ(count(with(coding), "Vary"), 2);
    EXPECT_TRUE(has(with(coding), "Vary: Accept-Encoding"));
  }
  for (const char* named : {"accept-encoding", "Origin , Accept-Encoding", "*", "Accept-Encoding,Origin"}) {
    head_ = answer({{"Vary", named}, {"Vary", "Origin"}});
    EXPECT_EQ(count(with(Coding::gzip), "Vary"), 2) << named;
  }
}

TEST(InterimHead, PassesItsFieldsAndNothingMeantForTheConnection) {
  ResponseHead head = answer({{"Link", "</a.css>; rel=preload"},
                              {"Connection", "X-Hop", FieldName::connection},
                              {"X-Hop", "1", FieldName::other, true},
                              {"Content-Length", "0", FieldName::content_length},
                              {"Trailer", "X-Sum", FieldName::trailer},
                              {"X-Request-Id", "up-9", FieldName::x_request_id}});
  head.status = 103;
  head.reason = "Early Hints";
  std::string out;
  write_interim_head(out, head);
  EXPECT_EQ(out,
            "HTTP/1.1 103 Early Hints\r\n"
            "Link: </a.css>; rel=preload\r\n"
            "X-Upstream-Request-Id: up-9\r\n"
            "Via: 1.1 holysheep-proxy\r\n"
            "\r\n");
}

}  // namespace
}  // namespace holysheep::http
