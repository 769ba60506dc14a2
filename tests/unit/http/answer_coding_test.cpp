#include "fields.hpp"
#include <holysheep/http/answer_coding.hpp>
#include <holysheep/http/request_writer.hpp>

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

/// The lines of `Accept-Encoding` that go upstream, one behind the other.
std::string sent_on(AnswerCoding coding, const std::vector<std::string>& asked) {
  std::string received;
  RequestHead head;
  received = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n";
  for (const auto& value : asked) received += "accept-Encoding: " + value + "\r\n";
  received += "\r\n";
  EXPECT_EQ(parse_request_head(received, head).fault, Fault::none);
  Onward onward{.head = head, .rest = "/chat/completions", .authority = "up"};
  onward.answer_coding = coding;
  std::string out;
  write_request_head(out, onward);
  std::string lines;
  for (std::size_t at = out.find("\r\naccept-Encoding: "); at != std::string::npos;
       at = out.find("\r\naccept-Encoding: ", at + 1)) {
    const std::size_t from = at + 19;
    lines += "[" + out.substr(from, out.find("\r\n", from) - from) + "]";
  }
  EXPECT_EQ(out.find("Accept-Encoding"), std::string::npos);
  return lines;
}

TEST(AnswerCoding, OfMeteredAnswersIsOneThatCanBeRead) {
  const auto of = [](const char* path, bool stream) {
    return answer_coding(Method::post, route(path), stream);
  };
  for (const char* path : {"/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/embeddings",
                           "/v1/messages", "/v1beta/models/gemini-2.5-flash:generateContent"}) {
    EXPECT_EQ(of(path, false), AnswerCoding::readable) << path;
    EXPECT_EQ(of(path, true), AnswerCoding::plain) << path;
  }
  for (const char* path : {"/v1/models", "/v1/messages/count_tokens", "/v1/audio/speech", "/v1beta/files"})
    EXPECT_EQ(of(path, true), AnswerCoding::as_asked) << path;
  EXPECT_EQ(answer_coding(Method::get, route("/v1/responses"), false), AnswerCoding::as_asked);
}

TEST(AnswerCoding, AsAskedPassesAsItCame) {
  EXPECT_EQ(sent_on(AnswerCoding::as_asked, {"br,  gzip", "zstd"}), "[br,  gzip][zstd]");
}

TEST(AnswerCoding, PlainTakesThePlaceOfWhatAClientSaid) {
  EXPECT_EQ(sent_on(AnswerCoding::plain, {"br, gzip"}), "[identity]");
  EXPECT_EQ(sent_on(AnswerCoding::plain, {"br", "gzip"}), "[identity]");
  EXPECT_EQ(sent_on(AnswerCoding::plain, {}), "");
}

TEST(AnswerCoding, ReadableTakesOutWhatCannotBeReadAlone) {
  const auto readable = [](const std::vector<std::string>& asked) {
    return sent_on(AnswerCoding::readable, asked);
  };
  EXPECT_EQ(readable({}), "");
  EXPECT_EQ(readable({"gzip,deflate ,  identity;q=0.1"}), "[gzip,deflate ,  identity;q=0.1]");
  EXPECT_EQ(readable({""}), "[]");
  EXPECT_EQ(readable({"gzip, deflate, br, zstd"}), "[gzip, deflate]");
  EXPECT_EQ(readable({"br;q=1.0, x-GZIP;q=0.8, *;q=0.1"}), "[x-GZIP;q=0.8]");
  EXPECT_EQ(readable({"br", "gzip"}), "[gzip]");
  EXPECT_EQ(readable({"gzip", "deflate"}), "[gzip][deflate]");
  EXPECT_EQ(readable({"br, zstd"}), "[identity]");
  EXPECT_EQ(readable({"*"}), "[identity]");
  EXPECT_EQ(readable({"br, gzip;q=0"}), "[gzip;q=0, identity]");
  EXPECT_EQ(readable({"gzip, br;q=0, *;q=0"}), "[gzip, br;q=0, *;q=0]");
}

TEST(AnswerCoding, ReadableTakesNoAnswerFromAClientThatAcceptsNoOther) {
  for (const char* only : {"br, identity;q=0", "br, *;q=0", "zstd, gzip;q=0, identity;q=0"})
    EXPECT_EQ(sent_on(AnswerCoding::readable, {only}), "[" + std::string(only) + "]");
}

}  // namespace
}  // namespace holysheep::http
