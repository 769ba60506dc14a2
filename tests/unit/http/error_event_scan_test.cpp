#include <holysheep/http/error_event_scan.hpp>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

/// In every cutting into two pieces.
bool found(std::string_view text) {
  ErrorEventScan whole;
  whole.feed(text);
  for (std::size_t i = 0; i <= text.size(); ++i) {
    ErrorEventScan cut;
    cut.feed(text.substr(0, i));
    cut.feed(text.substr(i));
    EXPECT_EQ(cut.found(), whole.found()) << text << " cut at " << i;
  }
  return whole.found();
}

TEST(ErrorEventScan, FindsWhatProvidersSend) {
  EXPECT_TRUE(found("data: {\"error\":{\"message\":\"x\"}}\n\n"));
  EXPECT_TRUE(found("data: { \"error\" : {\"message\":\"x\"}}\n\n"));
  EXPECT_TRUE(
      found("event: error\ndata: {\"type\": \"error\", \"error\": {\"type\":\"overloaded_error\"}}\n\n"));
  EXPECT_TRUE(found("event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\"}\n\n"));
  EXPECT_TRUE(found("data: {\"\"error\":{}}\n\n")) << "a quote too many before it";
}

TEST(ErrorEventScan, PassesWhatAModelSays) {
  EXPECT_FALSE(found(R"(data: {"choices":[{"delta":{"content":"{\"error\":{\"type\":\"error\"}}"}}]})"));
  EXPECT_FALSE(found(R"(data: {"error":null,"type":"response.created"})"));
  EXPECT_FALSE(found(R"(data: {"content":"error: {"})"));
  EXPECT_FALSE(found(R"(data: {"type":"errors"})"));
  EXPECT_FALSE(found(""));
}

}  // namespace
}  // namespace holysheep::http
