#include "fields.hpp"
#include <holysheep/http/accept_encoding.hpp>
#include <holysheep/http/compressible.hpp>
#include <holysheep/http/trailers.hpp>

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

bool accepted(std::initializer_list<std::string_view> lines) {
  HeaderBlock fields;
  for (const auto line : lines) fields.add({"Accept-Encoding", line, FieldName::accept_encoding});
  return accepts_gzip(fields);
}

TEST(AcceptEncoding, TakesGzipWhereItIsNamed) {
  for (const char* line : {"gzip",
                           "GZip",
                           "x-gzip",
                           "X-GZIP",
                           "deflate, gzip",
                           "gzip, deflate, br",
                           "br,gzip",
                           " gzip ",
                           ",gzip,",
                           "gzip;q=1",
                           "gzip;q=1.000",
                           "gzip;q=0.001",
                           "gzip ; q=0.5",
                           "gzip\t;\tQ=0.5",
                           "gzip;q=1.",
                           "gzip;q=0.5,",
                           "br;q=1, gzip;q=0.2",
                           "*",
                           "*;q=0.1",
                           "deflate, *"}) {
    EXPECT_TRUE(accepted({line})) << line;
  }
}

TEST(AcceptEncoding, TakesNoneWhereItIsNot) {
  for (const char* line : {"", ",", "br", "deflate", "identity", "gzipped", "x-gzip2", "gz ip", "\"gzip\"",
                           "gzip;q=0", "gzip;q=0.000", "x-gzip;q=0", "*;q=0", "gzip;q=0, *", "br, *;q=0"}) {
    EXPECT_FALSE(accepted({line})) << line;
  }
  EXPECT_FALSE(accepts_gzip({})) << "without the field";
}

TEST(AcceptEncoding, TakesNoneWhereTheWeightIsMalformed) {
  for (const char* line :
       {"gzip;q", "gzip;q=", "gzip;q=2", "gzip;q=1.001", "gzip;q=0.1234", "gzip;q=.5", "gzip;q=00",
        "gzip;q=-1", "gzip;q=0,5x", "gzip;q=a", "gzip;x=1", "gzip q=1", "gzip;q =1", "gzip;;q=1",
        "gzip;q=1;q=1", "gzip;q=01", "gzip;q=0.5 x", "gzip gzip"}) {
    EXPECT_FALSE(accepted({line})) << line;
  }
}

TEST(AcceptEncoding, PrefersThePlainBytesWhereTheClientDoes) {
  EXPECT_FALSE(accepted({"identity;q=1, gzip;q=0.5"}));
  EXPECT_FALSE(accepted({"gzip;q=0.5, identity"}));
  EXPECT_FALSE(accepted({"gzip;q=0.5, *"})) << "* stands for identity too";
  EXPECT_TRUE(accepted({"identity;q=0.5, gzip;q=1"}));
  EXPECT_TRUE(accepted({"gzip, identity"})) << "either will do";
  EXPECT_TRUE(accepted({"identity;q=0, gzip;q=0.1"}));
  EXPECT_TRUE(accepted({"gzip;q=0.5, identity;q=0.5x"}));
}

TEST(AcceptEncoding, ReadsAllLinesTogetherAndOfTwoWeightsTheLower) {
  EXPECT_TRUE(accepted({"br", "gzip"}));
  EXPECT_FALSE(accepted({"gzip;q=0.5", "identity"}));
  EXPECT_FALSE(accepted({"gzip", "gzip;q=0"}));
  EXPECT_FALSE(accepted({"x-gzip;q=0", "gzip"}));
}

TEST(AcceptEncoding, OfOneHopAloneDoesNotCount) {
  EXPECT_FALSE(accepts_gzip(fields_of({{"Accept-Encoding", "gzip", FieldName::accept_encoding, true}})));
}

class Choice : public ::testing::Test {
 protected:
  Choice() {
    request_.method = Method::post;
    request_.fields.add({"Accept-Encoding", "gzip", FieldName::accept_encoding});
    answer_.status = 200;
    answer_.framing = Framing::length;
    answer_.content_length = 5000;
  }

  CodingChoice choose() {
    ResponseHead answer = answer_;
    answer.fields.add({"Content-Type", type_, FieldName::content_type});
    return choose_coding(request_, answer, length_);
  }
  std::string what() {
    const auto [varies, compress] = choose();
    EXPECT_TRUE(varies || !compress);
    return compress ? "gzip" : varies ? "varies" : "never";
  }

  RequestHead request_;
  ResponseHead answer_;
  std::string type_ = "application/json";
  std::optional<std::uint64_t> length_;
};

