#include <holysheep/http/stream_usage.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep::http {
namespace {

RequestScan scanned(std::string_view body, std::size_t step) {
  RequestScan scan;
  for (std::size_t at = 0; at < body.size(); at += step) {
    const std::string own(body.substr(at, step));
    scan.feed(own);
  }
  return scan;
}

/// The body as it goes on; the same where there is no edit. However it is cut.
std::string asking(std::string_view body) {
  std::string first;
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, body.size()}) {
    const RequestScan scan = scanned(body, step);
    std::string_view options;
    if (const auto span = scan.stream_options_span()) options = body.substr(span->offset, span->size);
    const auto edit = usage_edit(scan, options);
    std::string result(body);
    if (edit) result.replace(edit->offset, edit->size, edit->text);
    if (first.empty()) first = result;
    EXPECT_EQ(result, first) << "in steps of " << step;
  }
  return first;
}

struct Rewrite {
  std::string_view from, to;
};

TEST(StreamUsage, IsAskedForInThePlaceThatTheBodyHasForIt) {
  for (const auto& [from, to] : {
           Rewrite{R"({"stream":true})", R"({"stream_options":{"include_usage":true},"stream":true})"},
           Rewrite{R"( { "model" : "m", "stream" : true } )",
                   R"( {"stream_options":{"include_usage":true}, "model" : "m", "stream" : true } )"},
           Rewrite{"\xef\xbb\xbf{\"stream\":true}",
                   "\xef\xbb\xbf{\"stream_options\":{\"include_usage\":true},\"stream\":true}"},
           Rewrite{R"({"\u0073tream":true})",
                   R"({"stream_options":{"include_usage":true},"\u0073tream":true})"},
           Rewrite{R"({"stream":true,"stream_options":{}})",
                   R"({"stream":true,"stream_options":{"include_usage":true}})"},
           Rewrite{R"({"stream_options" : { } ,"stream":true})",
                   R"({"stream_options" : {"include_usage":true } ,"stream":true})"},
           Rewrite{R"({"stream_options":{"include_obfuscation":false},"stream":true})",
                   R"({"stream_options":{"include_usage":true,"include_obfuscation":false},"stream":true})"},
           Rewrite{R"({"stream_options":{"x":{"include_usage":true}},"stream":true})",
                   R"({"stream_options":{"include_usage":true,"x":{"include_usage":true}},"stream":true})"},
           Rewrite{R"({"stream_\u006fptions":{"include_usage": false },"stream":true})",
                   R"({"stream_\u006fptions":{"include_usage": true },"stream":true})"},
           Rewrite{R"({"stream_options":{"a":[1,"}"],"include_us\u0061ge":false,"b":1},"stream":true})",
                   R"({"stream_options":{"a":[1,"}"],"include_us\u0061ge":true,"b":1},"stream":true})"},
           Rewrite{R"({"stream_options":{"include_usage":null},"stream":true})",
                   R"({"stream_options":{"include_usage":true},"stream":true})"},
           Rewrite{R"({"stream":true,"stream_options": null })",
                   R"({"stream":true,"stream_options": {"include_usage":true} })"},
           Rewrite{R"({"a":{"stream_options":{}},"b":"\"stream_options\":","stream":true})",
                   R"({"stream_options":{"include_usage":true},"a":{"stream_options":{}},)"
                   R"("b":"\"stream_options\":","stream":true})"},
       }) {
    EXPECT_EQ(asking(from), to);
    const auto json = nlohmann::json::parse(to);
    EXPECT_EQ(json["stream_options"]["include_usage"], true) << to;
    EXPECT_EQ(asking(to), to) << "asked already";
  }
}

TEST(StreamUsage, IsNotAskedForWhereThatIsNotForSure) {
  for (const std::string_view body : {
           R"({"stream":true,"stream_options":{"include_usage":true}})",  // the client asked
           R"({"stream":false})",
           R"({"model":"m"})",
           R"({"stream":"true"})",
           R"({"stream":1})",
           R"({"a":{"stream":true}})",
           R"([{"stream":true}])",
           R"({"stream":false,"stream":true})",
           R"({"stream":true,"stream_options":{},"stream_options":{}})",
           R"({"stream":true,"stream_options":null,"stream_options":null})",
           R"({"stream":true,"stream_options":{"include_usage":false,"include_usage":false}})",
           R"({"stream":true,"stream_options":{"include_usage":false,"include_us\u0061ge":true}})",
           R"({"stream":true,"stream_options":{"include_usage":"no"}})",
           R"({"stream":true,"stream_options":{"include_usage":0}})",
           R"({"stream":true,"stream_options":[]})",
           R"({"stream":true,"stream_options":"x"})",
           R"({"stream":true,"stream_options":7})",
           R"({"stream":true,"stream_options":nul})",
           R"({"stream":true,"stream_options":})",
           R"({"stream":true,"stream_options":{"a"}})",
           R"({"stream":true,"stream_options":{"a":1,}})",
           R"({"stream":true,"stream_options":{"a":1]})",
           R"({"stream":true,)",
           R"({"stream":true)",
           R"({"stream":true,})",
           R"({"stream":true "a":1})",
       }) {
    EXPECT_EQ(asking(body), body);
  }
}

TEST(StreamUsage, LongOptionsAreLeftAlone) {
  const auto with = [](std::size_t size) {
    return R"({"stream":true,"stream_options":{"a":")" + std::string(size, 'x') + "\"}}";
  };
  EXPECT_NE(asking(with(900)), with(900));
  EXPECT_EQ(asking(with(1100)), with(1100));
}

TEST(StreamUsage, IsForChatAndCompletionsAlone) {
  for (const char* path : {"/v1/chat/completions", "/v1/completions"}) {
    EXPECT_TRUE(may_stream_usage(Method::post, route(path))) << path;
    EXPECT_FALSE(may_stream_usage(Method::get, route(path))) << path;
  }
  for (const char* path : {"/v1/responses", "/v1/messages", "/v1/embeddings", "/v1/chat/completions/x",
                           "/v1/other", "/v1beta/models/m:streamGenerateContent"}) {
    EXPECT_FALSE(may_stream_usage(Method::post, route(path))) << path;
  }
}

}  // namespace
}  // namespace holysheep::http