TEST_F(Choice, JsonAndTextAreCompressed) {
  for (const char* type : {"application/json", "application/json; charset=utf-8", "Application/JSON ;x",
                           "application/problem+json", "application/vnd.api+json", "application/x-ndjson",
                           "application/jsonl", "text/plain", "text/html", "text/javascript",
                           "application/javascript", "application/xml", "application/atom+xml", "text/csv"}) {
    type_ = type;
    EXPECT_EQ(what(), "gzip") << type;
  }
}

TEST_F(Choice, OtherTypesAreNot) {
  for (const char* type : {"", "application/octet-stream", "audio/mpeg", "image/png", "application/jsonx",
                           "json", "application/gzip", "multipart/mixed; x=json", "text", "application/"}) {
    type_ = type;
    EXPECT_EQ(what(), "never") << type;
  }
  type_ = "application/" + std::string(500, 'x') + "+json";
  EXPECT_EQ(what(), "never");
}

TEST_F(Choice, AnEventStreamNeverIs) {
  type_ = "text/event-stream; charset=utf-8";
  EXPECT_EQ(what(), "never");
  type_ = "text/plain";
  answer_.event_stream = true;
  EXPECT_EQ(what(), "never");
}

TEST_F(Choice, OnlyWholeAnswersAndErrorsAre) {
  for (const int status : {200, 201, 203, 226, 400, 404, 416, 429, 500, 529}) {
    answer_.status = status;
    EXPECT_EQ(what(), "gzip") << status;
  }
  for (const int status : {204, 205, 206, 300, 301, 304, 600, 999}) {
    answer_.status = status;
    EXPECT_EQ(what(), "never") << status;
  }
}

TEST_F(Choice, ShortBodiesAreNot) {
  answer_.content_length = 1023;
  EXPECT_EQ(what(), "never");
  answer_.content_length = 1024;
  EXPECT_EQ(what(), "gzip");
  for (const auto framing : {Framing::chunked, Framing::until_close}) {
    answer_.framing = framing;
    answer_.content_length = 0;
    length_.reset();
    EXPECT_EQ(what(), "gzip") << "of unknown length";
    length_ = 1023;
    EXPECT_EQ(what(), "never") << "known from elsewhere";
    length_ = 1024;
    EXPECT_EQ(what(), "gzip");
  }
}

TEST_F(Choice, WhatIsEncodedAlreadyOrMustNotBeTransformedIsNot) {
  answer_.fields.add({"Content-Encoding", "br", FieldName::content_encoding});
  EXPECT_EQ(what(), "never");
  answer_.fields.clear();
  answer_.fields.add({"Cache-Control", "max-age=\"1,no-transform,\"", FieldName::cache_control});
  EXPECT_EQ(what(), "gzip") << "within a quoted string";
  answer_.fields.add({"Cache-Control", "private , No-Transform", FieldName::cache_control});
  EXPECT_EQ(what(), "never");
}

TEST_F(Choice, ClientsThatDoNotGetItAreToldThatOthersMight) {
  request_.fields.clear();
  EXPECT_EQ(what(), "varies") << "accepts none";
  request_.fields.add({"Accept-Encoding", "gzip", FieldName::accept_encoding});
  request_.version_minor = 0;
  EXPECT_EQ(what(), "varies") << "HTTP/1.0";
  request_.version_minor = 1;
  request_.fields.add({"Cache-Control", "no-transform", FieldName::cache_control});
  EXPECT_EQ(what(), "varies") << "forbids it";
}

TEST_F(Choice, HeadIsToldWhatGetWouldDependOn) {
  request_.method = Method::head;
  answer_.framing = Framing::none;
  answer_.fields.add({"Content-Length", "5000", FieldName::content_length});
  EXPECT_EQ(what(), "varies");
  answer_.content_length = 1023;
  EXPECT_EQ(what(), "never");
  answer_.fields.clear();
  answer_.content_length = 0;
  EXPECT_EQ(what(), "varies") << "of unknown length";
}

TEST(PlainBytes, AreBoundByDigests) {
  for (const char* name : {"Content-MD5", "digest", "Content-Digest", "REPR-DIGEST"})
    EXPECT_TRUE(binds_plain_bytes(name)) << name;
  for (const char* name : {"ETag", "Want-Repr-Digest", "X-Digest", ""})
    EXPECT_FALSE(binds_plain_bytes(name)) << name;
}

TEST(PlainBytes, OfACompressedBodyAreNotInItsTrailersEither) {
  constexpr std::string_view lines = "X-Sum: 1\r\nRepr-Digest: sha-256=:x:\r\nX-Last: 2\r\n";
  EXPECT_EQ(forwardable_trailers(lines), lines);
  EXPECT_EQ(forwardable_trailers(lines, true), "X-Sum: 1\r\nX-Last: 2\r\n");
}

}  // namespace
}  // namespace holysheep::http
